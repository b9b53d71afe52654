//! `doctor`: runs a program, or looks at one that runs, and explains why it hangs.

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::thread;
use std::time::{Duration, Instant};

use ::doctor::proof::{PAUSE, Still, examine, tasks_from};
use ::doctor::{Diagnosis, Occasion, Task, Whose, only_ascii};
use anyhow::{Context, anyhow, bail};
use launcher::{Ended, Limits, Mode, Spec, supervise};
use nix::unistd::Pid;

use crate::args::{Doctor, Format, Patient};
use crate::output;
use crate::status::Status;

/// Between two looks at a process that moves.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// So often a process that moves is looked at where no deadline says more.
const LOOKS: u32 = 4;
/// And for so long, where what was in the way of a proof may have gone between two looks: another
/// process that could not be looked into.
const PATIENCE: Duration = Duration::from_secs(1);

pub fn doctor(args: &Doctor) -> anyhow::Result<Status> {
    match &args.patient {
        Patient::Command(argv) => run(args, argv),
        Patient::Process(pid) => look_at(args, Pid::from_raw(*pid)),
    }
}

fn run(args: &Doctor, argv: &[OsString]) -> anyhow::Result<Status> {
    let limits = Limits { wall: args.deadline, deadlock: true, ..Limits::default() };
    let argv = argv.to_vec();
    let spec = Spec {
        mode: Mode::Attached,
        limits,
        argv,
        caller_waits: false,
        report: None,
        inside: None,
        traceable: false,
        asked: None,
    };
    let report = supervise(&spec)?;
    if let Ended::NotStarted { error } = &report.ended {
        bail!("{error}");
    }
    let status = report.ended.status();
    let after = Duration::from_millis(report.wall_ms);
    let diagnosis = report.diagnosis.unwrap_or_else(|| Diagnosis::finished(status, after));
    match args.format {
        Format::Text => {
            let text = diagnosis.text(args.ascii || only_ascii());
            output::beside_the_program(&report.ended, &text);
        }
        Format::Json => print_json(&diagnosis)?,
    }
    Ok(Status::Program(status))
}

fn look_at(args: &Doctor, pid: Pid) -> anyhow::Result<Status> {
    let diagnosis =
        diagnose(pid, args.deadline).with_context(|| format!("look at the process {pid}"))?;
    match args.format {
        Format::Text => print(&diagnosis.text(args.ascii || only_ascii()))?,
        Format::Json => print_json(&diagnosis)?,
    }
    Ok(Status::Program(match diagnosis.verdict() {
        "deadlock" => 123,
        "unknown" => 125,
        // All of it is stuck, but something unseen may free it.
        _ if diagnosis.kind().is_some() => 124,
        _ => 0,
    }))
}

/// Looks until there is a proof or the time is over. A process that has ended is an error.
fn diagnose(pid: Pid, deadline: Option<Duration>) -> anyhow::Result<Diagnosis> {
    let began = Instant::now();
    let mut looks = 0;
    let tasks = tasks_from(pid).map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow!("there is no such process; ps -e lists those there are"),
        _ => error.into(),
    })?;
    if tasks.iter().all(Task::has_ended) {
        bail!("it has ended; its parent has not waited for it yet (a zombie)");
    }
    loop {
        let found = two_looks(pid, began)?;
        looks += 1;
        let is_over = deadline.map_or(looks >= LOOKS, |time| began.elapsed() >= time);
        match found {
            Some(found) if found.is_proved() || is_over => return Ok(found),
            None if is_over => {
                let occasion = Occasion::Look(began.elapsed());
                let again = || tasks_from(pid);
                let found = examine(&again()?, whose(pid), occasion, again);
                let may_be_proved = deadline.is_none() && found.is_undoubted();
                if !may_be_proved || began.elapsed() >= PATIENCE {
                    return Ok(found);
                }
            }
            _ => {}
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// A proof, or what speaks against one where all seemed to be stuck, and the pipes were asked how
/// full they are.
fn two_looks(pid: Pid, began: Instant) -> anyhow::Result<Option<Diagnosis>> {
    let again = || tasks_from(pid);
    let first = Still::look(again()?, whose(pid), again)?.filter(Still::is_beyond_doubt);
    let Some(first) = first else { return Ok(None) };
    thread::sleep(PAUSE);
    let Some(mut later) = Still::look(again()?, whose(pid), again)? else { return Ok(None) };
    let (is_proved, refused) = first.is_proved_by(&mut later);
    let time = began.elapsed();
    let occasion = if is_proved { Occasion::Proof(time) } else { Occasion::Look(time) };
    let counts = is_proved || later.knows_how_full();
    Ok(counts.then(|| Diagnosis::of(&later.scene, occasion, refused)))
}

fn whose(program: Pid) -> Whose<'static> {
    Whose { program, outside: None }
}

fn print_json(diagnosis: &Diagnosis) -> anyhow::Result<()> {
    print(&format!("{}\n", diagnosis.to_json()))
}

/// Where nobody reads it, the exit status still says how it ended.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = output::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("print the report")
}
