//! Running tests, each in a process of its own, through the launcher.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};
use course::{Course, Entry};
use launcher::{Ended, Launch, Limit, Limits, xtask_path};
use trial::{Answer, Failure, Result, Span, Verdict, report};

use crate::place::Place;

/// A program that does nothing but sleep is ended after so many milliseconds; no right one does.
const ASLEEP_MS: &str = "1200";
/// A test of a right program is over long before, as far as it need not wait for a processor.
const DEADLINE: Duration = Duration::from_secs(120);

/// The program with an exercise's tests, and what it says of them.
pub struct Suite {
    pub program: PathBuf,
    /// The tests' names and claims, in their order.
    pub listed: Vec<(String, String)>,
}

impl Suite {
    /// Asks the program which tests it has.
    pub fn ask(program: &Path) -> anyhow::Result<Suite> {
        let context = || format!("ask {} for its tests", program.display());
        let output = Command::new(program).arg("--list").output().with_context(context)?;
        ensure!(output.status.success(), "{}: {}", context(), output.status);
        let text = String::from_utf8(output.stdout).with_context(context)?;
        let pair =
            |line: &str| line.split_once('\t').map(|(name, claim)| (name.into(), claim.into()));
        Ok(Suite { program: program.to_owned(), listed: text.lines().filter_map(pair).collect() })
    }
}

/// A program and the tests that it is to pass.
pub struct Job<'a> {
    pub entry: &'a Entry,
    pub suite: &'a Suite,
    /// The program under test.
    pub program: PathBuf,
    /// Only the tests up to this one, where one is named.
    pub until: Option<&'a str>,
}

impl Job<'_> {
    /// A result that no test has given.
    fn result(&self, test: usize, answer: Answer, seed: u64) -> Result {
        let name = self.entry.tests[test].name.clone();
        let claim = self.suite.listed.iter().find(|(listed, _)| *listed == name);
        let claim = claim.map_or_else(|| name.clone(), |(_, claim)| claim.clone());
        Result { name, claim, answer, seed, span: Span::default() }
    }

    fn count(&self) -> usize {
        let tests = &self.entry.tests;
        let last = tests.iter().position(|test| self.until == Some(&test.name));
        last.map_or(tests.len(), |last| last + 1)
    }
}

/// The tests of all jobs that are still to be run, and how those that were ended.
struct Queue {
    waiting: Vec<(usize, usize)>,
    results: HashMap<(usize, usize), Result>,
    /// For the eye.
    all: usize,
    /// The first that failed is known, and told where somebody wants to know.
    is_told: bool,
}

/// Who is told how far it is while tests run.
#[derive(Clone, Copy)]
pub enum Audience<'a> {
    /// Whoever sits at the terminal, where there is one.
    Terminal,
    /// The same, who compares the answers with a record, as a grader would get them: a program may
    /// sleep for as long as a test's own limit lets it.
    Gate,
    /// Whoever reads what we print. It is told of the first failure as soon as no other can come
    /// before it.
    Watcher(&'a (dyn Fn(&Result, &Failure) + Sync)),
}

enum Next {
    Run(usize, usize),
    /// Its need does not hold.
    Skip(usize, usize, String),
    Wait,
    Nothing,
}

