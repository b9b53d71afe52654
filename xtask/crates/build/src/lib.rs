//! Builds packages with cargo and tells which file each binary is.
//!
//! The files are named by cargo's own JSON messages, so nothing stale is ever run: what cargo did
//! not name in this build is not there. Compiler messages reach standard error as rustc wrote them.

mod again;
mod fresh;
mod variant;

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use anyhow::{Context, ensure};

pub use again::{Compiled, Compiling, Recipe, words_of};
pub use fresh::{known, remember};
pub use variant::variant;

/// Builds the binaries of `packages` in the workspace at `root`; package names lead to files.
///
/// # Errors
/// When cargo cannot be started, or a package does not compile. Cargo has said why by then.
pub fn binaries(
    root: &Path,
    packages: &[impl AsRef<str>],
) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let mut arguments = vec!["--bins"];
    for package in packages {
        arguments.extend(["--package", package.as_ref()]);
    }
    let found = executables(root, &arguments)?;
    for package in packages {
        let package = package.as_ref();
        ensure!(found.contains_key(package), "the package {package} has no binary {package}");
    }
    Ok(found)
}

/// What a build of several packages has come to. Each program is known by its target's name.
#[derive(Debug, Default)]
pub struct Built {
    pub binaries: BTreeMap<String, PathBuf>,
    /// What the compiler said of each, warnings as well, as it wrote it.
    pub said: BTreeMap<String, String>,
    /// The libraries that they were linked with, by their crates' names.
    pub libraries: BTreeMap<String, PathBuf>,
    /// Cargo's lines "Running `…`": how it has called rustc, for what it had to compile.
    pub calls: Vec<String>,
}

/// Builds these binaries and examples of these packages. What does not compile keeps nothing else
/// from being built: it has no binary then, and the compiler's words are in [`Built::said`].
///
/// # Errors
/// When cargo cannot be started, or fails for another reason than a program that does not compile.
pub fn each(
    root: &Path,
    packages: &[impl AsRef<str>],
    targets: &[impl AsRef<str>],
) -> anyhow::Result<Built> {
    let format = if has_colours() { "json-diagnostic-rendered-ansi" } else { "json" };
    let mut command = Command::new(cargo());
    command.args(["build", "--keep-going", "--verbose", "--message-format", format]);
    for package in packages {
        command.args(["--package", package.as_ref()]);
    }
    command.args(targets.iter().map(AsRef::as_ref)).current_dir(root).stdin(Stdio::null());
    let Answer { messages, calls, status } = answer_of(&mut command, Tell::Progress)?;

    let mut built = Built { calls, ..Built::default() };
    for message in &messages {
        let name = message["target"]["name"].as_str().unwrap_or_default().to_owned();
        if let Some(rendered) = message["message"]["rendered"].as_str() {
            built.said.entry(name).or_default().push_str(rendered);
        } else if let Some(file) = message["executable"].as_str() {
            built.binaries.insert(name, PathBuf::from(file));
        } else if message["target"]["kind"][0] == "lib" {
            let mut files = message["filenames"].as_array().into_iter().flatten();
            let library = files.find_map(|file| file.as_str().filter(|f| f.ends_with(".rlib")));
            built.libraries.extend(library.map(|file| (name.replace('-', "_"), file.into())));
        }
    }
    let explained = built.said.keys().any(|name| !built.binaries.contains_key(name));
    ensure!(status.success() || explained, "cargo build failed");
    Ok(built)
}

fn executables(root: &Path, arguments: &[&str]) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let mut command = Command::new(cargo());
    command.args(["build", "--message-format=json-render-diagnostics"]).args(arguments);
    command.current_dir(root).stdin(Stdio::null());
    let Answer { messages, status, .. } = answer_of(&mut command, Tell::All)?;
    ensure!(status.success(), "cargo build failed");
    let mut found = BTreeMap::new();
    for message in messages {
        let (Some(name), Some(file)) =
            (message["target"]["name"].as_str(), message["executable"].as_str())
        else {
            continue;
        };
        let before = found.insert(name.to_owned(), PathBuf::from(file));
        ensure!(before.is_none(), "two packages have a binary named {name}: rename one of them");
    }
    Ok(found)
}

/// The cargo that called us, or the one on the PATH.
#[must_use]
pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))
}

/// Whether what is printed on standard output has colours.
fn has_colours() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// What of cargo's own words is passed on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tell {
    All,
    /// Not what failed: whoever asked will tell it in words of its own. Nor what only a verbose
    /// cargo says.
    Progress,
}

struct Answer {
    /// For programs.
    messages: Vec<serde_json::Value>,
    /// What it has started, where it was to say that.
    calls: Vec<String>,
    status: ExitStatus,
}

/// Runs cargo to its end; what it says to people goes to standard error.
fn answer_of(command: &mut Command, tell: Tell) -> anyhow::Result<Answer> {
    // Cargo sees a pipe and would leave its colours out.
    let choice = anstream::AutoStream::choice(&io::stderr());
    if choice != anstream::ColorChoice::Never && env::var_os("CARGO_TERM_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut cargo = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("start {}", command.get_program().to_string_lossy()))?;
    let (stdout, stderr) = (cargo.stdout.take(), cargo.stderr.take());
    let (messages, calls) = thread::scope(|scope| {
        // Two pipes, two readers: with one, cargo could block on the pipe that nobody reads.
        let speech = scope.spawn(|| stderr.map(|stderr| pass_on(stderr, tell)));
        let messages = stdout.map(|stdout| {
            let lines = BufReader::new(stdout).split(b'\n').map_while(Result::ok);
            lines.filter_map(|line| serde_json::from_slice(&line).ok()).collect::<Vec<_>>()
        });
        let calls = speech.join().ok().flatten();
        (messages.unwrap_or_default(), calls.unwrap_or_default())
    });
    let status = cargo.wait().context("wait for cargo")?;
    Ok(Answer { messages, calls, status })
}

/// `    Finished …`, and what is told otherwise or was only asked for by us.
fn is_left_out(plain: &str, tell: Tell) -> bool {
    let line = plain.trim_start();
    let by_others = ["error: could not compile", "warning: `", "warning: build failed"];
    let when_verbose = ["Fresh ", "Dirty ", "Running `", "process didn't exit successfully: `"];
    line.starts_with("Finished `")
        || tell == Tell::Progress
            && (by_others.iter().any(|begin| plain.starts_with(begin))
                || when_verbose.iter().any(|begin| line.starts_with(begin))
                || ["", "Caused by:"].contains(&line))
}

/// Passes on what cargo says, but for what is left out; what it has started comes back.
fn pass_on(stderr: impl io::Read, tell: Tell) -> Vec<String> {
    let mut calls = Vec::new();
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        let text = String::from_utf8_lossy(&line);
        let plain = anstream::adapter::strip_str(&text).to_string();
        if !is_left_out(&plain, tell) {
            // Standard error may be closed; the build goes on all the same.
            let _ = writeln!(io::stderr(), "{text}");
        }
        if plain.trim_start().starts_with("Running `") {
            calls.push(plain);
        }
    }
    calls
}
