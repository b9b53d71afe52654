//! Attached, under an interactive shell on a pseudo-terminal, as a student types it.
//!
//! The pseudo-terminal is nix's and the controlling terminal util-linux's `setsid --ctty`: the
//! crates that offer both fork inside the harness or leave the terminal's master end open in
//! whatever another test starts meanwhile, and then nothing ever hangs up.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command};

use launcher::Limits;
use nix::fcntl::OFlag;
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use crate::case::Case;
use crate::machine::{Process, User, has, processes, until};
use crate::reader::Reader;

each_user!(
    a_line_from_the_terminal,
    a_person_who_takes_time,
    ctrl_c_ends_a_program,
    ctrl_c_that_is_caught,
    ctrl_c_that_is_ignored,
    ctrl_c_for_a_command_that_is_waited_for,
    ctrl_c_again_and_again,
    ctrl_z_and_fg,
    ctrl_z_that_is_ignored,
    reading_in_the_background,
    head_takes_one_line,
    less_reads_the_keyboard,
    the_terminal_goes_away,
);

const PROMPT: &str = "READY> ";
const CTRL_C: u8 = 3;
const CTRL_Z: u8 = 26;

/// An interactive shell on a terminal of its own.
struct Terminal {
    keyboard: File,
    screen: Reader,
    shell: Child,
    mark: String,
}

