//! One stage before it runs: everything that exec needs, made while memory may still be asked for.
//!
//! Between fork and exec nothing may be allocated (signal-safety(7)). So the search along PATH is
//! done here, in advance: exec has only to try one path after the other. execvp(3) would search by
//! itself, but it is not in the list of async-signal-safe functions; execve(2) is.

use std::env;
use std::ffi::{CString, OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use anyhow::Context;

/// Where to look without PATH, as execvp(3) does. On many systems the two are one folder
/// (any will do).
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// What a part says when a shell has not done what it was told (any will do).
pub const NEEDS_OF_A_SHELL: &str =
    "a shell needs some ten descriptors for itself; if it had too few, `ulimit -n` tells the limit";

pub struct Stage {
    /// Where the program may be, in the order of PATH.
    pub paths: Vec<CString>,
    /// The program's name and its arguments.
    pub arguments: Vec<CString>,
    /// Each entry is `NAME=value`.
    pub environment: Vec<CString>,
}

impl Stage {
    /// Takes the program's name and its arguments.
    pub fn new(words: &[impl AsRef<OsStr>]) -> anyhow::Result<Stage> {
        let name = words.first().context("there is no command before or after a `|`")?.as_ref();
        let arguments = words.iter().map(|word| c_string(word.as_ref().to_owned()));
        Ok(Stage {
            paths: paths(name)?,
            arguments: arguments.collect::<Result<_, _>>()?,
            environment: environment()?,
        })
    }
}

// ANCHOR: path
/// A name with a slash is a path already; any other is looked for in each directory of PATH.
fn paths(name: &OsStr) -> anyhow::Result<Vec<CString>> {
    if name.as_bytes().contains(&b'/') {
        return Ok(vec![c_string(name.to_owned())?]);
    }
    if name.is_empty() {
        // Nowhere is a program without a name.
        return Ok(Vec::new());
    }
    let path = env::var_os("PATH").unwrap_or(DEFAULT_PATH.into());
    env::split_paths(&path)
        // An empty entry means the working directory.
        .map(|folder| if folder.as_os_str().is_empty() { ".".into() } else { folder }.join(name))
        // A folder that this user may not search has no programs for this user. Without this, exec
        // would answer EACCES where a shell says "not found".
        .filter(|path| !fs::metadata(path).is_err_and(|e| e.kind() == ErrorKind::PermissionDenied))
        .map(|path| c_string(path.into_os_string()))
        .collect()
}
// ANCHOR_END: path

/// This process's environment, but in the C locale: `sort` orders by bytes then, on every machine.
fn environment() -> anyhow::Result<Vec<CString>> {
    let ours = env::vars_os().filter(|(name, _)| name != "LC_ALL");
    ours.chain([("LC_ALL".into(), "C".into())])
        .map(|(mut entry, value)| {
            entry.push("=");
            entry.push(value);
            c_string(entry)
        })
        .collect()
}

/// The kernel takes strings that end with a zero byte, so they cannot have one inside.
fn c_string(text: OsString) -> anyhow::Result<CString> {
    CString::new(text.into_vec()).context("a word has a zero byte in it")
}

/// As it would be typed into a shell.
impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.arguments.iter().map(|word| {
            let word = word.to_string_lossy();
            if word.contains(' ') { format!("'{word}'") } else { word.into_owned() }
        });
        f.write_str(&words.collect::<Vec<_>>().join(" "))
    }
}
