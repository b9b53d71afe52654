//! The loop around poll: it waits for all children at once, and reads from those that have
//! something to say.

use std::os::fd::AsFd;

use anyhow::Context;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::unistd::read;

use crate::pipe_multiplexer::{Child, Event, Listener, PATIENCE_MS, PipeMultiplexer};
use crate::words;

/// The article's size. A longer line comes in several reads, and the lines still come out whole
/// (any will do).
const CHUNK_BYTES: usize = 512;

impl PipeMultiplexer {
    // ANCHOR: read-all
    /// Reads until every child's pipe has come to its end, and tells `listener` what comes.
    pub fn read_all(&mut self, listener: &mut Listener<'_>) -> anyhow::Result<()> {
        loop {
            // Where the article writes -1 over the descriptor of a pipe that has ended, the vector
            // is built anew: a PollFd borrows an open descriptor, so it cannot outlive one.
            let open = self.children.iter().filter_map(|child| child.output.as_ref());
            let mut asked: Vec<PollFd<'_>> =
                open.map(|output| PollFd::new(output.as_fd(), PollFlags::POLLIN)).collect();
            if asked.is_empty() {
                return Ok(());
            }

            // The only place where this loop waits, and it waits for all of them. The article goes
            // round again on every answer up to 0; but only EINTR passes by itself, and an error
            // that stays would keep that loop spinning.
            match poll(&mut asked, PATIENCE_MS) {
                Err(Errno::EINTR) => continue,
                Ok(0) => anyhow::bail!("no child has written or ended for {PATIENCE_MS} ms"),
                answered => answered.context("wait for the children's output")?,
            };

            let answers: Vec<_> = asked.iter().map(PollFd::revents).collect();
            let open = self.children.iter_mut().filter(|child| child.output.is_some());
            for (child, answer) in open.zip(answers) {
                let answer = answer.context("poll answered with flags that nix does not name")?;
                child.hear(answer, listener)?;
            }
        }
    }
    // ANCHOR_END: read-all
}

impl Child {
    // ANCHOR: hear
    fn hear(&mut self, answer: PollFlags, listener: &mut Listener<'_>) -> anyhow::Result<()> {
        // poll gives these two unasked. Passed over, as in the article, they come back at once.
        let broken = answer.intersects(PollFlags::POLLERR | PollFlags::POLLNVAL);
        anyhow::ensure!(!broken, "poll says {} of {}'s pipe", words::answer(answer), self.name);

        let Some(output) = self.output.as_ref().filter(|_| !answer.is_empty()) else {
            return Ok(());
        };

        // IN, HUP or both: not the flags but read says which it is. It returns what is left before
        // it returns 0, and it does not wait, because nobody else reads from this pipe.
        let mut chunk = [0; CHUNK_BYTES];
        match read(output, &mut chunk) {
            Ok(0) => {
                self.output = None;
                if let Some(line) = self.lines.finish() {
                    listener(self.name, Event::Line(&line))?;
                }
                listener(self.name, Event::Eof)
            }
            Ok(count) => {
                listener(self.name, Event::Chunk(&chunk[..count]))?;
                for line in self.lines.push(&chunk[..count]) {
                    listener(self.name, Event::Line(&line))?;
                }
                Ok(())
            }
            // The next poll will say the same again.
            Err(Errno::EINTR) => Ok(()),
            // To the article this is end-of-file: the child's output would just seem to be over.
            Err(error) => Err(error).with_context(|| format!("read from {}", self.name)),
        }
    }
    // ANCHOR_END: hear
}
