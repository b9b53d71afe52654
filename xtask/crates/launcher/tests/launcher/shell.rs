//! An interactive shell on a pseudo-terminal, as a student has it.
//!
//! The pseudo-terminal is nix's and the controlling terminal util-linux's `setsid --ctty`: the
//! crates that offer both fork inside the harness or leave the terminal's master end open in
//! whatever another test starts meanwhile, and then nothing ever hangs up.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command};

use nix::fcntl::OFlag;
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use crate::case::Case;
use crate::machine::{Process, User, processes, until};
use crate::reader::Reader;

/// What the shell prints when it is ready.
pub const PROMPT: &str = "READY> ";
/// An interactive shell on a terminal of its own.
pub struct Terminal {
    keyboard: File,
    pub screen: Reader,
    shell: Child,
    mark: String,
}

impl Terminal {
    /// For cases with this case's mark.
    #[track_caller]
    pub fn open(user: User, case: &Case) -> Terminal {
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let master = posix_openpt(flags).expect("open a pseudo-terminal");
        grantpt(&master).expect("prepare it");
        unlockpt(&master).expect("prepare it");
        let name = ptsname_r(&master).expect("its name");
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NOCTTY)
            .open(name)
            .expect("open its other end");
        // What is typed does not come back, so that all there is to read was printed.
        let mut modes = tcgetattr(&slave).expect("its modes");
        modes.local_flags.remove(LocalFlags::ECHO);
        tcsetattr(&slave, SetArg::TCSANOW, &modes).expect("set its modes");

        let copy = || slave.try_clone().expect("copy a descriptor");
        let mut command = Command::new("setsid");
        command
            .args(["--ctty", "bash", "--norc", "--noprofile", "--noediting", "-i"])
            .env("PS1", PROMPT)
            .env("LAUNCHER_TEST_MARK", &case.mark)
            .env("HISTFILE", "")
            .env("LC_ALL", "C")
            .env("TERM", "vt100")
            .env_remove("LESS")
            .current_dir("/")
            .stdin(copy())
            .stdout(copy())
            .stderr(copy());
        user.take(&mut command);
        let shell = command.spawn().expect("start a shell");
        let own = |_| File::from(master.as_fd().try_clone_to_owned().expect("copy a descriptor"));
        let (keyboard, screen) = (own(()), Reader::new(own(()).into()));
        let mut terminal = Terminal { keyboard, screen, shell, mark: case.mark.clone() };
        terminal.screen.expect(PROMPT);
        terminal
    }

    pub fn press(&mut self, key: u8) {
        self.keyboard.write_all(&[key]).expect("press a key");
    }

    pub fn enter(&mut self, line: &str) {
        self.keyboard.write_all(format!("{line}\n").as_bytes()).expect("enter a line");
    }

    /// Enters the launcher's command line, with something behind it.
    pub fn launch(&mut self, case: &Case, behind: &str) {
        let quote = |word: &std::ffi::OsString| format!("'{}'", word.to_str().expect("UTF-8"));
        let words: Vec<String> = case.words().iter().map(quote).collect();
        self.enter(&format!("{} {behind}", words.join(" ")));
    }

    /// What was printed until the shell was ready, and the exit statuses of its last command.
    #[track_caller]
    pub fn finish(&mut self) -> (String, String) {
        let printed = self.screen.expect(PROMPT);
        self.enter("echo \"<${PIPESTATUS[*]}>\"");
        self.screen.expect("<");
        let statuses = self.screen.expect(">");
        self.screen.expect(PROMPT);
        (printed, statuses)
    }

    /// The launcher and the program, where they are there.
    pub fn pair(&self) -> (Option<Process>, Option<Process>) {
        let mut found = processes(&self.mark);
        found.retain(|process| process.command.contains("misbehave"));
        let is_launcher = |process: &Process| process.command.contains("__launch");
        let launcher = found.iter().position(is_launcher).map(|at| found.remove(at));
        (launcher, found.pop())
    }

    #[track_caller]
    pub fn until_both_are(&self, states: &[char]) {
        until(&format!("both are in one of the states {states:?}"), || {
            let (launcher, program) = self.pair();
            let holds = |process: Option<Process>| {
                process.is_some_and(|process| states.contains(&process.state))
            };
            holds(launcher) && holds(program)
        });
    }

    /// Leaves the shell. Nothing may be left.
    #[track_caller]
    pub fn close(mut self) {
        self.enter("exit");
        self.screen.read_to_the_end();
        self.shell.wait().expect("wait for the shell");
        let left = processes(&self.mark);
        assert!(left.is_empty(), "left behind: {left:?}");
    }

    /// Closes every copy of the terminal's own end. Nothing may be left.
    #[track_caller]
    pub fn hang_up(mut self) {
        let null = || File::open("/dev/null").expect("open /dev/null");
        self.keyboard = null();
        self.screen = Reader::new(null().into());
        until("everything has ended", || processes(&self.mark).is_empty());
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Only where a test has failed is it still there.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}
