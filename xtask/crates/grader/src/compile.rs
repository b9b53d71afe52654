//! One student's program of one exercise, compiled behind the wall: one rustc and one linker.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use course::Entry;
use launcher::{Ended, Launch, Limit, Limits, Report};
use sandbox::user::User;
use sandbox::{Contents, Place, Purpose};

use crate::toolchain::Toolchain;

/// What has come of it.
#[derive(Debug)]
pub enum Compiled {
    /// A folder with the program, which has the exercise's name.
    Program(PathBuf),
    /// The compiler refused it: its words.
    Refused(String),
    /// It would not come to an end within this limit.
    Limit(Limit),
}

/// The compiler came to no end, and used no processor: nobody's fault but the machine's.
#[derive(Debug)]
pub struct TooBusy;

impl std::fmt::Display for TooBusy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the compiler came to no end: the machine is too busy for it")
    }
}

impl std::error::Error for TooBusy {}

/// So much of a compiler's words is kept.
const SAID_BYTES: usize = 16 << 10;

/// How long a compiler may stand still: one that waits for what can never come is a student's
/// doing, one that is slow is not.
const QUIET: Duration = Duration::from_secs(20);

/// Compiles `source`, a folder with `main.rs` and whatever it names. Working files and the program
/// are put below `work`, an empty folder of the caller's that every user can read.
///
/// # Errors
/// When the sandbox fails: nothing is known about the program then.
pub fn compile(
    place: &Place,
    user: User,
    toolchain: &Toolchain,
    entry: &Entry,
    source: &Path,
    work: &Path,
    limits: &Limits,
) -> anyhow::Result<Compiled> {
    let folder = place.report_folder(user)?;
    let report = folder.path();
    let reads = [
        (toolchain.sysroot.as_path(), Path::new("/toolchain")),
        (toolchain.libraries.as_path(), Path::new("/libraries")),
        (source, Path::new("/source")),
    ];
    let contents = Contents { purpose: Purpose::Compile, program: None, report, reads: &reads };
    let paths = Paths {
        source: Path::new("/source"),
        libraries: Path::new("/libraries"),
        program: Path::new("program"),
    };
    let launch = Launch::captured("/toolchain/bin/rustc").args(arguments(toolchain, entry, &paths));
    // Only a regular file is handed out. Nothing that was behind the wall runs any more by then.
    let script = "mkdir out && cd out && \"$@\"; \
                  if [ -f program ] && ! [ -L program ]; then cp program /report/program; fi";
    let mut words: Vec<OsString> = ["sh", "-c", script, "sh"].map(Into::into).into();
    words.extend(place.behind_a_wall(&launch.limits(with_quiet(limits))));
    let wall = limits.wall.unwrap_or_default() + Duration::from_secs(60);
    let captured = place.run(user, &contents, outer(wall), words)?;
    let said = String::from_utf8_lossy(&captured.stderr).into_owned();
    let report_file = report.join("report.json");
    let ended = Report::read(&report_file).with_context(|| said.clone())?.ended;
    match verdict(&ended, &said)? {
        Some(refused) => Ok(refused),
        None => {
            let folder = work.join("program");
            fs::create_dir(&folder).context("make a folder for the program")?;
            let program = folder.join(&entry.id);
            take(&report.join("program"), &program)?;
            open_to_all(&folder)?;
            open_to_all(&program)?;
            Ok(Compiled::Program(folder))
        }
    }
}

pub fn with_quiet(limits: &Limits) -> Limits {
    Limits { quiet: Some(QUIET), ..limits.clone() }
}

/// What a compiler's end says about the program; `None` if there is one.
///
/// # Errors
/// When it says nothing.
pub fn verdict(ended: &Ended, said: &str) -> anyhow::Result<Option<Compiled>> {
    match ended {
        Ended::Exited { code: 0 } => Ok(None),
        // It would have used up its processor time first, if it had been given any.
        Ended::Limit { limit: Limit::Wall } => Err(TooBusy.into()),
        Ended::Limit { limit } => Ok(Some(Compiled::Limit(*limit))),
        Ended::Deadlock => Ok(Some(Compiled::Limit(Limit::Quiet))),
        // A panic of the compiler itself.
        Ended::Exited { code: 101 } => Ok(Some(Compiled::Refused(shortened(&repeatable(said))))),
        Ended::Exited { .. } => Ok(Some(Compiled::Refused(shortened(said)))),
        // Too deep a nesting overflows the compiler's stack. Only SIGKILL comes from outside.
        Ended::Signaled { signal, .. } if signal != "SIGKILL" => {
            let said = format!("the compiler was ended by {signal}\n{}", repeatable(said));
            Ok(Some(Compiled::Refused(shortened(&said))))
        }
        other => bail!("the compiler was {}: {}", other.words(), shortened(said)),
    }
}

/// The limits of a box: its own end only, since what is behind the wall has limits of its own.
pub fn outer(wall: Duration) -> Limits {
    Limits { wall: Some(wall), output_bytes: Some(64 << 20), ..Limits::default() }
}

