//! What grading cannot do without: a compiler and a linker for each program that is different, and
//! its tests. For `bench grade`, which compares the grader with that.
//!
//! The lower bound is without a sandbox: only for classes that are made up.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use course::{Course, Entry};
use sandbox::user::User;
use serde_json::{Value, json};
use tempfile::TempDir;
use trial::Answer;

use crate::compile::Compiled;
use crate::exercise::{Tests, not_before};
use crate::ground::{Bare, Ground};
use crate::import::{self, Sources, chosen};
use crate::limits::GradeLimits;
use crate::mounts::Own;
use crate::prepare;
use crate::toolchain::Toolchain;

/// What everything took together, on one processor each.
#[derive(Clone, Copy, Debug, Default)]
struct Costs {
    compiling: Duration,
    testing: Duration,
    tests: usize,
}

/// What each program is compiled and tested with.
struct Bench<'a> {
    ground: &'a Ground,
    toolchain: &'a Toolchain,
    limits: &'a GradeLimits,
}

/// Compiles and tests each program of a class once, on all processors, and adds up what the
/// compiler took and what each test took from its first line to its last.
///
/// # Errors
/// When a program cannot be compiled or tested at all.
pub fn bare(course: &Course, submissions: &Path) -> anyhow::Result<Value> {
    let ground = Ground::Bare(Bare::new()?);
    let own = Err(anyhow::anyhow!("nothing is mounted here"));
    let toolchain = Toolchain::prepare(course, ground.path(), User::Caller, &own)?;
    let tests = prepare::tests(course, ground.path())?;
    let limits = GradeLimits::read(None)?;
    let bench = Bench { ground: &ground, toolchain: &toolchain, limits: &limits };
    let mut programs: BTreeSet<(String, Sources)> = BTreeSet::new();
    for student in chosen(course, submissions)?.0 {
        programs.extend(import::import(course, &student)?.exercises);
    }
    let count = programs.len();
    let queue = Mutex::new(programs.into_iter().collect::<VecDeque<_>>());
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let started = Instant::now();
    let work = || -> anyhow::Result<Costs> {
        launcher::be_batch_work();
        let mut costs = Costs::default();
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        while let Some((id, sources)) = next() {
            let tests = tests.get(&id).context("the exercise's tests")?;
            bench.one(course.exercise(&id)?, tests, &sources, &mut costs)?;
        }
        Ok(costs)
    };
    let all = thread::scope(|scope| {
        let workers: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
        let ended = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        ended.collect::<anyhow::Result<Vec<Costs>>>()
    })?;
    let sum = |part: fn(&Costs) -> Duration| all.iter().map(part).sum::<Duration>().as_secs_f64();
    Ok(json!({
        "programs": count, "processors": processors,
        "tests": all.iter().map(|costs| costs.tests).sum::<usize>(),
        "compiling_seconds": sum(|costs| costs.compiling),
        "testing_seconds": sum(|costs| costs.testing),
        "elapsed_seconds": started.elapsed().as_secs_f64(),
    }))
}

impl Bench<'_> {
    /// The program is gone with the folder.
    fn compile(
        &self,
        user: User,
        entry: &Entry,
        sources: &Sources,
    ) -> anyhow::Result<(TempDir, Compiled)> {
        let work = tempfile::Builder::new()
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir_in(self.ground.path())
            .context("make a folder")?;
        let source = work.path().join("source");
        std::fs::create_dir(&source).context("make a folder")?;
        import::write(sources, &source)?;
        let limits = &self.limits.compile;
        let compiled = self.ground.compile(user, self.toolchain, entry, work.path(), limits)?;
        Ok((work, compiled))
    }

    fn one(
        &self,
        entry: &Entry,
        tests: &Tests,
        sources: &Sources,
        costs: &mut Costs,
    ) -> anyhow::Result<()> {
        let began = Instant::now();
        let (_work, compiled) = self.compile(User::Caller, entry, sources)?;
        costs.compiling += began.elapsed();
        let Compiled::Program(program) = compiled else { return Ok(()) };
        let mut answers = Vec::new();
        for test in entry.tests.iter().chain(&entry.hidden) {
            if let Some(why) = not_before(test, &answers) {
                answers.push((test, Answer::NotTried(why)));
                continue;
            }
            let is_hidden = answers.len() >= entry.tests.len();
            let of = if is_hidden { tests.hidden.as_ref() } else { Some(&tests.program) };
            let of = of.context("the hidden tests")?;
            let judged = self.ground.judge(User::Caller, entry, of, &test.name, &program, SEED)?;
            let micros = judged.span.ended_us.saturating_sub(judged.span.began_us);
            costs.testing += Duration::from_micros(micros);
            costs.tests += 1;
            answers.push((test, judged.answer));
        }
        Ok(())
    }
}

/// What one test takes, in its box, on a program that does right and on programs that hang: the
/// medians of so many runs.
///
/// # Errors
/// When a program cannot be compiled or tested.
pub fn hangs(course: &Course, own: &anyhow::Result<Own>, runs: usize) -> anyhow::Result<Value> {
    let limits = GradeLimits::read(None)?;
    let user = prepare::users(Some(1))?[0];
    let ground = Ground::Sandboxed(prepare::place(&limits, user)?.0);
    let toolchain = Toolchain::prepare(course, ground.path(), user, own)?;
    let tests = prepare::tests(course, ground.path())?;
    let bench = Bench { ground: &ground, toolchain: &toolchain, limits: &limits };
    let entry = course.exercise("ex-01")?;
    let (first, of) = (&entry.tests[0].name, tests.get("ex-01").context("its tests")?);
    let read = |path: std::path::PathBuf| {
        std::fs::read_to_string(course.root.join(&path)).with_context(|| path.display().to_string())
    };
    let solution = Path::new("solutions").join(entry.folder_name()).join("src/main.rs");
    let programs = [
        ("right", read(solution)?),
        ("proved", read(entry.path.join("skeleton/main.rs"))?),
        ("standing", "fn main() { nix::unistd::pause(); }\n".to_owned()),
        ("busy", "fn main() { loop { std::hint::spin_loop() } }\n".to_owned()),
    ];
    let mut medians = serde_json::Map::new();
    for (name, source) in programs {
        let sources: Sources = [("main.rs".into(), source.into_bytes())].into();
        let (_work, compiled) = bench.compile(user, entry, &sources)?;
        let Compiled::Program(program) = compiled else { bail!("{name}: {compiled:?}") };
        let mut times = Vec::new();
        for _ in 0..runs.max(1) {
            let began = Instant::now();
            let judged = ground.judge(user, entry, &of.program, first, &program, SEED)?;
            times.push(began.elapsed());
            let is_right = judged.answer == Answer::Passed;
            ensure!(is_right == (name == "right"), "{name}: {:?}", judged.answer);
        }
        times.sort();
        medians.insert(format!("{name}_seconds"), json!(times[times.len() / 2].as_secs_f64()));
    }
    Ok(Value::Object(medians))
}

/// Any will do.
const SEED: u64 = 1;
