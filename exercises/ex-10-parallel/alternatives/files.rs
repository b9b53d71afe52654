//! Right, and built as GNU parallel is: each command writes into a file, so nobody has to read
//! while it runs. The program does nothing but wait for its children, whichever ends first.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context;
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::mkdtemp;

/// The exit status stands for the number of commands that failed; more than a hundred are one.
const MANY_FAILED: u8 = 101;
/// Apart from every such number.
const OWN_ERROR: u8 = 255;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let Some((at_once, commands)) = parse(&words) else {
        let _ = writeln!(io::stderr(), "usage: [-j NUMBER] COMMAND…");
        return ExitCode::from(OWN_ERROR);
    };
    run(commands, at_once).unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "Error: {error:#}");
        ExitCode::from(OWN_ERROR)
    })
}

/// How many may run at once, and the commands; `None` where the usage is wrong.
fn parse(words: &[OsString]) -> Option<(usize, &[OsString])> {
    let (at_once, commands) = match words {
        [option, number, commands @ ..] if option == "-j" => {
            (number.to_str()?.parse().ok()?, commands)
        }
        commands => (commands.len(), commands),
    };
    let is_option = commands.first()?.as_encoded_bytes().starts_with(b"-");
    (at_once > 0 && !is_option).then_some((at_once, commands))
}

/// Runs the commands, prints their outputs in order, and returns how many failed, as status.
fn run(commands: &[OsString], at_once: usize) -> anyhow::Result<ExitCode> {
    let folder = mkdtemp(&std::env::temp_dir().join("outputs-XXXXXX")).context("make a folder")?;
    let outcome = run_all(commands, at_once, &folder);
    // Somebody is left here only after an error.
    while wait() != Err(Errno::ECHILD) {}
    fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    let failed = u8::try_from(outcome?).unwrap_or(MANY_FAILED);
    Ok(ExitCode::from(failed.min(MANY_FAILED)))
}

/// How many bytes a command has written until its end, and how it failed, where it did.
type End = (u64, Option<String>);

fn run_all(commands: &[OsString], at_once: usize, folder: &Path) -> anyhow::Result<usize> {
    let path = |index: usize| -> PathBuf { folder.join(index.to_string()) };
    let mut to_start = commands.iter().enumerate();
    let mut running: HashMap<i32, usize> = HashMap::new();
    let mut ends: Vec<Option<End>> = vec![None; commands.len()];
    let (mut turn, mut failed) = (0, 0);
    loop {
        while running.len() < at_once {
            let Some((index, command)) = to_start.next() else { break };
            let file = File::create(path(index)).context("make a file")?;
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(command).stdin(Stdio::null()).stdout(file);
            match shell.spawn() {
                Ok(child) => drop(running.insert(child.id().cast_signed(), index)),
                Err(error) => {
                    ends[index] = Some((0, Some(format!("could not be started: {error}"))));
                }
            }
        }
        while let Some((size, failure)) = ends.get_mut(turn).and_then(Option::take) {
            print(&path(turn), size)?;
            turn += 1;
            if let Some(words) = failure {
                failed += 1;
                writeln!(io::stderr(), "[{turn}] {words}")?;
            }
        }
        if running.is_empty() {
            return Ok(failed);
        }
        let status = wait().context("wait for a command")?;
        let ended = status.pid().and_then(|pid| running.remove(&pid.as_raw()));
        if let Some(index) = ended {
            let size = fs::metadata(path(index)).context("look at a file")?.len();
            ends[index] = Some((size, failure(status)));
        }
    }
}

fn print(path: &Path, size: u64) -> anyhow::Result<()> {
    // What a process that was left behind has written since is beyond that size.
    let mut file = File::open(path).context("open a file")?.take(size);
    let mut out = io::stdout().lock();
    io::copy(&mut file, &mut out).and_then(|_| out.flush()).context("print the output")?;
    fs::remove_file(path).context("remove a file")
}

/// How a command failed; `None` where it did not.
fn failure(status: WaitStatus) -> Option<String> {
    match status {
        WaitStatus::Exited(_, 0) => None,
        WaitStatus::Exited(_, code) => Some(format!("exited with {code}")),
        WaitStatus::Signaled(_, signal, _) => Some(format!("was ended by {signal}")),
        other => Some(format!("ended, and nobody knows how ({other:?})")),
    }
}
