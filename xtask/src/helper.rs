//! Programs of ours that are built when a verb first needs them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::Context;

/// The program of this package, built by cargo unless nothing has changed since it was.
pub fn program(root: &Path, package: &str) -> anyhow::Result<Command> {
    command(root, tool(root, package)?)
}

/// The same, where nothing has changed since it was built.
pub fn known(root: &Path, package: &str) -> anyhow::Result<Option<Command>> {
    build::known(root, package).map(|binary| command(root, binary)).transpose()
}

fn command(root: &Path, binary: PathBuf) -> anyhow::Result<Command> {
    let mut command = Command::new(binary);
    command.current_dir(root).env(launcher::XTASK_VARIABLE, launcher::xtask_path()?);
    // What it starts asks the environment about colours, not our command line.
    match anstream::ColorChoice::global() {
        anstream::ColorChoice::Never => {
            command.env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE");
        }
        anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => {
            command.env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR");
        }
        anstream::ColorChoice::Auto => {}
    }
    Ok(command)
}

/// The binary of a program of ours. It is told that it has to be built: a beginner waits for it.
pub fn tool(root: &Path, package: &str) -> anyhow::Result<PathBuf> {
    build::known(root, package).map_or_else(
        || {
            // Standard error may be closed; it is built all the same.
            let _ = writeln!(io::stderr(), "building `{package}`, once ...");
            built(root, package)
        },
        Ok,
    )
}

/// The binary of a package that has one of its name.
pub fn binary(root: &Path, package: &str) -> anyhow::Result<PathBuf> {
    build::known(root, package).map_or_else(|| built(root, package), Ok)
}

fn built(root: &Path, package: &str) -> anyhow::Result<PathBuf> {
    let asked = SystemTime::now();
    let mut built = build::binaries(root, &[package])?;
    let binary = built.remove(package).context("cargo named no binary")?;
    build::remember(root, package, &binary, asked);
    Ok(binary)
}
