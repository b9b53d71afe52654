//! Without a terminal: plain lines.

use std::io::Read;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use fixture::terminal::DEADLINE;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::course::Watched;

/// Reads from a program with a deadline.
pub struct Reader {
    from: ChildStdout,
    seen: String,
}

impl Reader {
    pub fn new(from: ChildStdout) -> Reader {
        Reader { from, seen: String::new() }
    }

    /// What comes until a line with this text has come.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(at) = self.seen.find(text) {
                let until = self.seen[at..].find('\n').map_or(self.seen.len(), |line| at + line);
                let rest = self.seen.split_off(until);
                return std::mem::replace(&mut self.seen, rest);
            }
            assert!(Instant::now() < end, "never: {text}\n{}", self.seen);
            self.read();
        }
    }

    fn read(&mut self) {
        use std::os::fd::AsFd;
        let mut polled = [PollFd::new(self.from.as_fd(), PollFlags::POLLIN)];
        if poll(&mut polled, PollTimeout::from(50_u8)) == Ok(1) {
            let mut buffer = [0; 4096];
            // Nobody else reads here: it does not block.
            let count = self.from.read(&mut buffer).expect("read its output");
            self.seen += &String::from_utf8_lossy(&buffer[..count]);
        }
    }
}

#[track_caller]
fn start(watched: &Watched, adjust: impl FnOnce(&mut Command)) -> (Child, Reader) {
    let mut command = watched.command(&[]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    adjust(&mut command);
    let mut child = command.spawn().expect("start it");
    let reader = Reader::new(child.stdout.take().expect("its output"));
    (child, reader)
}

#[track_caller]
pub fn end(child: &mut Child) {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
    kill(pid, Signal::SIGTERM).expect("end it");
    let status = child.wait().expect("wait for it");
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(status.signal(), Some(Signal::SIGTERM as i32));
}

#[test]
fn lines_tell_of_each_check() {
    let watched = Watched::new();
    let (mut child, mut lines) = start(&watched, |_| {});
    let said = lines.expect("FAILED after");
    let begin = "ex-01 concept-01: checked at each save of exercises/ex-01-concept/src/main.rs\n\
                 == ex-01: checking\n";
    assert!(said.starts_with(begin), "{said}");
    assert!(said.contains("came      no one"), "{said}");
    watched.save_words("one two");
    lines.expect("== ex-01: PASSED after");
    lines.expect("next: cargo xtask watch ex-02");
    watched.save_words("two");
    let said = lines.expect("== ex-01: FAILED after");
    assert!(!said.contains('\x1b'), "{said}");
    end(&mut child);
    watched.assert_nothing_runs();
}

#[test]
fn how_long_the_tests_took_can_be_asked_for() {
    let watched = Watched::new();
    for (word, wanted) in [(None, false), (Some("--times"), true)] {
        let (mut child, mut lines) = start(&watched, |command| {
            command.args(word);
        });
        let said = lines.expect("FAILED after");
        assert_eq!(said.contains("times     tests ran for "), wanted, "{said}");
        end(&mut child);
    }
}

#[test]
fn colours_can_be_asked_for() {
    let watched = Watched::new();
    let (mut child, mut lines) = start(&watched, |command| {
        command.env("CLICOLOR_FORCE", "1");
    });
    assert!(lines.expect("FAILED after").contains("\x1b[1m"));
    end(&mut child);
}

/// `watch | head -1`: the reader has gone, and so goes this.
#[test]
fn a_reader_that_goes_away_ends_it() {
    let watched = Watched::new();
    let (mut child, mut lines) = start(&watched, |_| {});
    lines.expect("FAILED after");
    drop(lines);
    let end = Instant::now() + DEADLINE;
    let status = loop {
        if let Some(status) = child.try_wait().expect("wait for it") {
            break status;
        }
        assert!(Instant::now() < end, "it watches on for nobody");
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(status.success(), "{status}");
    watched.assert_nothing_runs();
}