impl Terminal {
    /// For cases with this case's mark.
    #[track_caller]
    fn open(user: User, case: &Case) -> Terminal {
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

    fn press(&mut self, key: u8) {
        self.keyboard.write_all(&[key]).expect("press a key");
    }

    fn enter(&mut self, line: &str) {
        self.keyboard.write_all(format!("{line}\n").as_bytes()).expect("enter a line");
    }

    /// Enters the launcher's command line, with something behind it.
    fn launch(&mut self, case: &Case, behind: &str) {
        let quote = |word: &std::ffi::OsString| format!("'{}'", word.to_str().expect("UTF-8"));
        let words: Vec<String> = case.words().iter().map(quote).collect();
        self.enter(&format!("{} {behind}", words.join(" ")));
    }

    /// What was printed until the shell was ready, and the exit statuses of its last command.
    #[track_caller]
    fn finish(&mut self) -> (String, String) {
        let printed = self.screen.expect(PROMPT);
        self.enter("echo \"<${PIPESTATUS[*]}>\"");
        self.screen.expect("<");
        let statuses = self.screen.expect(">");
        self.screen.expect(PROMPT);
        (printed, statuses)
    }

    /// The launcher and the program, where they are there.
    fn pair(&self) -> (Option<Process>, Option<Process>) {
        let mut found = processes(&self.mark);
        found.retain(|process| process.command.contains("misbehave"));
        let is_launcher = |process: &Process| process.command.contains("__launch");
        let launcher = found.iter().position(is_launcher).map(|at| found.remove(at));
        (launcher, found.pop())
    }

    #[track_caller]
    fn until_both_are(&self, states: &[char]) {
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
    fn close(mut self) {
        self.enter("exit");
        self.screen.read_to_the_end();
        self.shell.wait().expect("wait for the shell");
        let left = processes(&self.mark);
        assert!(left.is_empty(), "left behind: {left:?}");
    }

    /// Closes every copy of the terminal's own end. Nothing may be left.
    #[track_caller]
    fn hang_up(mut self) {
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

#[track_caller]
fn attached(user: User, words: &[&str]) -> (Case, Terminal) {
    let case = Case::misbehave(user, words).attached();
    let terminal = Terminal::open(user, &case);
    (case, terminal)
}

/// A program with a daemon of its own that no signal of the terminal's reaches or impresses.
#[track_caller]
fn family(user: User) -> (Case, Terminal) {
    let case = Case::shell(user, "\"$0\" daemon; exec \"$0\" hang").attached();
    let terminal = Terminal::open(user, &case);
    (case, terminal)
}

#[track_caller]
fn assert_no_program(terminal: &Terminal) {
    let pair = terminal.pair();
    assert!(pair.0.is_none() && pair.1.is_none(), "{pair:?}");
}

fn a_line_from_the_terminal(user: User) {
    let (case, mut terminal) = attached(user, &["read-line"]);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.enter("typed");
    assert_eq!(terminal.finish(), ("\r\ngot typed\r\n".to_owned(), "0".to_owned()));
    terminal.close();
}

/// All of the program waits, and nobody in it can go on: but somebody may type.
fn a_person_who_takes_time(user: User) {
    let limits = Limits { deadlock: true, ..Limits::default() };
    let case = Case::misbehave(user, &["read-line"]).limits(limits).attached();
    let mut terminal = Terminal::open(user, &case);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    // Not to put things in order: it is the pause that is tested.
    std::thread::sleep(std::time::Duration::from_millis(500));
    terminal.enter("typed");
    assert_eq!(terminal.finish().1, "0");
    terminal.close();
}

fn ctrl_c_ends_a_program(user: User) {
    let (case, mut terminal) = family(user);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.press(CTRL_C);
    let (_, status) = terminal.finish();
    assert_eq!(status, "130");
    assert_no_program(&terminal);
    let report = launcher::Report::read(&case.report_path()).expect("a report");
    let signal = "SIGINT".to_owned();
    assert_eq!(report.ended, launcher::Ended::Signaled { signal, number: 2 });
    terminal.close();
}

fn ctrl_c_that_is_caught(user: User) {
    let (case, mut terminal) = attached(user, &["catch-int"]);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.press(CTRL_C);
    terminal.screen.expect("caught");
    terminal.enter("after it");
    terminal.screen.expect("got after it");
    assert_eq!(terminal.finish().1, "0");
    terminal.close();
}

fn ctrl_c_that_is_ignored(user: User) {
    let (case, mut terminal) = attached(user, &["ignore", "SIGINT,SIGTERM"]);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.press(CTRL_C);
    assert_eq!(terminal.finish().1, "130");
    assert_no_program(&terminal);
    terminal.close();
}

/// The program ignores Ctrl-C only while a command of its runs: it is the command that ends.
fn ctrl_c_for_a_command_that_is_waited_for(user: User) {
    let (case, mut terminal) = attached(user, &["wait-as-system"]);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.press(CTRL_C);
    terminal.screen.expect("the command ended");
    terminal.enter("after it");
    terminal.screen.expect("got after it");
    assert_eq!(terminal.finish().1, "0");
    terminal.close();
}

/// A program that catches Ctrl-C and goes on for ever.
fn ctrl_c_again_and_again(user: User) {
    let (case, mut terminal) = attached(user, &["catch-int"]);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    // Two that come at one moment count as one.
    until("insisting ends it", || {
        terminal.press(CTRL_C);
        matches!(terminal.pair(), (None, None))
    });
    let report = launcher::Report::read(&case.report_path()).expect("a report");
    let signal = "SIGINT".to_owned();
    assert_eq!(report.ended, launcher::Ended::Interrupted { signal, number: 2 });
    // The last presses may have reached the shell and swallow what is typed now.
    terminal.hang_up();
}

fn ctrl_z_and_fg(user: User) {
    let (case, mut terminal) = attached(user, &["read-line"]);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.press(CTRL_Z);
    terminal.screen.expect("Stopped");
    terminal.screen.expect(PROMPT);
    terminal.until_both_are(&['T']);
    terminal.enter("fg");
    terminal.until_both_are(&['S']);
    terminal.enter("after it");
    terminal.screen.expect("got after it");
    assert_eq!(terminal.finish().1, "0");
    terminal.close();
}

/// Then nothing stops: not the launcher either.
fn ctrl_z_that_is_ignored(user: User) {
    let (case, mut terminal) = attached(user, &["ignore", "SIGTSTP"]);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.press(CTRL_Z);
    terminal.until_both_are(&['S']);
    terminal.enter("after it");
    terminal.screen.expect("got after it");
    let (printed, status) = terminal.finish();
    assert_eq!(status, "0");
    assert!(!printed.contains("Stopped"), "{printed:?}");
    terminal.close();
}

/// The terminal stops who reads from it in the background.
fn reading_in_the_background(user: User) {
    let (case, mut terminal) = attached(user, &["read-line"]);
    terminal.launch(&case, "&");
    terminal.until_both_are(&['T']);
    terminal.enter("fg");
    terminal.until_both_are(&['S']);
    terminal.enter("typed");
    terminal.screen.expect("got typed");
    assert_eq!(terminal.finish().1, "0");
    terminal.close();
}

fn head_takes_one_line(user: User) {
    let (case, mut terminal) = attached(user, &["lines"]);
    terminal.launch(&case, "| head -1");
    // SIGPIPE, and not a word on standard error.
    assert_eq!(terminal.finish(), ("line 1\r\n".to_owned(), "141 0".to_owned()));
    assert_no_program(&terminal);
    terminal.close();
}

fn less_reads_the_keyboard(user: User) {
    if !has("less") {
        return;
    }
    let (case, mut terminal) = attached(user, &["lines"]);
    terminal.launch(&case, "| less");
    terminal.screen.expect("line 20\r\n");
    terminal.press(b' ');
    terminal.screen.expect("line 40\r\n");
    terminal.press(b'q');
    assert_eq!(terminal.finish().1, "141 0");
    assert_no_program(&terminal);
    terminal.close();
}

fn the_terminal_goes_away(user: User) {
    let (case, mut terminal) = family(user);
    terminal.launch(&case, "");
    terminal.screen.expect("ready");
    terminal.hang_up();
}
