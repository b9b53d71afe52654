//! From the save of an exercise to its verdict on the screen.
//!
//! Against the least that could be done, rustc called with cargo's own words and then the tests'
//! program, and against what `rustlings run` takes for an exercise of its own. Each saves a file
//! that has really changed. What the tests themselves take is measured in each run and left out:
//! it is the exercise's, not the runner's. Nothing is saved in the student's own files, but in a
//! copy of the course below `target/`.

mod bare;
mod copy;
mod rustlings;
mod watched;

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use course::Course;

use crate::output;

use super::{median, millis, processor_of_children, verdict};
use bare::Bare;
use copy::Copy;
use rustlings::Rustlings;
use watched::Watched;

/// The most that our time may be of the bare one.
const RATIO: f64 = 1.7;
/// Within this a hang is reported.
const HANG: Duration = Duration::from_secs(2);
/// And so long the tests of all solutions may run, on two processors.
const SOLUTIONS: Duration = Duration::from_secs(3);

/// Programs that hang, each with words that the student must be told.
const HANGS: [(&str, &str, &str); 4] = [
    ("busy", "fn main() { loop { std::hint::spin_loop() } }\n", "its limit of CPU time"),
    ("standing still, unproved", "fn main() { loop { nix::unistd::pause() } }\n", "it hangs"),
    ("asleep", "fn main() { nix::unistd::sleep(1000); }\n", "did nothing but"),
    (
        "asking again and again",
        "fn main() { loop { std::thread::sleep(std::time::Duration::from_millis(5)) } }\n",
        "did nothing but",
    ),
];

/// What one run took.
#[derive(Clone, Copy)]
struct Cost {
    elapsed: Duration,
    processor: Duration,
    /// While at least one test ran.
    tests: Duration,
}

/// Measures all, in turns, and prints the medians; tells whether the targets are met.
pub fn feedback(course: &Course, turns: usize) -> anyhow::Result<bool> {
    let rustlings = Rustlings::new(course)?;
    let mut copy = Copy::new(course)?;
    let solution = copy.solution()?;
    copy.save(&solution)?;
    copy.check("It passes")?;
    let bare = Bare::new(&mut copy, &solution)?;

    let (mut ours, mut seen, mut least, mut theirs) = (vec![], vec![], vec![], vec![]);
    // Two turns more, whose figures are thrown away: after the first all is known that can be.
    for turn in 0..turns + 2 {
        copy.save(&solution)?;
        let checked = copy.check("It passes")?;
        let watched = Watched::new(&copy)?.save(&mut copy, &solution)?;
        copy.save(&solution)?;
        let bare = bare.run(&copy)?;
        let peer = rustlings.run(turn)?;
        if turn > 1 {
            ours.push(checked);
            seen.push(watched);
            least.push(bare);
            theirs.push(peer);
        }
    }
    let mut out = output::stdout();
    writeln!(out, "saved and checked, medians of {turns} runs in turns, the tests left out")?;
    header(&mut out)?;
    row(&mut out, "rustc, then the tests, bare", &least)?;
    let checked = row(&mut out, "cargo xtask check ex-01", &ours)?;
    let watched = row(&mut out, "cargo xtask watch, to its screen", &seen)?;
    let label = format!("rustlings {} run if1", super::RUSTLINGS);
    let peer = row(&mut out, &label, &theirs)?;
    let least = without_tests(&least).as_secs_f64();
    let (mut near, mut faster) = (true, true);
    for (verb, rest) in [("check", checked), ("watch", watched)] {
        let ratio = rest.as_secs_f64() / least;
        near &= ratio <= RATIO;
        faster &= rest < peer;
        let met = verdict(ratio <= RATIO);
        writeln!(out, "{verb}: of the bare time {ratio:.2}, at most {RATIO}: {met}")?;
        writeln!(out, "{verb}: faster than rustlings run: {}", verdict(rest < peer))?;
    }
    out.flush()?;

    let few = turns.div_ceil(4);
    let hangs = hangs(&mut copy, few)?;
    let solutions = solutions(&copy, few)?;
    Ok(near && faster && hangs && solutions)
}

