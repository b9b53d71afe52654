//! `test`: everything that the CI runs, as steps, with a table at the end.

#[cfg(feature = "author")]
mod breaks;
#[cfg(feature = "author")]
pub mod load;
#[cfg(feature = "author")]
mod soak;
mod step;
#[cfg(feature = "author")]
mod steps;
#[cfg(not(feature = "author"))]
#[path = "students.rs"]
mod steps;
pub mod survivors;

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use course::Course;
use step::{Outcome, Step};

use crate::args::Test;
use crate::output;
use crate::status::Status;

pub fn test(args: &Test) -> anyhow::Result<Status> {
    if cfg!(not(feature = "author")) && (args.soak.is_some() || args.breaks) {
        return Ok(output::for_authors("programs that test the lessons"));
    }
    let course = Course::here()?;
    #[cfg(feature = "author")]
    if let Some(runs) = args.soak {
        return soak::soak(&course, &args.steps, runs);
    }
    #[cfg(feature = "author")]
    if args.breaks {
        return breaks::breaks(&course, &args.steps);
    }
    let Some(chosen) = chosen(steps::ALL, &args.steps) else { return Ok(Status::Usage) };

    let mut outcomes = Vec::new();
    for step in chosen {
        let started = Instant::now();
        let outcome = with_progress(step, || step.run(&course));
        let elapsed = started.elapsed();
        tell(step, &outcome, elapsed)?;
        outcomes.push((step, outcome, elapsed));
    }
    summary(&outcomes)
}

/// The steps with these names, all where none is named; `None` after saying which there are.
fn chosen<'a>(all: &'a [Step], names: &[String]) -> Option<Vec<&'a Step>> {
    if names.is_empty() {
        return Some(all.iter().collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        let Some(step) = all.iter().find(|step| step.name == name) else {
            let known: Vec<&str> = all.iter().map(|step| step.name).collect();
            let known = known.join(", ");
            let _ = writeln!(anstream::stderr(), "error: no step `{name}`; there are: {known}");
            return None;
        };
        chosen.push(step);
    }
    Some(chosen)
}

/// Runs the step in a thread and shows on a terminal that it is under way.
fn with_progress(step: &Step, run: impl FnOnce() -> Outcome + Send) -> Outcome {
    let mut terminal = std::io::stderr();
    let shows = terminal.is_terminal();
    if !shows {
        let _ = writeln!(terminal, "{:<12} {} …", step.name, step.what);
    }
    thread::scope(|scope| {
        let (done, finished) = mpsc::channel();
        scope.spawn(move || done.send(run()));
        let started = Instant::now();
        loop {
            match finished.recv_timeout(Duration::from_millis(200)) {
                Ok(outcome) => {
                    if shows {
                        let _ = write!(terminal, "\r\x1b[K");
                    }
                    return outcome;
                }
                Err(mpsc::RecvTimeoutError::Timeout) if shows => {
                    let seconds = started.elapsed().as_secs();
                    let _ =
                        write!(terminal, "\r\x1b[K{:<12} {} … {seconds} s", step.name, step.what);
                    let _ = terminal.flush();
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Outcome::failed("the thread that ran the step has died".to_owned());
                }
            }
        }
    })
}

fn style_of(outcome: &Outcome) -> Style {
    if outcome.failure.is_some() {
        AnsiColor::Red.on_default().bold()
    } else if outcome.skipped.is_empty() {
        AnsiColor::Green.on_default()
    } else {
        AnsiColor::Yellow.on_default()
    }
}

/// One line for a step that is over, and all it said where it failed.
fn tell(step: &Step, outcome: &Outcome, elapsed: Duration) -> anyhow::Result<()> {
    let mut out = output::stdout();
    let style = style_of(outcome);
    let (word, seconds) = (outcome.word(), elapsed.as_secs_f64());
    writeln!(out, "{:<12} {style}{word:<8}{style:#} {seconds:>6.1} s  {}", step.name, step.what)?;
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for why in &outcome.skipped {
        *reasons.entry(why).or_default() += 1;
    }
    for (why, times) in reasons {
        let times = if times > 1 { format!(" {times} times") } else { String::new() };
        writeln!(out, "             skipped{times}: {why}")?;
    }
    if outcome.ignored > 0 {
        let count = outcome.ignored;
        writeln!(out, "             not run: {count} that take long (CONTRIBUTING.md tells how)")?;
    }
    if let Some(text) = &outcome.failure {
        writeln!(out, "{text}")?;
    }
    out.flush()?;
    Ok(())
}

fn summary(outcomes: &[(&Step, Outcome, Duration)]) -> anyhow::Result<Status> {
    let mut out = output::stdout();
    writeln!(
        out,
        "\n{:<12} {:<8} {:>8}  {:>6} {:>6} {:>7}",
        "step", "", "", "passed", "failed", "skipped"
    )?;
    let (mut passed, mut failed, mut skipped, mut time) = (0, 0, 0, Duration::ZERO);
    for (step, outcome, elapsed) in outcomes {
        let style = style_of(outcome);
        writeln!(
            out,
            "{:<12} {style}{:<8}{style:#} {:>6.1} s  {:>6} {:>6} {:>7}",
            step.name,
            outcome.word(),
            elapsed.as_secs_f64(),
            outcome.passed,
            outcome.failed,
            outcome.skipped.len()
        )?;
        passed += outcome.passed;
        failed += outcome.failed;
        skipped += outcome.skipped.len();
        time += *elapsed;
    }
    writeln!(out, "{:<12} {:<8} {:>6.1} s\n", "all", "", time.as_secs_f64())?;
    writeln!(out, "{passed} passed, {failed} failed, {skipped} skipped")?;
    out.flush()?;
    Ok(if failed == 0 { Status::Holds } else { Status::Failed })
}
