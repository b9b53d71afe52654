//! What all tests of ex-12 begin from: workers that are scripts, and who waits for whom.
//!
//! Nothing is ordered by time. To open a FIFO waits until somebody opens its other end, and whoever
//! opens `never` waits for ever. `held` is open for writing in what has to be gone at the end: only
//! then the script around the pool reads end-of-file from descriptor 9.

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use trial::{Program, Ran, Trial, Wrong};

/// The body of the script around the pool, where it needs no more.
pub const PLAIN: &str = r#""$@""#;

/// The pool, and then whatever it has left holds up the end of the script.
pub const HELD: &str = r#"exec 8<> held 9< held 8>&-; "$@" 9<&-; status=$?; cat <&9; exit $status"#;

/// A worker that has no more to do.
pub const RESTS: &str = "exec cat never";

/// What a worker does that tells the pool to stop.
pub const TELLS: &str = "kill -TERM $PPID; exec cat never";

const FIFOS: [&str; 4] = ["go", "turn", "never", "held"];

/// The pool with these options and workers that are this script.
pub fn pool<'a>(
    trial: &'a Trial,
    options: &[&str],
    worker: &str,
    around: &'static str,
) -> Result<Program<'a>, Wrong> {
    for name in FIFOS {
        let path = trial.folder().join(name);
        if !path.exists() {
            mkfifo(&path, Mode::S_IRWXU)?;
        }
    }
    let words: Vec<&str> = options.iter().copied().chain(["sh", "-c", worker]).collect();
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    let run = around.replace("\"$@\"", &format!("cargo xtask run ex-12 -- {}", quoted.join(" ")));
    // In a folder of its own, below the workspace, so that cargo still finds that.
    let by_hand = format!("(cd $(mktemp -dp target); mkfifo {}; {run})", FIFOS.join(" "));
    Ok(trial.program(words).in_script(around).by_hand(by_hand))
}

/// Worker 2 tells the pool to stop when it has met the two others; no other process takes part.
pub const LAST_OF_3_TELLS: &str = "case $WORKER_ID in 0) : > go;; 1) : > turn;; \
    *) : < go; : < turn; kill -TERM $PPID;; esac; exec cat never";

/// Whoever is the n-th to add a line to this file does something then.
pub fn when_all(file: &str, count: usize, then: &str) -> String {
    format!("echo $WORKER_ID >> {file}; test $(wc -l < {file}) -lt {count} || {{ {then}; }}")
}

/// The log with each worker's lines together: which of two workers comes first is the scheduler's.
pub fn by_worker(mut ran: Ran) -> Ran {
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    // The sort is stable: the order of one worker's lines is the pool's.
    lines.sort_by_key(|line| {
        let worker = line.strip_prefix("worker ").and_then(|rest| rest.split(' ').next());
        worker.map_or(usize::MAX, |id| id.parse().unwrap_or(usize::MAX))
    });
    ran.stdout = lines.concat().into_bytes();
    ran
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
