//! False proofs: thousands of looks at healthy programs, with all processors busy. Not one may
//! prove a deadlock. How many looks: `PIPEWORKS_LOOKS`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fixture::skip::has;

use crate::museum_kit::exhibit;
use crate::museum_kit::looks;
use crate::museum_kit::machine::{User, number};
use crate::museum_kit::start::Setting;

const LOOKS: u64 = 400;
/// Busy loops for each processor.
const LOOPS_PER_PROCESSOR: usize = 2;
/// For so long a program is looked at until it is the next one's turn.
const TURN: Duration = Duration::from_secs(5);

const MAKEFILE: &str = "\
all: $(addprefix out-,1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20)
out-%:
\t@seq 1 20$* | tr 0 1 | cat | sort -n | uniq -c >$@
";

/// Shell scripts that end by themselves and pass bytes between processes all the while.
const SCRIPTS: [&str; 6] = [
    "seq 1 300000 | tr 0 1 | sort -n | uniq -c | wc -l",
    "yes | head -n 400000 | cat | cat | cat | tail -n 1",
    "for i in $(seq 200); do echo $i | cat | read -r line; done",
    "mkfifo a; for i in $(seq 60); do cat <a & echo $i >a; wait; done",
    "seq 1 100 | xargs -P 4 -n 5 sh -c 'echo \"$@\" | tr 1 2'",
    "for i in 1 2 3 4; do ( sleep 0.$i; echo $i ) & done | cat; wait",
];

#[test]
fn no_look_at_a_healthy_program_proves_a_deadlock() {
    let wanted = number("PIPEWORKS_LOOKS", LOOKS);
    let programs = programs();
    // So that each has its turn, however few are wanted.
    let share = wanted.div_ceil(u64::try_from(programs.len()).expect("a small number"));
    let mut looks_of: BTreeMap<&str, u64> = BTreeMap::new();
    beside_busy_loops(|| {
        let mut turn = programs.iter().cycle();
        while looks_of.values().sum::<u64>() < wanted {
            let (name, words) = turn.next().expect("there are programs");
            let left = wanted - looks_of.values().sum::<u64>();
            *looks_of.entry(name).or_default() += look_at(name, words, left.min(share));
        }
    });
    println!("looks without a false proof: {looks_of:?}");
}

/// Names, and command lines.
fn programs() -> Vec<(String, Vec<OsString>)> {
    let shell = |script: &str| ["sh", "-c", script].map(OsString::from).to_vec();
    let mut all: Vec<(String, Vec<OsString>)> =
        SCRIPTS.iter().map(|script| ((*script).to_owned(), shell(script))).collect();
    if has("make") {
        let script = format!("cat >Makefile <<'END'\n{MAKEFILE}END\nexec make -s -j4 all");
        all.push(("make -j4".to_owned(), shell(&script)));
    }
    let stage = crate::museum_kit::build::Stage::of(User::Own);
    for name in ["ping_pong", "slow_relay", "ends_in_time", "poll_timeouts", "cond_timedwait"] {
        all.push((name.to_owned(), stage.words(&exhibit::named(name), false)));
    }
    for (name, program) in solutions() {
        let program = program.display();
        // Each as in its exercise's text; one that wants other words says so and ends.
        let script = match name.as_str() {
            "sol-01" => format!("seq 1 50000 | '{program}' count; '{program}' first 20000"),
            "sol-05" => format!("'{program}' seq 1 200000 '|' sort -n"),
            _ => format!("seq 1 1000 | '{program}'"),
        };
        all.push((name, shell(&format!("for i in 1 2 3 4 5 6; do {script}; done; true"))));
    }
    all
}

/// The exercises' reference programs.
fn solutions() -> BTreeMap<String, PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let entries = std::fs::read_dir(root.join("solutions")).expect("list the solutions");
    let folders = entries.map(|entry| entry.expect("an entry").file_name());
    let numbers = folders.filter_map(|name| name.to_str()?.split('-').nth(1).map(str::to_owned));
    let packages: Vec<String> = numbers.map(|number| format!("sol-{number}")).collect();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--message-format=json"]).current_dir(root);
    for package in &packages {
        cargo.args(["--package", package]);
    }
    let output = cargo.output().expect("start cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let file = PathBuf::from(message["executable"].as_str()?);
        Some((message["target"]["name"].as_str()?.to_owned(), file))
    });
    messages.filter(|(name, _)| packages.contains(name)).collect()
}

/// Looks at one run of it until it ends, its turn is over, or there were enough; counts the looks.
#[track_caller]
fn look_at(name: &str, words: &[OsString], enough: u64) -> u64 {
    let mut running = Setting::new(User::Own, false).start(words, exhibit::Stdin::Null);
    let Some(program) = running.program() else { return 0 };
    let end = Instant::now() + TURN;
    let mut count = 0;
    while count < enough && Instant::now() < end {
        let Ok(proof) = looks::proof(program) else { break };
        assert!(proof.is_none(), "{name}, look {count}: a false proof: {proof:#?}");
        count += 1;
    }
    // Enough was seen: it need not come to its own end.
    running.end();
    count
}

fn beside_busy_loops(work: impl FnOnce()) {
    struct End<'a>(&'a AtomicBool);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let over = AtomicBool::new(false);
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        // Also when `work` panics: else the loops, and this scope, would never end.
        let _end = End(&over);
        for _ in 0..processors * LOOPS_PER_PROCESSOR {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        work();
    });
}
