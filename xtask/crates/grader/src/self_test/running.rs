//! Attacks by a program that runs.

use std::ffi::OsString;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use course::Kind;
use launcher::{Ended, Launch, Limits, Report};
use sandbox::{Config, Contents, Defence, Place, Purpose};

use super::{Range, Tried, Without};
use crate::compile::{Compiled, compile};
use crate::limits::GradeLimits;

/// A program that says BROKEN on one of its outputs where it has succeeded.
pub struct Attack {
    name: &'static str,
    wants: &'static str,
    defence: &'static str,
    source: &'static str,
    without: &'static [Defence],
    /// Seen from outside: the run has succeeded for whoever attacks.
    succeeds: fn(&Ran) -> bool,
}

/// What a run left.
struct Ran {
    report: Option<Report>,
    said: String,
}

fn says_so(ran: &Ran) -> bool {
    ran.said.contains("BROKEN")
}

/// Whoever ends the launcher leaves no report.
fn no_report(ran: &Ran) -> bool {
    ran.report.is_none() || ran.said.contains("survivors: 1")
}

macro_rules! attack {
    ($name:literal, $without:expr, $defence:literal, $wants:literal, $succeeds:expr) => {
        Attack {
            name: $name,
            wants: $wants,
            defence: $defence,
            source: include_str!(concat!("../../attacks/run/", $name, ".rs")),
            without: $without,
            succeeds: $succeeds,
        }
    };
}

use Defence as D;

pub const ATTACKS: &[Attack] = &[
    attack!(
        "reads-files",
        &[D::Files],
        "nothing but /usr is there",
        "accounts, homes, the tests",
        says_so
    ),
    attack!(
        "reads-others-work",
        &[D::Files],
        "nothing but /usr is there",
        "what another student has handed in",
        says_so
    ),
    attack!(
        "writes-files",
        &[D::ReadOnly],
        "read-only root",
        "files outside of its folder",
        says_so
    ),
    attack!("fills-tmpfs", &[D::TmpfsSize], "sized tmpfs", "all of the memory, as files", says_so),
    attack!("large-file", &[D::FileSize], "RLIMIT_FSIZE", "a file without an end", says_so),
    attack!(
        "fork-bomb",
        &[D::ProcessCount],
        "RLIMIT_NPROC and a count",
        "processes without an end",
        says_so
    ),
    attack!("daemon", &[D::Processes], "PID namespace", "a process that outlives it", no_report),
    attack!(
        "kills-launcher",
        &[D::HiddenLauncher],
        "first process of its namespace",
        "an end of what watches it",
        no_report
    ),
    attack!(
        "traces-launcher",
        &[D::HiddenLauncher],
        "PR_SET_DUMPABLE",
        "the launcher's memory and descriptors",
        says_so
    ),
    attack!(
        "limits-launcher",
        &[D::SystemCalls],
        "seccomp",
        "a limit that ends what watches it",
        no_report
    ),
    attack!(
        "traces",
        &[D::SystemCalls],
        "seccomp",
        "the launcher, or a child, as a debugger has it",
        says_so
    ),
    attack!(
        "connects",
        &[D::Network, D::SystemCalls],
        "network namespace, seccomp",
        "a connection to the machine",
        says_so
    ),
    attack!("sees-processes", &[D::Processes], "PID namespace", "other processes", says_so),
    attack!(
        "namespaces",
        &[D::UserNamespaces, D::SystemCalls],
        "--disable-userns, seccomp",
        "capabilities in a namespace of its own",
        says_so
    ),
    attack!("odd-calls", &[D::SystemCalls], "seccomp", "rarely used parts of the kernel", says_so),
    attack!("keyrings", &[D::SystemCalls], "seccomp", "keys of whoever grades", says_so),
    attack!("io-uring", &[D::SystemCalls], "seccomp", "calls past the filter", says_so),
    attack!("time", &[D::SystemCalls], "seccomp", "a clock of its own", says_so),
    attack!(
        "queues",
        &[D::Queues, D::SystemCalls],
        "IPC namespace, seccomp",
        "shared memory of the machine",
        says_so
    ),
    attack!("memory", &[D::Memory], "RLIMIT_AS and a sum", "all of the memory", says_so),
    attack!("hoards", &[D::SystemCalls], "seccomp", "memory that counts for nobody", says_so),
    attack!("sleeps", &[D::Time], "limit of time", "to hold the run up", says_so),
    attack!("spins", &[D::Time], "limit of CPU time", "a processor for itself", says_so),
    attack!("floods", &[D::Output], "limit of output", "a full disk of whoever reads it", says_so),
    attack!(
        "variables",
        &[D::Environment],
        "cleared environment",
        "what the tests are told",
        says_so
    ),
];

/// Small, so that they are reached in no time, and what is behind them stays gentle.
fn config() -> Config {
    Config {
        tmpfs_bytes: 32 << 20,
        file_bytes: 8 << 20,
        address_bytes: 2 << 30,
        user_processes: 64,
        ..Config::default()
    }
}

fn limits(attack: &Attack) -> Limits {
    // Whoever is after time gets little of it; the others have enough on a busy machine, too.
    let seconds = if attack.without.contains(&D::Time) { 3 } else { 20 };
    Limits {
        wall: Some(Duration::from_secs(seconds)),
        cpu: Some(Duration::from_secs(1)),
        memory_bytes: Some(128 << 20),
        processes: Some(64),
        output_bytes: Some(4 << 20),
        ..Limits::default()
    }
}

