//! Finds mdBook, or installs it below target/.

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

use super::attached;

/// Any of these builds the book.
const SERIES: &str = "0.5.";
/// The one that is installed where there is none.
const VERSION: &str = "0.5.4";

/// An mdBook of the right series; `None` after saying why there is none.
pub fn program(root: &Path) -> anyhow::Result<Option<PathBuf>> {
    let installed = PathBuf::from("mdbook");
    let ours = root.join("target/mdbook/bin/mdbook");
    for program in [&installed, &ours] {
        match version(program)? {
            Some(version) if version.starts_with(SERIES) => return Ok(Some(program.clone())),
            Some(version) => writeln!(
                anstream::stderr(),
                "{} is of version {version}, and the book needs {SERIES}x",
                program.display()
            )?,
            None => {}
        }
    }
    writeln!(anstream::stderr(), "installing mdbook {VERSION} in target/mdbook, once")?;
    let mut argv = vec![build::cargo()];
    argv.extend(["install", "--quiet", "--locked", "--version", VERSION].map(OsString::from));
    argv.extend(["--root".into(), root.join("target/mdbook").into_os_string(), "mdbook".into()]);
    if attached(argv)?.ended.is_success() {
        return Ok(Some(ours));
    }
    writeln!(
        anstream::stderr(),
        "error: no mdbook {SERIES}x, and cargo could not install one (see above). Without a \
         network: install it elsewhere, with `cargo install mdbook --version {VERSION} --locked`, \
         and put it in the PATH"
    )?;
    Ok(None)
}

/// What it says after `mdbook v`; `None` where it is not there.
fn version(program: &Path) -> anyhow::Result<Option<String>> {
    let mut asked = Command::new(program);
    let output = asked.arg("--version").stdin(Stdio::null()).output();
    let output = match output {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        output => output.with_context(|| format!("ask {} for its version", program.display()))?,
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let version = said.trim().strip_prefix("mdbook v").unwrap_or("unknown");
    Ok(Some(version.to_owned()))
}
