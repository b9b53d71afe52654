//! What all tests of ex-11 begin from: a program that is a script, and who waits for whom.
//!
//! Nothing is ordered by time. To open a FIFO waits until somebody opens its other end: a check
//! that opens `go` to write waits until the program is up and opens it to read. Whoever opens
//! `never` waits for ever. `held` is open for writing in what has to be gone at the end: only then
//! the script around the supervisor reads end-of-file from descriptor 9.

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use trial::{Program, Trial, Wrong};

/// A program that is up, and meets each check.
pub const MEETS: &str = "while :; do : < go; done";

/// The same beside a shell that waits for SIGTERM, for one check. Signals are as they should be in
/// what meets the check: right after fork it still has the shell's handlers.
pub const MEETS_ONE: &str = "{ : < go; exec cat never; } & wait";

/// A check that meets the program, and fails.
pub const SAYS_NO: &str = ": > go; exit 1";

/// The body of the script around the supervisor, where it needs no more.
pub const PLAIN: &str = r#""$@""#;

/// The supervisor, and then whatever it has left holds up the end of the script.
pub const HELD: &str = r#"exec 8<> held 9< held 8>&-; "$@" 9<&-; status=$?; cat <&9; exit $status"#;

/// What it means when the script around the supervisor waits for something that was left.
macro_rules! held {
    ($means:literal) => {
        concat!(
            $means,
            " An orphan in what came is what was left: it holds `held` open, and the script around \
            the supervisor waits for the end-of-file."
        )
    };
}
pub(crate) use held;

const FIFOS: [&str; 3] = ["go", "never", "held"];

/// The supervisor with these options and a program that is this script.
pub fn supervisor<'a>(
    trial: &'a Trial,
    options: &[&str],
    program: &str,
    around: &'static str,
) -> Result<Program<'a>, Wrong> {
    for name in FIFOS {
        let path = trial.folder().join(name);
        if !path.exists() {
            mkfifo(&path, Mode::S_IRWXU)?;
        }
    }
    let words: Vec<&str> = options.iter().copied().chain(["sh", "-c", program]).collect();
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    let run = around.replace("\"$@\"", &format!("cargo xtask run ex-11 -- {}", quoted.join(" ")));
    // In a folder of its own, below the workspace, so that cargo still finds that.
    let by_hand = format!("(cd $(mktemp -dp target); mkfifo {}; {run})", FIFOS.join(" "));
    Ok(trial.program(words).in_script(around).by_hand(by_hand))
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
