//! Where programs are compiled and tested: behind the sandbox's wall or, where whoever grades has
//! asked for it, without any.

use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use course::Entry;
use launcher::{Captured, Launch, Limits, XTASK_VARIABLE};
use nix::sys::signal::Signal;
use sandbox::user::User;
use sandbox::{Folder, Place};

use crate::compile::{self, Compiled, Paths};
use crate::judge;
use crate::toolchain::Toolchain;

/// What programs find in their environment, with or without a wall.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

pub enum Ground {
    Sandboxed(Place),
    Bare(Bare),
}

/// Only the launcher's limits are around a program here.
pub struct Bare {
    folder: Folder,
    /// The launcher.
    xtask: PathBuf,
}

impl Ground {
    /// A folder that every user can read.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Ground::Sandboxed(place) => place.path(),
            Ground::Bare(bare) => bare.folder.path(),
        }
    }

    /// As [`compile::compile`].
    ///
    /// # Errors
    /// When nothing is known about the program.
    pub fn compile(
        &self,
        user: User,
        toolchain: &Toolchain,
        entry: &Entry,
        work: &Path,
        limits: &Limits,
    ) -> anyhow::Result<Compiled> {
        let source = work.join("source");
        match self {
            Ground::Sandboxed(place) => {
                compile::compile(place, user, toolchain, entry, &source, work, limits)
            }
            Ground::Bare(bare) => bare.compile(toolchain, entry, &source, work, limits),
        }
    }

    /// As [`judge::judge`].
    ///
    /// # Errors
    /// When nothing is known about the program.
    pub fn judge(
        &self,
        user: User,
        entry: &Entry,
        tests: &Path,
        name: &str,
        program: &Path,
        seed: u64,
    ) -> anyhow::Result<trial::Result> {
        match self {
            Ground::Sandboxed(place) => {
                judge::judge(place, user, entry, tests, name, program, seed)
            }
            Ground::Bare(bare) => bare.judge(entry, tests, name, program, seed),
        }
    }
}

impl Bare {
    /// # Errors
    /// When no folder can be made, or the launcher is not to be found.
    pub fn new() -> anyhow::Result<Bare> {
        Ok(Bare { folder: Folder::new()?, xtask: launcher::xtask_path()? })
    }

    fn compile(
        &self,
        toolchain: &Toolchain,
        entry: &Entry,
        source: &Path,
        work: &Path,
        limits: &Limits,
    ) -> anyhow::Result<Compiled> {
        let folder = work.join("program");
        fs::create_dir(&folder).context("make a folder for the program")?;
        let program = folder.join(&entry.id);
        let paths = Paths { source, libraries: &toolchain.libraries, program: &program };
        let launch = Launch::captured(toolchain.sysroot.join("bin/rustc"))
            .args(compile::arguments(toolchain, entry, &paths))
            .limits(compile::with_quiet(limits));
        let captured = self.run(&launch, work, work)?;
        let said = String::from_utf8_lossy(&captured.stderr);
        let refused = compile::verdict(&captured.report.ended, &said)?;
        Ok(refused.unwrap_or(Compiled::Program(folder)))
    }

    fn judge(
        &self,
        entry: &Entry,
        tests: &Path,
        name: &str,
        program: &Path,
        seed: u64,
    ) -> anyhow::Result<trial::Result> {
        let own = tempfile::tempdir_in(self.folder.path()).context("make a folder for a test")?;
        let (report, work) = (own.path().join("result.json"), own.path().join("work"));
        fs::create_dir(&work).context("make a folder for a test")?;
        let mut words: Vec<OsString> =
            ["--only", name, "--seed", &seed.to_string(), "--report"].map(OsString::from).into();
        words.extend([report.clone().into(), "--".into(), program.join(&entry.id).into()]);
        let launch = Launch::captured(tests).args(words).limits(compile::outer(judge::DEADLINE));
        let captured = self.run(&launch, own.path(), &work)?;
        judge::answer(&captured, &report, name)
    }

    /// Runs it with an environment like the one behind a wall.
    fn run(&self, launch: &Launch, report: &Path, work: &Path) -> anyhow::Result<Captured> {
        launch.output_reported_in(report, &self.xtask, |command| {
            command.env_clear().current_dir(work).env(XTASK_VARIABLE, &self.xtask);
            command.envs([("PATH", PATH), ("LANG", "C.UTF-8"), ("RUST_BACKTRACE", "0")]);
            command.envs([("HOME", work), ("TMPDIR", work)]);
            // What decides whether a snapshot agrees is insta's comparison and nothing else.
            command.envs([("INSTA_UPDATE", "no"), ("INSTA_FORCE_PASS", "0")]);
            command.env("INSTA_OUTPUT", "none").env("INSTA_WORKSPACE_ROOT", work);
            ends_with_us(command);
        })
    }
}

/// Whoever ends the grader with SIGKILL lets the launcher end what it runs.
fn ends_with_us(command: &mut Command) {
    let tie = || Ok(nix::sys::prctl::set_pdeathsig(Signal::SIGTERM)?);
    // SAFETY:
    // obligation: the closure may make only async-signal-safe calls (signal-safety(7)).
    // here: it calls prctl, and builds an error from a number.
    // broken by: an allocation, a lock or a print in it.
    unsafe { command.pre_exec(tie) };
}
