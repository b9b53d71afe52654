//! Builds packages with cargo and tells which file each binary is.
//!
//! The files are named by cargo's own JSON messages, so nothing stale is ever run: what cargo did
//! not name in this build is not there. Compiler messages reach standard error as rustc wrote them.

mod fresh;

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, ensure};

pub use fresh::{known, remember};

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

/// Builds these examples of a package; their names lead to files.
///
/// # Errors
/// As for [`binaries`].
pub fn examples(
    root: &Path,
    package: &str,
    names: &[impl AsRef<str>],
) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let mut arguments = vec!["--package", package];
    for name in names {
        arguments.extend(["--example", name.as_ref()]);
    }
    executables(root, &arguments)
}

fn executables(root: &Path, arguments: &[&str]) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let mut command = Command::new(cargo());
    command.args(["build", "--message-format=json-render-diagnostics"]).args(arguments);
    command.current_dir(root).stdin(Stdio::null());
    let mut found = BTreeMap::new();
    for message in messages_of(&mut command)? {
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

/// Runs cargo to its end: its JSON messages, and on standard error what it says to people.
fn messages_of(command: &mut Command) -> anyhow::Result<Vec<serde_json::Value>> {
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
    let messages = thread::scope(|scope| {
        // Two pipes, two readers: with one, cargo could block on the pipe that nobody reads.
        let speech = scope.spawn(|| stderr.map(pass_on));
        let messages = stdout.map(|stdout| {
            let lines = BufReader::new(stdout).split(b'\n').map_while(Result::ok);
            lines.filter_map(|line| serde_json::from_slice(&line).ok()).collect::<Vec<_>>()
        });
        let _ = speech.join();
        messages.unwrap_or_default()
    });
    let status = cargo.wait().context("wait for cargo")?;
    ensure!(status.success(), "cargo build failed");
    Ok(messages)
}

/// `    Finished …`, with or without colours.
fn is_closing(line: &str) -> bool {
    anstream::adapter::strip_str(line).to_string().trim_start().starts_with("Finished `")
}

/// Passes on what cargo says, but for the line that tells of every build that it is finished.
fn pass_on(stderr: impl io::Read) {
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        let text = String::from_utf8_lossy(&line);
        if !is_closing(&text) {
            // Standard error may be closed; the build goes on all the same.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }
}
