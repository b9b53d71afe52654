//! The launcher as a process: the runner's hidden verb.
//!
//! ```text
//! xtask __launch --captured --wall-ms=5000 --report=out.json -- PROGRAM ARGS…
//! xtask __launch --ends-with=4711 --captured -- PROGRAM ARGS…
//! ```
//!
//! It is dispatched before the runner's argument parser, so that starting a program costs no more
//! than it must. Its exit status is [`Ended::status`](crate::Ended::status); how it really ended
//! stands in the report.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail, ensure};
use nix::sys::signal::Signal;
use nix::unistd::getppid;

use crate::limits::Limits;
use crate::report::{Ended, STATUS_LAUNCHER};
use crate::start::{Mode, Spec};
use crate::supervise::supervise;

/// The runner's first argument that calls the launcher.
pub const HIDDEN_VERB: &str = "__launch";

/// Runs the launcher with the arguments after [`HIDDEN_VERB`].
#[must_use]
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match launch(arguments) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            // Standard error may be closed; the status says it as well.
            let _ = writeln!(std::io::stderr(), "launcher: {error:#}");
            ExitCode::from(STATUS_LAUNCHER)
        }
    }
}

fn launch(arguments: impl Iterator<Item = OsString>) -> anyhow::Result<u8> {
    let mut arguments = arguments.peekable();
    let caller = arguments.peek().and_then(|word| word.to_str()?.strip_prefix(ENDS_WITH));
    if let Some(caller) = caller {
        end_with(caller)?;
        arguments.next();
    }
    let spec = parse(arguments)?;
    let report = supervise(&spec)?;
    if let Ended::NotStarted { error } = &report.ended {
        bail!("{error}");
    }
    Ok(report.ended.status())
}

/// The option for [`Launch::ends_with_caller`](crate::Launch::ends_with_caller); it comes first.
pub const ENDS_WITH: &str = "--ends-with=";

/// Asks for a SIGTERM when the caller ends, whatever ends it.
fn end_with(caller: &str) -> anyhow::Result<()> {
    nix::sys::prctl::set_pdeathsig(Signal::SIGTERM).context("ask to end with the caller")?;
    // It may have ended before that was asked.
    ensure!(getppid().to_string() == caller, "the caller has ended");
    Ok(())
}

pub fn parse(mut arguments: impl Iterator<Item = OsString>) -> anyhow::Result<Spec> {
    let mut spec = Spec {
        mode: Mode::Captured,
        limits: Limits::default(),
        argv: Vec::new(),
        caller_waits: false,
        report: None,
        inside: None,
        traceable: false,
        asked: None,
    };
    for argument in arguments.by_ref() {
        if argument == "--" {
            break;
        }
        let text = argument.to_str().context("an option that is not UTF-8")?;
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let number = || value.parse::<u64>().with_context(|| format!("{name} takes a number"));
        let time = || number().map(Duration::from_millis);
        match name {
            "--captured" => spec.mode = Mode::Captured,
            "--attached" => spec.mode = Mode::Attached,
            "--deadlock" => spec.limits.deadlock = true,
            "--traceable" => spec.traceable = true,
            "--caller-waits" => spec.caller_waits = true,
            "--report" => spec.report = Some(PathBuf::from(value)),
            "--wall-ms" => spec.limits.wall = Some(time()?),
            "--queued-ms" => spec.limits.queued = Some(time()?),
            "--cpu-ms" => spec.limits.cpu = Some(time()?),
            "--quiet-ms" => spec.limits.quiet = Some(time()?),
            "--asleep-ms" => spec.limits.asleep = Some(time()?),
            "--grace-ms" => spec.limits.grace = Some(time()?),
            "--memory-bytes" => spec.limits.memory_bytes = Some(number()?),
            "--open-files" => spec.limits.open_files = Some(number()?),
            "--user-processes" => spec.limits.user_processes = Some(number()?),
            "--address-bytes" => spec.limits.address_bytes = Some(number()?),
            "--file-bytes" => spec.limits.file_bytes = Some(number()?),
            "--asked-ns" => {
                spec.asked = Some(SystemTime::UNIX_EPOCH + Duration::from_nanos(number()?));
            }
            "--inside" => {
                spec.inside = Some(i32::try_from(number()?).context("no descriptor")?);
            }
            "--output-bytes" => spec.limits.output_bytes = Some(number()?),
            "--processes" => {
                spec.limits.processes = Some(usize::try_from(number()?).context("too many")?);
            }
            _ => bail!("unknown option {name} (a program's own stand after --)"),
        }
    }
    spec.argv = arguments.collect();
    if spec.argv.is_empty() {
        bail!("no program was named after --");
    }
    Ok(spec)
}