/// How long until a hang is told: one that is proved, and those that a limit ends.
fn hangs(copy: &mut Copy, turns: usize) -> anyhow::Result<bool> {
    let mut out = output::stdout();
    writeln!(out, "\na program that hangs, saved and reported, medians of {turns} runs")?;
    header(&mut out)?;
    let skeleton = copy.skeleton()?;
    let proved = ("a deadlock, proved", skeleton.as_str(), "deadlock, proved after");
    let mut met = true;
    for (what, program, told) in [proved].into_iter().chain(HANGS) {
        let mut costs = Vec::new();
        for _ in 0..turns {
            copy.save(program)?;
            costs.push(copy.check(told)?);
        }
        row(&mut out, what, &costs)?;
        met &= median(costs.iter().map(|cost| cost.elapsed).collect()) <= HANG;
    }
    writeln!(out, "each within {} s: {}", HANG.as_secs(), verdict(met))?;
    out.flush()?;
    Ok(met)
}

/// How long the tests of all solutions run where nothing has changed.
fn solutions(copy: &Copy, turns: usize) -> anyhow::Result<bool> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let mut out = output::stdout();
    let (mut costs, mut sums) = (Vec::new(), Vec::new());
    // One more, which builds them.
    for turn in 0..=turns {
        let (cost, sum) = copy.check_solutions()?;
        if turn > 0 {
            costs.push(cost);
            sums.push(sum);
        }
    }
    writeln!(out, "\nall solutions, nothing changed, medians of {turns} runs")?;
    header(&mut out)?;
    row(&mut out, "cargo xtask check --solutions", &costs)?;
    let tests = median(costs.iter().map(|cost| cost.tests).collect());
    let met = tests <= SOLUTIONS;
    let sum = millis(median(sums));
    writeln!(out, "their tests one after the other {sum:.0} ms, here on {processors} processors")?;
    writeln!(out, "the tests within {} s: {}", SOLUTIONS.as_secs(), verdict(met))?;
    out.flush()?;
    Ok(met)
}

fn without_tests(costs: &[Cost]) -> Duration {
    median(costs.iter().map(|cost| cost.elapsed.saturating_sub(cost.tests)).collect())
}

fn header(out: &mut impl Write) -> anyhow::Result<()> {
    let names = ["processor", "all", "tests", "rest"];
    write!(out, "{:<32}", "")?;
    for name in names {
        write!(out, " {name:>11}")?;
    }
    Ok(writeln!(out)?)
}

/// Prints the medians, each for itself, and returns that of the time without the tests.
fn row(out: &mut impl Write, what: &str, costs: &[Cost]) -> anyhow::Result<Duration> {
    let of = |part: fn(&Cost) -> Duration| median(costs.iter().map(part).collect());
    let rest = without_tests(costs);
    write!(out, "{what:<32}")?;
    for time in [of(|cost| cost.processor), of(|cost| cost.elapsed), of(|cost| cost.tests), rest] {
        write!(out, " {:>8.1} ms", millis(time))?;
    }
    writeln!(out)?;
    Ok(rest)
}

/// Runs a command as a student would type it, and what it took, without its tests.
fn measure(command: &mut Command) -> anyhow::Result<(Cost, Output)> {
    let name = command.get_program().to_string_lossy().into_owned();
    as_typed(command);
    let (before, started) = (processor_of_children()?, Instant::now());
    let output = command.stdin(Stdio::null()).output();
    let elapsed = started.elapsed();
    let output = output.with_context(|| format!("start {name}"))?;
    let processor = processor_of_children()?.saturating_sub(before);
    Ok((Cost { elapsed, processor, tests: Duration::ZERO }, output))
}

/// In a student's environment.
fn as_typed(command: &mut Command) {
    for (variable, _) in std::env::vars_os() {
        // What the cargo that runs us has told us is not in a student's shell.
        let is_cargos = variable.to_str().is_some_and(|variable| {
            variable.starts_with("CARGO") && variable != "CARGO_HOME"
                || variable == "RUSTUP_TOOLCHAIN"
        });
        if is_cargos {
            command.env_remove(variable);
        }
    }
}

/// It must end with this status and say these words.
fn ensure_said(output: &Output, code: i32, words: &str) -> anyhow::Result<()> {
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.code() == Some(code) && said.contains(words),
        "expected status {code} and `{words}`; it ended with {} and said:\n{said}{complained}",
        output.status
    );
    Ok(())
}
