//! One source file compiled as if it were a package's program, without asking cargo.
//!
//! The wrong and the right programs that an exercise's tests are tested with are single files. As
//! packages, or as examples of one, each would be in every student's build. So rustc is called as
//! cargo calls it for a program of the workspace, with the libraries that cargo has built.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// Compiles `source` to a program at `binary`, with these libraries; a warning is an error.
///
/// # Errors
/// When rustc cannot be started or refuses the source; the message is rustc's.
pub fn variant(
    source: &Path,
    binary: &Path,
    libraries: &BTreeMap<String, PathBuf>,
) -> anyhow::Result<()> {
    let folder = binary.parent().context("a folder for the program")?;
    std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let mut command = Command::new(&rustc);
    command.args(["--edition", "2024", "--crate-type", "bin", "--crate-name", "variant"]);
    command.args(["-C", "debuginfo=line-tables-only", "-D", "warnings", "-o"]).arg(binary);
    if let Some(folder) = source.parent() {
        // What a panic names is the student's file, wherever this one is.
        let mut remapped = OsString::from("--remap-path-prefix=");
        remapped.push(folder);
        remapped.push("=src");
        command.arg(remapped);
    }
    for (name, file) in libraries {
        command.arg("--extern").arg(format!("{name}={}", file.display()));
        if let Some(folder) = file.parent() {
            command.arg("-L").arg(format!("dependency={}", folder.display()));
            // cargo puts a copy of the top libraries beside `deps`; theirs are inside it.
            command.arg("-L").arg(format!("dependency={}", folder.join("deps").display()));
        }
    }
    let output = command
        .arg(source)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("start {}", rustc.display()))?;
    ensure!(
        output.status.success(),
        "{} does not compile:\n{}",
        source.display(),
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    Ok(())
}
