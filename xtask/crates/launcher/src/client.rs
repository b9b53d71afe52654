//! The other side: building the command line that starts the launcher, and reading its report.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use anyhow::{Context, ensure};

use crate::cli;
use crate::limits::Limits;
use crate::outside;
use crate::report::Report;
use crate::start::{Mode, Spec};

/// The environment variable that names the runner's binary, set by the runner for what it starts.
pub const XTASK_VARIABLE: &str = "PIPEWORKS_XTASK";

/// A program to be started through the launcher, in a process of the launcher's own.
///
/// Its environment and working directory are those of the [`Command`] that comes out.
#[derive(Clone, Debug)]
pub struct Launch {
    spec: Spec,
    ends_with_caller: bool,
}

/// What a captured program left.
#[derive(Clone, Debug)]
pub struct Captured {
    pub report: Report,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Launch {
    /// A program with its outputs captured and an empty standard input.
    pub fn captured(program: impl AsRef<OsStr>) -> Launch {
        Launch::new(Mode::Captured, program)
    }

    /// A program that keeps the caller's 0, 1 and 2.
    pub fn attached(program: impl AsRef<OsStr>) -> Launch {
        Launch::new(Mode::Attached, program)
    }

    fn new(mode: Mode, program: impl AsRef<OsStr>) -> Launch {
        let argv = vec![program.as_ref().to_owned()];
        let limits = Limits::default();
        let spec = Spec {
            mode,
            limits,
            argv,
            caller_waits: false,
            report: None,
            inside: None,
            traceable: false,
            asked: None,
        };
        Launch { spec, ends_with_caller: false }
    }

    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Launch {
        self.spec.argv.extend(arguments.into_iter().map(|word| word.as_ref().to_owned()));
        self
    }

    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Launch {
        self.spec.limits = limits;
        self
    }

    /// Whoever feeds the program's standard input waits for a reply whenever it does not write:
    /// [`Limits::quiet`] holds also while standard input is open.
    #[must_use]
    pub fn waits_for_reply(mut self) -> Launch {
        self.spec.caller_waits = true;
        self
    }

    /// The tree is ended when the thread that starts the launcher has ended, also by SIGKILL.
    #[must_use]
    pub fn ends_with_caller(mut self) -> Launch {
        self.ends_with_caller = true;
        self
    }

    /// The launcher's command line; the report will be at `report`. To be built when all that the
    /// program is to find has been made: what is made later counts as the program's own.
    #[must_use]
    pub fn command(&self, xtask: &Path, report: &Path) -> Command {
        let asked = outside::last_tick().ok();
        let spec = Spec { report: Some(report.to_owned()), asked, ..self.spec.clone() };
        let mut command = Command::new(xtask);
        let mut arguments = cli::arguments(&spec);
        if self.ends_with_caller {
            // Behind the hidden verb, before all others.
            arguments.insert(1, format!("{}{}", cli::ENDS_WITH, process::id()).into());
        }
        command.args(arguments);
        command
    }

    /// Runs it to its end with an empty standard input. `adjust` may change the environment or the
    /// working directory before the start.
    ///
    /// # Errors
    /// When the launcher cannot be started or leaves no report.
    pub fn output(
        &self,
        xtask: &Path,
        adjust: impl FnOnce(&mut Command),
    ) -> anyhow::Result<Captured> {
        let directory = files::TempDir::new().context("make a directory for the report")?;
        self.output_reported_in(directory.path(), xtask, adjust)
    }

    /// As [`Launch::output`], with the report in a directory that whoever runs the launcher may
    /// write: `adjust` may have changed the user.
    ///
    /// # Errors
    /// When the launcher cannot be started or leaves no report.
    pub fn output_reported_in(
        &self,
        directory: &Path,
        xtask: &Path,
        adjust: impl FnOnce(&mut Command),
    ) -> anyhow::Result<Captured> {
        ensure!(self.spec.mode == Mode::Captured, "only a captured program has an output");
        let path = directory.join("report.json");
        let mut command = self.command(xtask, &path);
        command.stdin(Stdio::null());
        adjust(&mut command);
        let output =
            command.output().with_context(|| format!("start the launcher {}", xtask.display()))?;
        let report = Report::read(&path).with_context(|| {
            let said = String::from_utf8_lossy(&output.stderr);
            format!("the launcher ended with {} and said: {}", output.status, said.trim_end())
        })?;
        Ok(Captured { report, stdout: output.stdout, stderr: output.stderr })
    }
}

/// The runner's binary: named by [`XTASK_VARIABLE`], or this process itself, or built now.
///
/// # Errors
/// When cargo cannot build it.
pub fn xtask_path() -> anyhow::Result<PathBuf> {
    if let Some(path) = env::var_os(XTASK_VARIABLE).filter(|path| !path.is_empty()) {
        return Ok(path.into());
    }
    let this = env::current_exe().context("find this program's own file")?;
    if this.file_stem() == Some(OsStr::new("xtask")) {
        return Ok(this);
    }
    build_xtask()
}

fn build_xtask() -> anyhow::Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let output = Command::new(&cargo)
        .args(["build", "--package", "xtask", "--bin", "xtask"])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.."))
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("start {}", cargo.to_string_lossy()))?;
    ensure!(output.status.success(), "cargo could not build xtask ({})", output.status);
    output
        .stdout
        .split(|&byte| byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == "xtask")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo named no binary for xtask")
}
