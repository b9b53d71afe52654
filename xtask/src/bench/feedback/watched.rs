//! `cargo xtask watch` on a pseudo-terminal: from a save to the screen with its verdict.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::unistd::{SysconfVar, sysconf};

use super::copy::{Copy, EXERCISE, times};
use super::{Cost, as_typed};

/// Of whatever is waited for; the program that watches may have to be built first.
const DEADLINE: Duration = Duration::from_secs(10 * 60);
/// Each screen begins at the top, and below its last row all is cleared.
const BEGIN: &str = "\x1b[H";
const END: &str = "\x1b[J";

/// One that has a verdict on its screen and waits for a save.
pub struct Watched {
    watch: Child,
    terminal: File,
    /// What has come of screens that are not whole yet.
    coming: Vec<u8>,
}

impl Watched {
    pub fn new(copy: &Copy) -> anyhow::Result<Watched> {
        let context = "make a terminal for cargo xtask watch";
        // All that is told of an exercise has room in it.
        let size = Winsize { ws_row: 50, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
        let OpenptyResult { master, slave } = openpty(Some(&size), None).context(context)?;
        for end in [&master, &slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).context(context)?;
        }
        let slave = File::from(slave);
        let copy_of = || slave.try_clone().context(context);
        let mut command = copy.cargo();
        command.args(["xtask", "watch", "--times", EXERCISE]).env("TERM", "xterm");
        as_typed(&mut command);
        command.stdin(copy_of()?).stdout(copy_of()?).stderr(copy_of()?);
        let watch = command.spawn().context("start cargo xtask watch")?;
        let mut watched = Watched { watch, terminal: master.into(), coming: Vec::new() };
        watched.until("PASSED after")?;
        Ok(watched)
    }

    /// Saves this program, which has to pass, and watches no longer.
    pub fn save(mut self, copy: &mut Copy, program: &str) -> anyhow::Result<Cost> {
        let (before, started) = (self.processor()?, Instant::now());
        copy.save(program)?;
        // The verdict on what was there before is gone by then.
        self.until("checking...")?;
        let screen = self.until("PASSED after")?;
        let elapsed = started.elapsed();
        let processor = self.processor()?.saturating_sub(before);
        let (tests, _) = times(&screen)?;
        self.quit()?;
        Ok(Cost { elapsed, processor, tests })
    }

    /// The first screen with these words on it.
    fn until(&mut self, words: &str) -> anyhow::Result<String> {
        let end = Instant::now() + DEADLINE;
        loop {
            while let Some(screen) = self.screen() {
                if screen.contains(words) {
                    return Ok(screen);
                }
                ensure!(!screen.contains("FAILED"), "the solution does not pass:\n{screen}");
            }
            let left = end.saturating_duration_since(Instant::now());
            if !self.read(left)? {
                let said = String::from_utf8_lossy(&self.coming);
                bail!("cargo xtask watch shows no `{words}`; the last that came: {said}");
            }
        }
    }

    /// The next screen that is whole, in lines.
    fn screen(&mut self) -> Option<String> {
        let end = self.coming.windows(END.len()).position(|bytes| bytes == END.as_bytes())?;
        let bytes: Vec<u8> = self.coming.drain(..end + END.len()).collect();
        let text = String::from_utf8_lossy(&bytes);
        let screen = text.rsplit_once(BEGIN).map_or(&*text, |(_, screen)| screen);
        Some(screen.replace("\x1b[K", ""))
    }

    /// Reads what comes within this time; false where nothing does.
    fn read(&mut self, within: Duration) -> anyhow::Result<bool> {
        let timeout = PollTimeout::try_from(within).unwrap_or(PollTimeout::MAX);
        let mut polled = [PollFd::new(self.terminal.as_fd(), PollFlags::POLLIN)];
        if poll(&mut polled, timeout).context("wait for a screen")? == 0 {
            return Ok(false);
        }
        let mut buffer = [0; 4096];
        // Nobody has the other end any more: EIO.
        let count = self.terminal.read(&mut buffer).unwrap_or(0);
        self.coming.extend_from_slice(&buffer[..count]);
        Ok(count > 0)
    }

    fn quit(&mut self) -> anyhow::Result<()> {
        self.terminal.write_all(b"q").context("press q")?;
        let end = Instant::now() + DEADLINE;
        while self.read(end.saturating_duration_since(Instant::now()))? {}
        ensure!(Instant::now() < end, "cargo xtask watch does not end");
        let status = self.watch.wait().context("wait for cargo xtask watch")?;
        ensure!(status.success(), "cargo xtask watch ended with {status}");
        Ok(())
    }

    /// User and system time of the process and of what it has waited for (proc_pid_stat(5)); cargo
    /// and the runner become the program that watches, so it is one process.
    fn processor(&self) -> anyhow::Result<Duration> {
        let path = format!("/proc/{}/stat", self.watch.id());
        let stat = fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
        // Behind the name, which may have anything in it, the third field comes first.
        let (_, fields) = stat.rsplit_once(')').context("no name in it")?;
        let fields = fields.split_whitespace().skip(14 - 3).take(4);
        let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
        let a_second = sysconf(SysconfVar::CLK_TCK).context("ask for the clock's ticks")?;
        let a_second = a_second.and_then(|ticks| u64::try_from(ticks).ok()).unwrap_or(100);
        Ok(Duration::from_micros(ticks * 1_000_000 / a_second))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Only where something has failed is it still there; what it has started ends with it.
        let _ = self.watch.kill();
        let _ = self.watch.wait();
    }
}
