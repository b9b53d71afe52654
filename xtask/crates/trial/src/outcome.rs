//! How a test ends: it holds, or the program is wrong, or the test could not be made.

use std::fmt;

use crate::folder;

/// A test's end.
pub type Outcome = std::result::Result<(), Wrong>;

/// Why a test does not hold.
#[derive(Debug)]
pub enum Wrong {
    /// The program under test did not do what it should.
    Program(Box<Failure>),
    /// This machine cannot make the test: why, in one line.
    Skipped(String),
    /// The folder is not as the test needs it. If the program has run in it, that is its doing.
    Folder(std::io::Error),
    /// The test itself failed: nothing is known about the program.
    Ours(anyhow::Error),
}

/// What the student is told. Every text is plain, without colours and without a final newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub verdict: Verdict,
    pub expected: String,
    pub came: String,
    /// A small difference, a line each, beginning with `-` (expected), `+` (came) or a space.
    pub difference: Vec<String>,
    /// What that says about the pipes of the program.
    pub means: String,
    /// The command that shows it by hand.
    pub by_hand: String,
}

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It ended, and what it did is not what was asked for.
    Fail,
    /// Nobody in it could ever go on: proved.
    Deadlock,
    /// Nothing in it moved any more, without a proof that it never would.
    Hang,
    TimeLimit,
    MemoryLimit,
    OutputLimit,
    /// A panic, or a signal that is not part of the task.
    Crashed,
}

impl Verdict {
    pub const ALL: [Verdict; 7] = [
        Verdict::Fail,
        Verdict::Deadlock,
        Verdict::Hang,
        Verdict::TimeLimit,
        Verdict::MemoryLimit,
        Verdict::OutputLimit,
        Verdict::Crashed,
    ];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Fail => "fail",
            Verdict::Deadlock => "deadlock",
            Verdict::Hang => "hang",
            Verdict::TimeLimit => "time-limit",
            Verdict::MemoryLimit => "memory-limit",
            Verdict::OutputLimit => "output-limit",
            Verdict::Crashed => "crashed",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| verdict.word() == word)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl From<anyhow::Error> for Wrong {
    fn from(error: anyhow::Error) -> Wrong {
        Wrong::Ours(error)
    }
}

impl From<std::io::Error> for Wrong {
    fn from(error: std::io::Error) -> Wrong {
        if folder::is_of_a_folder(&error) {
            Wrong::Folder(error)
        } else {
            Wrong::Ours(error.into())
        }
    }
}

impl From<nix::Error> for Wrong {
    fn from(error: nix::Error) -> Wrong {
        std::io::Error::from(error).into()
    }
}
