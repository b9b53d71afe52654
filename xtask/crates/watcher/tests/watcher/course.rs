//! A small course with two exercises that is watched, and what runs because of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use fixture::Fixture;
use fixture::checked::{self, SOURCE, prints};
use fixture::terminal::{DEADLINE, Terminal};

/// A course, and a mark in the environment of all that runs in it.
pub struct Watched {
    pub course: Fixture,
    mark: String,
}

/// A program that takes longer than any check: the launcher ends at once one that could never go
/// on, but not one that sleeps.
pub const WAITS: &str =
    "fn main() { std::thread::sleep(std::time::Duration::from_secs(100_000)); }\n";

const MARK: &str = "WATCHER_TEST_MARK";

impl Watched {
    /// Two exercises; the program of the first prints nothing.
    pub fn new() -> Watched {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let course = checked::course();
        checked::exercise(&course, 2);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Watched { course, mark: format!("{}-{number}", std::process::id()) }
    }

    /// The program that watches, with these words behind it.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.command_of(env!("CARGO_BIN_EXE_watcher"));
        command.arg("--checker").arg(checker()).args(words);
        command
    }

    /// Another program in this course, with the mark in its environment.
    pub fn command_of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.course.root()).env(MARK, &self.mark).env("TERM", "xterm");
        command.env(launcher::XTASK_VARIABLE, &programs().xtask);
        for name in ["CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CARGO_TARGET_DIR"] {
            command.env_remove(name);
        }
        command
    }

    /// It runs on a terminal, and the first check is over.
    #[track_caller]
    pub fn start(&self) -> Terminal {
        let mut terminal = Terminal::start(&self.command(&[]));
        terminal.expect("FAILED after");
        terminal
    }

    /// It runs at this exercise, and its first check is over.
    #[track_caller]
    pub fn start_at(&self, id: &str) -> Terminal {
        let mut terminal = Terminal::start(&self.command(&[id]));
        terminal.expect("FAILED after");
        terminal
    }

    /// What the student has written, saved as most programs write a file.
    pub fn save(&self, source: &str) {
        self.course.write(SOURCE, source);
    }

    pub fn save_words(&self, words: &str) {
        self.save(&prints(words));
    }

    /// The command lines of all that runs in this course.
    pub fn running(&self) -> Vec<String> {
        let mark = format!("{MARK}={}", self.mark);
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").expect("read /proc").flatten() {
            let read = |file| {
                let bytes = fs::read(entry.path().join(file)).unwrap_or_default();
                String::from_utf8_lossy(&bytes).into_owned()
            };
            if read("environ").split('\0').any(|variable| variable == mark) {
                found.push(read("cmdline").replace('\0', " "));
            }
        }
        found
    }

    /// Waits until the student's program runs.
    #[track_caller]
    pub fn until_it_runs(&self) {
        let is_it = |line: &String| line.trim_end().ends_with("/ex-01");
        let is_alone = |line: &String| !line.contains("--only");
        until("the program runs", || self.running().iter().any(|l| is_it(l) && is_alone(l)));
    }

    /// Waits until something runs whose command line ends so.
    #[track_caller]
    pub fn until_it_runs_as(&self, end: &str) {
        let is_it = |line: &String| line.trim_end().ends_with(end);
        until(end, || self.running().iter().any(is_it));
    }

    /// Nothing of all this may run any more: whoever has ended has ended the rest before.
    #[track_caller]
    pub fn assert_nothing_runs(&self) {
        let left = self.running();
        assert!(left.is_empty(), "left behind: {left:#?}");
    }

    /// Nothing of all this may run on, where nobody is left to see to it.
    #[track_caller]
    pub fn until_nothing_runs(&self) {
        let end = Instant::now() + Duration::from_secs(20);
        while !self.running().is_empty() {
            assert!(Instant::now() < end, "left behind: {:#?}", self.running());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Looks until it holds; fails, naming it, at the deadline.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        // Between two looks; it puts nothing in order.
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The program that checks.
pub fn checker() -> &'static Path {
    &programs().checker
}

struct Programs {
    xtask: PathBuf,
    checker: PathBuf,
}

fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let xtask = launcher::xtask_path().expect("build the runner");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        let built = build::binaries(&root, &["checker"]).expect("build the checker");
        Programs { xtask, checker: built["checker"].clone() }
    })
}