/// Tries it with all defences, with each of its own alone, and without them.
pub fn attack(range: &Range<'_>, attack: &Attack) -> anyhow::Result<Tried> {
    let outside = Outside::new()?;
    let ran = run(range, attack, &outside, &[]).with_context(|| attack.name)?;
    let mut broken = (attack.succeeds)(&ran).then(|| first_line(&ran.said));
    // Of two that stand behind each other, one that is not there would not be missed.
    let layers = if attack.without.len() > 1 { attack.without } else { &[] };
    for alone in layers {
        let others: Vec<Defence> =
            attack.without.iter().copied().filter(|defence| defence != alone).collect();
        let ran = run(range, attack, &outside, &others).with_context(|| attack.name)?;
        let with = || format!("with {} alone: {}", alone.name(), first_line(&ran.said));
        broken = broken.or((attack.succeeds)(&ran).then(with));
    }
    let came_to = |ran: Ran| match (attack.succeeds)(&ran) {
        false if ran.said.contains("REFUSED") => Without::Refused,
        succeeds => Without::of(succeeds),
    };
    let without = run(range, attack, &outside, attack.without).map(came_to);
    Ok(Tried { name: attack.name, wants: attack.wants, defence: attack.defence, broken, without })
}

fn first_line(said: &str) -> String {
    let found = said.lines().find(|line| line.contains("BROKEN")).or(said.lines().next());
    found.unwrap_or("no report").replace("BROKEN: ", "")
}

/// What attacks look for on the machine: a port, a segment of shared memory, and a file that every
/// user may read.
struct Outside {
    work: tempfile::NamedTempFile,
    listener: TcpListener,
    segment: libc::c_int,
    key: libc::key_t,
}

impl Outside {
    fn new() -> anyhow::Result<Outside> {
        let everybodys = std::fs::Permissions::from_mode(0o644);
        let work = tempfile::Builder::new().permissions(everybodys).tempfile_in("/var/tmp");
        let work = work.context("make a file in /var/tmp")?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("listen at a port")?;
        let key = 0x7069_0000 | (nix::unistd::getpid().as_raw() & 0xffff);
        // SAFETY:
        // obligation: shmget takes numbers and makes a segment (shmget(2)).
        // here: one page that everybody may find; it is removed when this is dropped.
        // broken by: forgetting to drop it.
        let segment = unsafe { libc::shmget(key, 4096, libc::IPC_CREAT | 0o666) };
        nix::errno::Errno::result(segment).context("make a segment of shared memory")?;
        Ok(Outside { work, listener, segment, key })
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        // SAFETY:
        // obligation: IPC_RMID ignores its last argument (shmctl(2)).
        // here: the segment is ours, and nobody has it attached.
        // broken by: another command.
        unsafe { libc::shmctl(self.segment, libc::IPC_RMID, std::ptr::null_mut()) };
    }
}

fn run(
    range: &Range<'_>,
    attack: &Attack,
    outside: &Outside,
    without: &[Defence],
) -> anyhow::Result<Ran> {
    let config = Config { without: without.iter().copied().collect(), ..config() };
    let around_compiler = GradeLimits::read(None)?.around_compiler;
    let place = Place::new(range.sandboxed, config, around_compiler)?;
    let program = built(range, &place, attack.source)?;
    let argument = match attack.name {
        "connects" => outside.listener.local_addr()?.port().to_string(),
        "reads-others-work" => outside.work.path().display().to_string(),
        _ => outside.key.to_string(),
    };
    let launch =
        Launch::captured("/pipeworks/program/ex-01").args([argument]).limits(limits(attack));
    // Whatever is left when the wall has come down is counted: it would have been a survivor.
    let script = "mkdir test && cd test && \"$@\"; n=0; for p in /proc/[0-9]*; do \
                  case $(readlink $p/exe) in */ex-01) n=1;; esac; done; echo survivors: $n";
    let mut words: Vec<OsString> = ["sh", "-c", script, "sh"].map(Into::into).into();
    words.extend(place.behind_a_wall(&launch));
    let report = place.report_folder(range.user)?;
    let contents = Contents {
        purpose: Purpose::Judge,
        program: Some(&program),
        report: report.path(),
        reads: &[],
    };
    let bound = Limits { wall: Some(super::BOUND), ..Limits::default() };
    let captured = place.run(range.user, &contents, bound, words)?;
    if !matches!(captured.report.ended, Ended::Exited { .. }) {
        bail!("the box: {}", captured.report.ended.words());
    }
    let said = [captured.stdout, captured.stderr].concat();
    let said = String::from_utf8_lossy(&said[..said.len().min(1 << 20)]).into_owned()
        + &String::from_utf8_lossy(&said[said.len().saturating_sub(1 << 10)..]);
    Ok(Ran { report: Report::read(&report.path().join("report.json")).ok(), said })
}

/// Compiled as any submission is.
fn built(range: &Range<'_>, place: &Place, source: &str) -> anyhow::Result<std::path::PathBuf> {
    let entry = range.course.resolve("ex-01", Kind::Exercise)?;
    let sources = [(Path::new("main.rs").to_owned(), source.as_bytes().to_vec())].into();
    let (folder, work) = super::work(place)?;
    crate::import::write(&sources, &folder)?;
    let limits = GradeLimits::read(None)?.compile;
    match compile(place, range.user, range.toolchain, entry, &folder, &work, &limits)? {
        Compiled::Program(program) => Ok(program),
        Compiled::Refused(said) => bail!("the attack does not compile: {said}"),
        Compiled::Limit(limit) => bail!("the attack's compiler was ended by {}", limit.words()),
    }
}