/// Runs the tests, more at a time than there are processors, since a test waits now and then for a
/// time to pass; the results have the jobs' order, and the tests' order within each.
pub fn run(
    course: &Course,
    jobs: &[Job<'_>],
    seed: u64,
    place: &Place,
    audience: Audience<'_>,
) -> anyhow::Result<Vec<Vec<Result>>> {
    launcher::be_batch_work();
    let runner = Runner {
        root: &course.root,
        xtask: xtask_path()?,
        place,
        seed,
        is_impatient: !matches!(audience, Audience::Gate),
    };
    // The last exercises have the tests that wait longest: begun first, they leave the processors
    // to others meanwhile.
    let all = jobs.iter().enumerate().rev();
    let waiting = all.flat_map(|(job, of)| (0..of.count()).map(move |test| (job, test))).collect();
    let waiting: Vec<(usize, usize)> = waiting;
    let all = waiting.len();
    let queue = Mutex::new(Queue { waiting, results: HashMap::new(), all, is_told: false });
    let changed = Condvar::new();
    thread::scope(|scope| {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        // Of one program that never ends, every test that has begun uses up its processor time.
        let more = if jobs.len() > 1 { 2 * processors } else { processors.div_ceil(2) };
        for _ in 0..processors + more {
            scope.spawn(|| work(jobs, &runner, audience, &queue, &changed));
        }
    });
    let results = queue.into_inner().ok().context("a thread that ran a test has died")?.results;
    let mut sorted: BTreeMap<(usize, usize), Result> = results.into_iter().collect();
    Ok((0..jobs.len())
        .map(|job| {
            let rest = sorted.split_off(&(job + 1, 0));
            std::mem::replace(&mut sorted, rest).into_values().collect()
        })
        .collect())
}

fn work(
    jobs: &[Job<'_>],
    runner: &Runner<'_>,
    audience: Audience<'_>,
    queue: &Mutex<Queue>,
    changed: &Condvar,
) {
    loop {
        let Ok(mut held) = queue.lock() else { return };
        let (job, test, result) = match next(jobs, &mut held) {
            Next::Nothing => return,
            Next::Wait => {
                // A need of what waits is being run by somebody who will tell when it is over.
                if changed.wait(held).is_err() {
                    return;
                }
                continue;
            }
            Next::Skip(job, test, why) => {
                (job, test, jobs[job].result(test, Answer::NotTried(why), runner.seed))
            }
            Next::Run(job, test) => {
                drop(held);
                let result = runner.one(&jobs[job], test);
                let Ok(again) = queue.lock() else { return };
                held = again;
                (job, test, result)
            }
        };
        held.results.insert((job, test), result);
        tell(&mut held, audience);
        changed.notify_all();
    }
}

/// How many are over, in a line that goes away on a terminal.
fn tell(queue: &mut Queue, audience: Audience<'_>) {
    let (over, all) = (queue.results.len(), queue.all);
    let mut stderr = io::stderr();
    match audience {
        Audience::Terminal | Audience::Gate if stderr.is_terminal() => {
            let text = if over < all { format!("\r{over} of {all} tests") } else { "\r".into() };
            // It is only for the eye.
            let _ = write!(stderr, "{text}\x1b[K");
        }
        Audience::Terminal | Audience::Gate => {}
        Audience::Watcher(of_failure) => {
            if !queue.is_told
                && let Some((result, failure)) = first_failure(&queue.results)
            {
                of_failure(result, failure);
                queue.is_told = true;
            }
            if over < all {
                let _ = writeln!(stderr, "{over} of {all} tests");
            }
        }
    }
}

/// The failure that comes first whatever the others find out: all tests before it are over.
fn first_failure(results: &HashMap<(usize, usize), Result>) -> Option<(&Result, &Failure)> {
    let known = (0..).map_while(|test| results.get(&(0, test)));
    known.filter_map(|result| Some((result, result.failure()?))).next()
}

/// The first test whose need is known, taken out of the queue.
fn next(jobs: &[Job<'_>], queue: &mut Queue) -> Next {
    for index in 0..queue.waiting.len() {
        let (job, test) = queue.waiting[index];
        let tests = &jobs[job].entry.tests;
        let needed = tests[test].needs.as_ref();
        let needed = needed.and_then(|name| tests.iter().position(|test| test.name == *name));
        let answer = needed.map(|needed| queue.results.get(&(job, needed)).map(|of| &of.answer));
        let skip = match answer {
            Some(None) => continue,
            Some(Some(of)) if *of != Answer::Passed => {
                needed.map(|needed| format!("not before `{}` passes", tests[needed].name))
            }
            None | Some(Some(_)) => {
                // Each would run into the same limit, and take as long.
                let all = queue.results.iter();
                let slow = all.filter(|((of, _), result)| *of == job && is_slow(&result.answer));
                slow.min_by_key(|(place, _)| **place)
                    .map(|(_, result)| format!("not before `{}` passes", result.name))
            }
        };
        queue.waiting.remove(index);
        return match skip {
            None => Next::Run(job, test),
            Some(why) => Next::Skip(job, test, why),
        };
    }
    if queue.waiting.is_empty() { Next::Nothing } else { Next::Wait }
}

fn is_slow(answer: &Answer) -> bool {
    matches!(answer, Answer::Failed(failure) if failure.verdict == Verdict::TimeLimit)
}

struct Runner<'a> {
    root: &'a Path,
    xtask: PathBuf,
    place: &'a Place,
    seed: u64,
    /// Who only sleeps is told soon. That is a guess, on which neither a grade nor a record may
    /// depend.
    is_impatient: bool,
}

impl Runner<'_> {
    fn one(&self, job: &Job<'_>, test: usize) -> Result {
        self.try_one(job, test).unwrap_or_else(|error| {
            job.result(test, Answer::Error(format!("{error:#}")), self.seed)
        })
    }

    fn try_one(&self, job: &Job<'_>, test: usize) -> anyhow::Result<Result> {
        let name = &job.entry.tests[test].name;
        let place = tempfile::tempdir_in(self.place.path()).context("make a directory")?;
        let report = place.path().join("result.json");
        // From the root, as a student can type it.
        let inputs = Path::new(".pipeworks/inputs");
        let limits = Limits {
            wall: Some(DEADLINE),
            queued: Some(2 * DEADLINE),
            deadlock: true,
            ..Limits::default()
        };
        let launch = Launch::captured(&job.suite.program)
            .args(self.is_impatient.then_some(["--asleep-ms", ASLEEP_MS]).into_iter().flatten())
            .args(["--only", name, "--seed", &self.seed.to_string(), "--report"])
            .args([report.as_os_str(), "--inputs".as_ref(), inputs.as_os_str(), "--".as_ref()])
            .args([&job.program])
            .limits(limits);
        let captured = launch.output_reported_in(place.path(), &self.xtask, |command| {
            command.current_dir(self.root).env(launcher::XTASK_VARIABLE, &self.xtask);
            command.env("TMPDIR", place.path());
            // What decides whether a snapshot agrees is insta's comparison and nothing else.
            for (name, _) in std::env::vars_os() {
                if name.as_encoded_bytes().starts_with(b"INSTA_") {
                    command.env_remove(name);
                }
            }
            command.envs([("INSTA_UPDATE", "no"), ("INSTA_FORCE_PASS", "0")]);
            command.envs([("INSTA_OUTPUT", "none"), ("RUST_BACKTRACE", "0")]);
            command.env("INSTA_WORKSPACE_ROOT", self.root);
        })?;
        if captured.report.ended == (Ended::Limit { limit: Limit::Wall }) {
            return Ok(job.result(test, Answer::too_slow(DEADLINE), self.seed));
        }
        report::read(&report).with_context(|| {
            let said = String::from_utf8_lossy(&captured.stderr);
            let ended = captured.report.explained();
            format!("the test `{name}` left no result: {ended}\nit said: {}", said.trim_end())
        })
    }
}