/// Where a compiler finds and leaves things.
pub struct Paths<'a> {
    pub source: &'a Path,
    pub libraries: &'a Path,
    pub program: &'a Path,
}

/// As cargo calls rustc for a student's program.
pub fn arguments(toolchain: &Toolchain, entry: &Entry, paths: &Paths<'_>) -> Vec<OsString> {
    let Paths { source, libraries, program } = paths;
    let mut words: Vec<OsString> =
        ["--edition", "2024", "--crate-type", "bin", "--crate-name"].map(OsString::from).into();
    words.push(entry.id.replace('-', "_").into());
    let fixed = ["-C", "debuginfo=line-tables-only", "--color", "never"];
    words.extend(fixed.map(OsString::from));
    words.push(format!("--remap-path-prefix={}=src", source.display()).into());
    words.push("-C".into());
    words.push(format!("linker={}", toolchain.linker.display()).into());
    words.extend(["-L".into(), format!("dependency={}", libraries.display()).into()]);
    for (name, file) in &toolchain.externs {
        words.push("--extern".into());
        words.push(format!("{name}={}", libraries.join(file).display()).into());
    }
    words.extend(["-o".into(), (*program).into(), source.join("main.rs").into()]);
    words
}

/// The folder belonged to the box's user: what is in it is looked at before it is used.
fn take(from: &Path, to: &Path) -> anyhow::Result<()> {
    let found = fs::symlink_metadata(from).context("the compiler's program")?;
    ensure!(found.is_file(), "the compiler's program is no regular file");
    // Not copied: another thread might fork meanwhile, and its child would have the program open
    // for writing when a test executes it (ETXTBSY, execve(2)).
    fs::rename(from, to).with_context(|| format!("move the program to {}", to.display()))
}

fn open_to_all(path: &Path) -> anyhow::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("open {} to all", path.display()))
}

/// What a compiler that has broken says, without what is another in each run: addresses, its own
/// number, and a file that it would have written.
fn repeatable(said: &str) -> String {
    let has_address = |line: &str| {
        line.split("0x")
            .skip(1)
            .any(|rest| rest.len() > 8 && rest.bytes().take(8).all(|byte| byte.is_ascii_hexdigit()))
    };
    let kept = said.lines().filter(|line| {
        !has_address(line) && !line.starts_with("### ") && !line.contains("rustc-ice-")
    });
    let mut text = String::new();
    for line in kept {
        match line.split_once(" (").and_then(|(name, rest)| Some((name, rest.split_once(')')?))) {
            Some((name, (number, rest)))
                if line.starts_with("thread ") && number.bytes().all(|b| b.is_ascii_digit()) =>
            {
                text.push_str(name);
                text.push_str(rest);
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// The beginning: a compiler's first error is the one that matters.
fn shortened(said: &str) -> String {
    match said.char_indices().map(|(at, _)| at).find(|&at| at >= SAID_BYTES) {
        Some(end) => format!("{}\n[{} bytes more]", &said[..end], said.len() - end),
        None => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_compiler_says_the_same_again() {
        let said = "error: rustc interrupted by SIGSEGV, printing backtrace\n\n\
            /toolchain/lib/librustc_driver-6108.so(+0x3b62e1c)[0x7ff460d62e1c]\n\
            ### cycle encountered after 3 frames with period 4\n\
            thread 'rustc' (4711) panicked at compiler/x.rs:1:2:\n\
            note: the mask 0xff, f(4711)\n\
            note: please attach the file at `/work/rustc-ice-2026-01-01-4711.txt`\n";
        let expected = "error: rustc interrupted by SIGSEGV, printing backtrace\n\n\
            thread 'rustc' panicked at compiler/x.rs:1:2:\n\
            note: the mask 0xff, f(4711)\n";
        assert_eq!(repeatable(said), expected);
    }

    #[test]
    fn only_what_a_student_did_is_held_against_them() {
        let of = |ended: Ended| verdict(&ended, "said");
        assert!(matches!(of(Ended::Exited { code: 0 }), Ok(None)));
        for code in [1, 101] {
            let refused = of(Ended::Exited { code });
            assert!(matches!(refused, Ok(Some(Compiled::Refused(said))) if said.trim() == "said"));
        }
        let signal = |signal: &str| Ended::Signaled { signal: signal.to_owned(), number: 1 };
        assert!(matches!(of(signal("SIGSEGV")), Ok(Some(Compiled::Refused(_)))));
        for limit in [Limit::Cpu, Limit::Memory, Limit::Output, Limit::Processes, Limit::Quiet] {
            assert!(matches!(of(Ended::Limit { limit }), Ok(Some(Compiled::Limit(_)))));
        }
        let ours = [
            signal("SIGKILL"),
            Ended::Limit { limit: Limit::Wall },
            Ended::Interrupted { signal: "SIGTERM".to_owned(), number: 15 },
            Ended::NotStarted { error: "no such file".to_owned() },
        ];
        for ended in ours {
            assert!(of(ended.clone()).is_err(), "{ended:?}");
        }
    }
}
