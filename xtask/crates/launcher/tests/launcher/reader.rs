//! Reading from a running program with a deadline.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::machine::DEADLINE;

/// One end of a pipe or a terminal, and what has come out of it.
pub struct Reader {
    from: File,
    seen: Vec<u8>,
    /// What [`Reader::expect`] has passed.
    taken: usize,
}

impl Reader {
    pub fn new(from: OwnedFd) -> Reader {
        Reader { from: from.into(), seen: Vec::new(), taken: 0 }
    }

    /// Reads until `text` has come and returns what came before it.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            let fresh = &self.seen[self.taken..];
            if let Some(at) = fresh.windows(text.len()).position(|part| part == text.as_bytes()) {
                let before = String::from_utf8_lossy(&fresh[..at]).into_owned();
                self.taken += at + text.len();
                return before;
            }
            assert!(self.more(end), "{text:?} never came, but {:?}", self.text());
        }
    }

    /// Reads to the end and returns everything that ever came.
    #[track_caller]
    pub fn read_to_the_end(&mut self) -> Vec<u8> {
        let end = Instant::now() + DEADLINE;
        while self.more(end) {}
        assert!(Instant::now() < end, "somebody holds the other end: {:?}", self.text());
        self.seen.clone()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    /// False at the end of input and at the deadline.
    fn more(&mut self, end: Instant) -> bool {
        let left = end.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).expect("a short time");
        let mut polled = [PollFd::new(self.from.as_fd(), PollFlags::POLLIN)];
        match poll(&mut polled, timeout) {
            Ok(0) => return false,
            // The harness was stopped and continued.
            Err(Errno::EINTR) => return true,
            result => result.expect("poll"),
        };
        // Nobody else reads here, so that this cannot block.
        let mut buffer = [0; 65536];
        // A terminal without a program says EIO.
        let count = self.from.read(&mut buffer).unwrap_or(0);
        self.seen.extend_from_slice(&buffer[..count]);
        count > 0
    }
}
