//! A program that runs while its test talks with it.
//!
//! The test never sleeps: it writes at once, or it waits for a reply. The launcher is told so, and
//! calls the program hung when nothing in it moves although its standard input is still open. When
//! that happens the program is ended, so a test that waits for a reply gets end-of-file.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

use anyhow::Context;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::outcome::{Outcome, Wrong};
use crate::program::{ByHand, Ran, read_report};

/// The program, its launcher in between. Dropping it ends both.
pub struct Talk {
    launcher: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    place: TempDir,
    by_hand: ByHand,
    /// All that was read so far.
    heard: Vec<u8>,
}

impl Talk {
    pub(crate) fn start(
        mut command: Command,
        place: TempDir,
        by_hand: ByHand,
    ) -> Result<Talk, Wrong> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut launcher = command.spawn().context("start the launcher")?;
        let stdout = launcher.stdout.take().context("the launcher's standard output")?;
        let mut stderr = launcher.stderr.take().context("the launcher's standard error")?;
        let stderr = thread::spawn(move || {
            let mut said = Vec::new();
            // What was read before an error is all there is to show.
            let _ = stderr.read_to_end(&mut said);
            said
        });
        let stdin = launcher.stdin.take();
        let stdout = BufReader::new(stdout);
        Ok(Talk {
            launcher,
            stdin,
            stdout,
            stderr: Some(stderr),
            place,
            by_hand,
            heard: Vec::new(),
        })
    }

    /// Hands bytes to the program. That it does not read any more shows in what comes back.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(bytes.as_ref());
        }
    }

    /// Ends the program's standard input.
    pub fn close_input(&mut self) {
        // End-of-file comes with the last close, and this is the only write end.
        drop(self.stdin.take());
    }

    /// The next line, without its newline; `None` at end-of-file.
    ///
    /// # Errors
    /// [`Wrong::Ours`] when it cannot be read.
    pub fn line(&mut self) -> Result<Option<String>, Wrong> {
        let mut line = Vec::new();
        let count = self.stdout.read_until(b'\n', &mut line)?;
        self.heard.extend_from_slice(&line);
        let text = String::from_utf8_lossy(&line);
        Ok((count > 0).then(|| text.trim_end_matches('\n').to_owned()))
    }

    /// So many bytes, or fewer where end-of-file comes first.
    ///
    /// # Errors
    /// [`Wrong::Ours`] when they cannot be read.
    pub fn bytes(&mut self, count: usize) -> Result<Vec<u8>, Wrong> {
        let mut bytes = Vec::new();
        let mut limited = (&mut self.stdout).take(count as u64);
        limited.read_to_end(&mut bytes)?;
        self.heard.extend_from_slice(&bytes);
        Ok(bytes)
    }

    /// The next bytes that the program prints are these.
    ///
    /// # Errors
    /// When others come, or none: the program is ended then.
    pub fn expects(&mut self, expected: impl AsRef<[u8]>, means: &str) -> Outcome {
        let before = self.heard.len();
        if self.comes(expected.as_ref())? {
            return Ok(());
        }
        let mut all = self.heard[..before].to_vec();
        all.extend_from_slice(expected.as_ref());
        let ran = self.end()?;
        ran.prints(all, means)?;
        Err(Wrong::Ours(anyhow::anyhow!("a reply was wrong and then right")))
    }

    /// Reads these bytes; stops at the first that is another, since after a wrong reply the program
    /// may wait for what will never be sent.
    fn comes(&mut self, expected: &[u8]) -> Result<bool, Wrong> {
        let mut rest = expected;
        while !rest.is_empty() {
            let ready = self.stdout.fill_buf()?;
            let same = ready.iter().zip(rest).take_while(|(came, wanted)| came == wanted).count();
            if same == 0 {
                return Ok(false);
            }
            self.heard.extend_from_slice(&ready[..same]);
            self.stdout.consume(same);
            rest = &rest[same..];
        }
        Ok(true)
    }

    /// Closes the input, waits for the program's end, and hands over the run, with all that was
    /// printed, for the facts about it.
    ///
    /// # Errors
    /// [`Wrong::Ours`] when the launcher leaves no report.
    pub fn finish(mut self) -> Result<Ran, Wrong> {
        self.end()
    }

    fn end(&mut self) -> Result<Ran, Wrong> {
        self.close_input();
        let mut rest = Vec::new();
        self.stdout.read_to_end(&mut rest)?;
        self.heard.append(&mut rest);
        self.launcher.wait().context("wait for the launcher")?;
        let said = self.stderr.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        let report = read_report(&self.place.path().join("report.json"), &said)?;
        let stdout = std::mem::take(&mut self.heard);
        Ok(Ran { report, stdout, stderr: said, by_hand: self.by_hand.clone() })
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.close_input();
        if let (Ok(None), Ok(pid)) = (self.launcher.try_wait(), i32::try_from(self.launcher.id())) {
            // It ends the program and everything below it, then itself.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            let _ = self.launcher.wait();
        }
    }
}