/// Nanoseconds since 1970, until the year 2554.
fn nanos(time: SystemTime) -> Option<u64> {
    u64::try_from(time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos()).ok()
}

/// The arguments that [`parse`] reads back into the same spec.
pub fn arguments(spec: &Spec) -> Vec<OsString> {
    let limits = &spec.limits;
    let millis = |time: Duration| time.as_millis().to_string();
    let options = [
        ("--wall-ms", limits.wall.map(millis)),
        ("--queued-ms", limits.queued.map(millis)),
        ("--cpu-ms", limits.cpu.map(millis)),
        ("--quiet-ms", limits.quiet.map(millis)),
        ("--asleep-ms", limits.asleep.map(millis)),
        ("--grace-ms", limits.grace.map(millis)),
        ("--memory-bytes", limits.memory_bytes.map(|value| value.to_string())),
        ("--processes", limits.processes.map(|value| value.to_string())),
        ("--open-files", limits.open_files.map(|value| value.to_string())),
        ("--output-bytes", limits.output_bytes.map(|value| value.to_string())),
        ("--user-processes", limits.user_processes.map(|value| value.to_string())),
        ("--address-bytes", limits.address_bytes.map(|value| value.to_string())),
        ("--file-bytes", limits.file_bytes.map(|value| value.to_string())),
        ("--asked-ns", spec.asked.and_then(nanos).map(|value| value.to_string())),
        ("--inside", spec.inside.map(|value| value.to_string())),
    ];
    let mode = if spec.mode == Mode::Captured { "--captured" } else { "--attached" };
    let mut arguments: Vec<OsString> = vec![HIDDEN_VERB.into(), mode.into()];
    for (name, value) in options {
        arguments.extend(value.map(|value| format!("{name}={value}").into()));
    }
    if limits.deadlock {
        arguments.push("--deadlock".into());
    }
    if spec.traceable {
        arguments.push("--traceable".into());
    }
    if spec.caller_waits {
        arguments.push("--caller-waits".into());
    }
    if let Some(path) = &spec.report {
        let mut option = OsString::from("--report=");
        option.push(path);
        arguments.push(option);
    }
    arguments.push("--".into());
    arguments.extend(spec.argv.iter().cloned());
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_survives_the_command_line() {
        let spec = Spec {
            mode: Mode::Attached,
            limits: Limits {
                wall: Some(Duration::from_millis(1)),
                cpu: Some(Duration::from_millis(2)),
                memory_bytes: Some(3),
                processes: Some(4),
                open_files: Some(5),
                output_bytes: Some(6),
                quiet: Some(Duration::from_millis(7)),
                deadlock: true,
                grace: Some(Duration::from_millis(8)),
                user_processes: Some(9),
                address_bytes: Some(10),
                file_bytes: Some(11),
                asleep: Some(Duration::from_millis(14)),
                queued: Some(Duration::from_millis(15)),
            },
            argv: vec!["program".into(), "--wall-ms=9".into(), "--".into()],
            caller_waits: true,
            report: Some(PathBuf::from("a=b.json")),
            inside: Some(12),
            traceable: true,
            asked: Some(SystemTime::UNIX_EPOCH + Duration::from_nanos(13)),
        };
        let back = parse(arguments(&spec).into_iter().skip(1)).expect("our own arguments");
        assert_eq!(back.limits, spec.limits);
        assert_eq!(back.mode, spec.mode);
        assert_eq!(back.argv, spec.argv);
        assert_eq!(back.caller_waits, spec.caller_waits);
        assert_eq!(back.report, spec.report);
        assert_eq!(back.inside, spec.inside);
        assert_eq!(back.traceable, spec.traceable);
        assert_eq!(back.asked, spec.asked);
    }

    #[test]
    fn wrong_arguments_name_themselves() {
        let error = |words: &[&str]| {
            let spec = parse(words.iter().map(OsString::from));
            format!("{:#}", spec.expect_err("wrong arguments"))
        };
        assert!(error(&["--wall-ms=soon", "--", "true"]).contains("--wall-ms takes a number"));
        assert!(error(&["--wall=5", "--", "true"]).contains("unknown option --wall"));
        assert!(error(&["--captured", "--"]).contains("no program"));
    }

    #[test]
    fn nothing_is_started_for_a_caller_that_has_ended() {
        // No process has this number, so it is nobody's parent.
        let error = end_with("99999999").expect_err("another parent");
        assert_eq!(error.to_string(), "the caller has ended");
    }
}
