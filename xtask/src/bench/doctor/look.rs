//! One look at a large tree that stands still, against `lsof +E` on the same processes.
//!
//! Both find who holds which end of which pipe. lsof says it of every pipe; the doctor asks for the
//! pipes that somebody waits on, and also who waits in which call.

use std::fs;
use std::io::ErrorKind;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use doctor::Whose;
use doctor::proof::{Still, tasks_from};
use doctor::tree;
use launcher::{Launch, Limits};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::super::table::{Table, Target};
use super::super::{median, millis};
use super::{Tools, until};

/// With four pipes each, and one between the parent and each child: 5,000 ends.
const CHILDREN: usize = 499;
const PIPES_EACH: usize = 4;
/// The tree ends after this in any case.
const DEADLINE: Duration = Duration::from_secs(300);

pub fn measure(tools: &Tools, table: &mut Table) -> anyhow::Result<()> {
    let hanging = Hanging::start(tools)?;
    let turns = tools.pairs.div_ceil(2);
    let (count, ends) = (hanging.processes.len(), hanging.ends());
    table.section(
        &format!("{count} processes, {ends} pipe ends ({turns} looks)"),
        ["median", "slowest"],
    )?;
    let tried = Command::new("lsof").arg("-v").output();
    let has_lsof = !tried.is_err_and(|error| error.kind() == ErrorKind::NotFound);
    let (mut looks, mut theirs, mut verbs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..turns {
        looks.push(hanging.look()?);
        verbs.push(hanging.doctor(tools)?);
        if has_lsof {
            let (time, seen) = lsof(&hanging.processes)?;
            ensure!(seen >= ends, "lsof saw {seen} of {ends} ends");
            theirs.push(time);
        }
    }
    drop(hanging);

    let figures = |times: &[Duration]| {
        let slowest = times.iter().max().copied().unwrap_or_default();
        [median(times.to_vec()), slowest].map(|time| format!("{:.0} ms", millis(time)))
    };
    let target = (!theirs.is_empty()).then(|| {
        let ratio = median(looks.clone()).as_secs_f64() / median(theirs.clone()).as_secs_f64();
        Target { most: format!("lsof ({ratio:.2})"), met: ratio <= 1.0 }
    });
    table.row("  one look of the doctor", figures(&looks), target)?;
    if has_lsof {
        table.row("  lsof +E on the same processes", figures(&theirs), None)?;
    } else {
        table.skip("lsof +E", "lsof is not installed: apt-get install lsof")?;
    }
    table.row("  doctor --pid: two looks and the report", figures(&verbs), None)
}

/// A tree that hangs, until this is dropped.
struct Hanging {
    launcher: Child,
    /// The program itself is the first.
    processes: Vec<Pid>,
    /// The launcher's report goes there.
    _place: files::TempDir,
}

impl Hanging {
    fn start(tools: &Tools) -> anyhow::Result<Hanging> {
        let place = files::TempDir::new().context("make a temporary directory")?;
        let stamp = place.path().join("stamp");
        // Without the doctor, who would end it.
        let limits = Limits { wall: Some(DEADLINE), ..Limits::default() };
        let launch = Launch::captured(&tools.patient)
            .args(["hang", &CHILDREN.to_string(), &PIPES_EACH.to_string()])
            .args([&stamp])
            .limits(limits);
        let mut command = launch.command(&tools.xtask, &place.path().join("report.json"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let launcher = command.spawn().context("start the launcher")?;
        let mut hanging = Hanging { launcher, processes: Vec::new(), _place: place };
        until("the tree is there", || {
            ensure!(hanging.launcher.try_wait()?.is_none(), "the launcher has ended");
            Ok(stamp.exists().then_some(()))
        })?;
        let launcher = i32::try_from(hanging.launcher.id()).context("a process ID beyond i32")?;
        hanging.processes = tree::below(Pid::from_raw(launcher)).context("look at the tree")?;
        let count = hanging.processes.len();
        ensure!(count == CHILDREN + 1, "{count} processes instead of {}", CHILDREN + 1);
        until("the tree stands still", || {
            let still = hanging.still()?;
            Ok(still.filter(Still::is_stuck).map(|_| ()))
        })?;
        Ok(hanging)
    }

    fn program(&self) -> Pid {
        self.processes[0]
    }

    fn still(&self) -> anyhow::Result<Option<Still>> {
        let again = || tasks_from(self.program());
        let whose = Whose { program: self.program(), outside: None };
        Still::look(again()?, whose, again).context("look at the tree")
    }

    fn look(&self) -> anyhow::Result<Duration> {
        let started = Instant::now();
        let still = self.still()?;
        let elapsed = started.elapsed();
        let seen = still.map_or(0, |still| still.scene.processes.len());
        ensure!(seen == self.processes.len(), "the doctor saw {seen} processes that stand still");
        Ok(elapsed)
    }

    fn doctor(&self, tools: &Tools) -> anyhow::Result<Duration> {
        let mut command = Command::new(&tools.xtask);
        command.args(["doctor", "--pid", &self.program().to_string()]);
        let started = Instant::now();
        let output = command.stdin(Stdio::null()).output().context("start the doctor")?;
        let elapsed = started.elapsed();
        ensure!(output.status.code() == Some(123), "the doctor ended with {}", output.status);
        Ok(elapsed)
    }

    /// How many descriptors of the tree are ends of pipes.
    fn ends(&self) -> usize {
        let of_one = |pid: &Pid| fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten();
        let links = self.processes.iter().flat_map(of_one).flatten();
        let targets = links.filter_map(|link| fs::read_link(link.path()).ok());
        targets.filter(|target| target.to_string_lossy().starts_with("pipe:")).count()
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        // The launcher takes its tree with it, and ends in bounded time. It may have ended.
        if let Ok(pid) = i32::try_from(self.launcher.id()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        let _ = self.launcher.wait();
    }
}

/// How long lsof takes, and how many ends of pipes it tells of these processes and their peers.
/// Without what it would look up besides: addresses, ports, warnings.
fn lsof(processes: &[Pid]) -> anyhow::Result<(Duration, usize)> {
    let list: Vec<String> = processes.iter().map(Pid::to_string).collect();
    let mut command = Command::new("lsof");
    command.args(["+E", "-n", "-P", "-w", "-p", &list.join(",")]).stdin(Stdio::null());
    let started = Instant::now();
    let output = command.output().context("start lsof")?;
    let elapsed = started.elapsed();
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "lsof ended with {}", output.status);
    Ok((elapsed, said.lines().filter(|line| line.contains(" FIFO ")).count()))
}
