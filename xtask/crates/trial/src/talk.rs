//! A program that runs while its test talks with it.
//!
//! The test never sleeps: it writes at once, or it waits for a reply. The launcher is told so, and
//! calls the program hung when nothing in it moves although its standard input is still open. When
//! that happens the program is ended, so a test that waits for a reply gets end-of-file.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::outcome::{Outcome, Wrong};
use crate::program::{ByHand, Program, Ran, read_report};

/// Between two looks at the program's processes.
const PAUSE: Duration = Duration::from_millis(1);
/// What so many looks in a row have found asleep is not about to start a process.
const LOOKS_ASLEEP: u32 = 100;
/// Nobody looks longer for processes that do not come, whatever the program does meanwhile.
const LOOK_AT_MOST: Duration = Duration::from_secs(10);

/// The program, its launcher in between. Dropping it ends both.
pub struct Talk {
    launcher: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    place: TempDir,
    by_hand: ByHand,
    /// The program's file, by which it is known behind a shell or a sandbox.
    file: Option<PathBuf>,
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
        let words = command.get_args().map(Path::new);
        let file = words.filter(|word| word.is_absolute() && word.is_file()).last();
        let file = file.map(Path::to_owned);
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
            file,
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

    /// The program and what it has started are at least so many processes at one moment.
    ///
    /// It is looked for that moment until it comes, or cannot come any more: the program has ended,
    /// or all of it sleeps and only this test could wake it. So a test looks where a right program
    /// waits for input, or for a reader of its output, and it was allowed to:
    /// [`Program::may_stand_still`].
    ///
    /// # Errors
    /// When they are fewer: the program is ended then.
    pub fn runs_as(&mut self, wanted: usize, means: &str) -> Outcome {
        let begun = Instant::now();
        let (mut most, mut looks_asleep, mut looks_enough) = (0, 0, 0);
        while looks_asleep < LOOKS_ASLEEP
            && begun.elapsed() < LOOK_AT_MOST
            && self.launcher.try_wait()?.is_none()
        {
            let processes = self.processes();
            most = most.max(processes.len());
            // Twice in a row: the launcher forks as well when it starts the program.
            looks_enough = if processes.len() >= wanted { looks_enough + 1 } else { 0 };
            if looks_enough == 2 {
                return Ok(());
            }
            let asleep = !processes.is_empty() && processes.iter().all(|process| process.sleeps);
            looks_asleep = if asleep { looks_asleep + 1 } else { 0 };
            thread::sleep(PAUSE);
        }
        let ran = self.end()?;
        let came = match most {
            0 => "it ended before anybody saw it".to_owned(),
            1 => "one process".to_owned(),
            count => format!("{count} processes"),
        };
        ran.holds(false, &format!("{wanted} processes at the same time"), &came, means)
    }

    /// What the program's processes are now: all below the launcher, without those in which the
    /// program stands, a shell or a sandbox.
    fn processes(&self) -> Vec<Process> {
        let mut all = vec![Process::look(self.launcher.id(), 0)];
        let mut next = 0;
        while let Some(process) = all.get(next) {
            let below: Vec<Process> =
                process.children.iter().map(|&child| Process::look(child, next)).collect();
            all.extend(below);
            next += 1;
        }
        let file = self.file.as_ref().and_then(|file| identity(file).ok());
        let program = all.iter().position(|process| file.is_some() && process.executes == file);
        if file.is_some() && program.is_none() {
            // The launcher is still about to start it.
            return Vec::new();
        }
        let mut above = program.map_or(0, |program| all[program].parent);
        let mut outside = vec![0];
        while above > 0 {
            outside.push(above);
            above = all[above].parent;
        }
        let inside = |(index, process): (usize, Process)| {
            (process.is_there && !outside.contains(&index)).then_some(process)
        };
        all.into_iter().enumerate().filter_map(inside).collect()
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

impl<'a> Program<'a> {
    /// It may wait as long as the test looks at it; only a deadline ends it.
    #[must_use]
    pub fn may_stand_still(self) -> Program<'a> {
        self.limits(|limits| {
            limits.quiet = None;
            limits.asleep = None;
            limits.deadlock = false;
            limits.wall = Some(LOOK_AT_MOST + Duration::from_secs(5));
        })
    }
}

/// A process at one look.
struct Process {
    /// Its parent's place in the list.
    parent: usize,
    children: Vec<u32>,
    /// Device and inode of the file that it executes, where that may be known.
    executes: Option<(u64, u64)>,
    /// One of its threads has not ended.
    is_there: bool,
    /// None of its threads runs.
    sleeps: bool,
}

impl Process {
    fn look(pid: u32, parent: usize) -> Process {
        let executes = identity(Path::new(&format!("/proc/{pid}/exe"))).ok();
        let mut process =
            Process { parent, children: Vec::new(), executes, is_there: false, sleeps: true };
        let parse = |pid: &str| pid.parse::<u32>().ok();
        // Whatever cannot be read has ended meanwhile.
        for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let read = |name| fs::read_to_string(task.path().join(name)).unwrap_or_default();
            let children = read("children");
            process.children.extend(children.split_whitespace().filter_map(parse));
            // Behind the name, which may be anything: R runs, S sleeps, Z has ended
            // (proc_pid_stat(5)).
            let stat = read("stat");
            let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
            process.is_there |= !matches!(state, None | Some('Z' | 'X'));
            process.sleeps &= matches!(state, Some('S'));
        }
        process
    }
}

fn identity(file: &Path) -> io::Result<(u64, u64)> {
    let found = fs::metadata(file)?;
    Ok((found.dev(), found.ino()))
}
