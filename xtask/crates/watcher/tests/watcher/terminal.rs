//! A pseudo-terminal with a screen that is read as a person reads it.
//!
//! The pseudo-terminal is nix's, its controlling process comes from util-linux's `setsid --ctty`,
//! its size is set with `stty`, and what stands on the screen is what the crate vt100 says.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;

/// Of whatever is waited for, a build on a busy machine included. It is reached only when a test
/// fails.
pub const DEADLINE: Duration = Duration::from_secs(120);

pub struct Terminal {
    /// `None`: hung up.
    master: Option<File>,
    /// Its other end, to ask for the modes also when nobody runs on it any more.
    slave: Option<File>,
    before: Termios,
    parser: vt100::Parser,
    /// What has come and does not stand on the screen yet.
    unseen: VecDeque<u8>,
    /// Half of a screen stands there, and half of the one before.
    is_drawing: bool,
    /// All that was ever shown.
    pub bytes: Vec<u8>,
    /// Each screen that was ever shown whole.
    pub screens: Vec<String>,
    child: Child,
}

impl Terminal {
    /// Starts a command on a terminal of 80 columns and 24 rows.
    #[track_caller]
    pub fn start(command: &Command) -> Terminal {
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let master = posix_openpt(flags).expect("open a pseudo-terminal");
        grantpt(&master).expect("prepare it");
        unlockpt(&master).expect("prepare it");
        let path = PathBuf::from(ptsname_r(&master).expect("its name"));
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NOCTTY)
            .open(&path)
            .expect("open its other end");
        size(&slave, 24, 80);
        let copy = || slave.try_clone().expect("copy a descriptor");
        let mut on_terminal = Command::new("setsid");
        on_terminal.arg("--ctty").arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => on_terminal.env(name, value),
                None => on_terminal.env_remove(name),
            };
        }
        on_terminal.current_dir(command.get_current_dir().expect("a folder to start in"));
        on_terminal.stdin(copy()).stdout(copy()).stderr(copy());
        let before = tcgetattr(&slave).expect("its modes");
        let child = on_terminal.spawn().expect("start a program on it");
        let master = File::from(master.as_fd().try_clone_to_owned().expect("copy a descriptor"));
        Terminal {
            master: Some(master),
            slave: Some(slave),
            before,
            parser: vt100::Parser::new(rows(24), rows(80), 0),
            unseen: VecDeque::new(),
            is_drawing: false,
            bytes: Vec::new(),
            screens: Vec::new(),
            child,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What stands on the screen.
    pub fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// Waits until the screen is as wanted. Each that was drawn is looked at, in their order, also
    /// where many of them have come at once, and none before it is whole.
    #[track_caller]
    pub fn until(&mut self, what: &str, mut wanted: impl FnMut(&str) -> bool) {
        let end = Instant::now() + DEADLINE;
        loop {
            if !self.is_drawing && wanted(&self.screen()) {
                return;
            }
            assert!(Instant::now() < end, "never: {what}\n{}", self.screen());
            if !self.show() {
                self.read(Duration::from_millis(20));
            }
        }
    }

    /// Waits until this stands on the screen.
    #[track_caller]
    pub fn expect(&mut self, text: &str) {
        self.until(&format!("`{text}`"), |screen| screen.contains(text));
    }

    /// Reads what comes within this time; false where nothing has.
    fn read(&mut self, within: Duration) -> bool {
        let Some(master) = &mut self.master else { return false };
        let timeout = PollTimeout::try_from(within).expect("a short time");
        let mut polled = [PollFd::new(master.as_fd(), PollFlags::POLLIN)];
        // A stopped harness is continued with EINTR: nothing has come then.
        if poll(&mut polled, timeout) != Ok(1) {
            return false;
        }
        // Nobody else reads here: it does not block.
        let mut buffer = [0; 4096];
        let count = master.read(&mut buffer).unwrap_or(0);
        self.unseen.extend(&buffer[..count]);
        count > 0
    }

    /// Puts on the screen what has come, up to the end of one that is drawn; false where nothing
    /// has come.
    fn show(&mut self) -> bool {
        let is_some = !self.unseen.is_empty();
        while let Some(byte) = self.unseen.pop_front() {
            self.parser.process(&[byte]);
            self.bytes.push(byte);
            // Each begins at the top, and at its end all below its last row is cleared.
            if self.bytes.ends_with(b"\x1b[H") {
                self.is_drawing = true;
            } else if self.bytes.ends_with(b"\x1b[?1049l") {
                // Ctrl-C and Ctrl-Z throw away what is on its way: the rest of one never comes.
                self.is_drawing = false;
            } else if self.bytes.ends_with(b"\x1b[J") {
                self.is_drawing = false;
                self.screens.push(self.screen());
                break;
            }
        }
        is_some
    }

    /// Puts on the screen all that there is.
    fn show_all(&mut self) {
        while self.show() || self.read(Duration::ZERO) {}
    }

    pub fn press(&mut self, keys: &str) {
        let master = self.master.as_mut().expect("it was not hung up");
        master.write_all(keys.as_bytes()).expect("press keys");
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.raw_pid(), signal).expect("send a signal");
    }

    /// To all of its process group, as a terminal does it.
    pub fn signal_group(&self, signal: Signal) {
        killpg(self.raw_pid(), signal).expect("send a signal");
    }

    fn raw_pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.pid()).expect("a pid"))
    }

    /// Makes it as large, as a window that is drawn to another size.
    pub fn resize(&mut self, height: u16, columns: u16) {
        self.parser.screen_mut().set_size(rows(height), rows(columns));
        size(self.slave.as_ref().expect("it was not hung up"), height, columns);
    }

    /// Closes the window.
    pub fn hang_up(&mut self) {
        self.slave = None;
        self.master = None;
    }

    /// Waits until what runs on it has ended.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + DEADLINE;
        loop {
            self.show_all();
            if let Some(status) = self.child.try_wait().expect("wait for it") {
                self.show_all();
                return status;
            }
            assert!(Instant::now() < end, "it does not end:\n{}", self.screen());
            self.read(Duration::from_millis(20));
        }
    }

    /// Waits for an end by this signal.
    #[track_caller]
    pub fn wait_for_signal(&mut self, signal: Signal) {
        assert_eq!(self.wait().signal(), Some(signal as i32), "{}", self.screen());
    }

    /// Whether anything has a colour or a weight that a check has said.
    pub fn has_colours(&self) -> bool {
        let screen = self.parser.screen();
        // Without what stands above and below it.
        let cells = (3..23).flat_map(|row| (0..80).map(move |column| (row, column)));
        let mut cells = cells.filter_map(|(row, column)| screen.cell(row, column));
        cells.any(|cell| cell.fgcolor() != vt100::Color::Default || cell.bold())
    }

    /// It has to be as it was found.
    #[track_caller]
    pub fn assert_given_back(&mut self) {
        self.show_all();
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is still there");
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert_eq!(screen.fgcolor(), vt100::Color::Default, "a colour is left");
        let now = tcgetattr(self.slave.as_ref().expect("it was not hung up")).expect("its modes");
        assert_eq!(now.local_flags, self.before.local_flags);
        assert_eq!(now.input_flags, self.before.input_flags);
        assert_eq!(now.output_flags, self.before.output_flags);
        assert_eq!(now.control_chars, self.before.control_chars);
    }

    /// It has to be taken over: keys come one by one, and the alternate screen is shown.
    #[track_caller]
    pub fn assert_taken(&self) {
        assert!(self.parser.screen().alternate_screen() && self.parser.screen().hide_cursor());
        let now = tcgetattr(self.slave.as_ref().expect("it was not hung up")).expect("its modes");
        assert_ne!(now.local_flags, self.before.local_flags);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Only where a test has failed is it still there.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rows(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a size")
}

#[track_caller]
fn size(slave: &File, rows: u16, columns: u16) {
    let mut stty = Command::new("stty");
    stty.args(["rows", &rows.to_string(), "columns", &columns.to_string()]);
    let status = stty.stdin(slave.try_clone().expect("copy it")).status().expect("start stty");
    assert!(status.success(), "stty cannot set the size");
}
