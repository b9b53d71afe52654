//! What the tests of the exercises are written with.
//!
//! An exercise's tests are a program of their own, `ex-NN-tests`, that knows nothing of the source
//! of the program under test: it is given from outside, as the beginning of a command line. So one
//! copy of the tests serves the student's program, the skeleton, the solution, the wrong programs
//! that the tests must refuse, and a grader that puts a sandbox in front.
//!
//! ```text
//! ex-01-tests --list
//! ex-01-tests [--only NAME] [--seed N] [--report FILE] [--inputs DIR] [--asleep-ms N] \
//!     -- PROGRAM [ARGS…]
//! ```
//!
//! A test starts the program through the launcher, so nothing that it does can hang the test, and
//! then states facts. The first fact that does not hold is the test's answer to the student: what
//! was expected, what came, what that means in terms of pipes, and how to see it by hand.
//!
//! ```no_run
//! use trial::{Outcome, Test, Trial};
//!
//! const LAST_CLOSE: &str = "A reader gets end-of-file when the last write end is closed.";
//!
//! fn counts_lines(trial: &Trial) -> Outcome {
//!     let ran = trial.program(["count"]).input("one\ntwo\n").run()?;
//!     ran.exits(0, LAST_CLOSE)?;
//!     ran.prints("2 lines\n", "The child counts what it reads until end-of-file.")?;
//!     ran.leaves_nothing("Who starts a child waits for it, or it stays as a zombie.")
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     trial::main("ex-01", &[Test {
//!         name: "counts-lines",
//!         claim: "the lines of a short input are counted",
//!         run: counts_lines,
//!     }])
//! }
//! ```

mod command;
mod difference;
mod ended;
mod facts;
mod folder;
pub mod inputs;
mod outcome;
mod program;
pub mod report;
mod shell;
mod talk;

pub use command::main;
pub use insta;
pub use outcome::{Failure, Outcome, Verdict, Wrong};
pub use program::{Program, Ran, Trial};
pub use report::{Answer, Result, Span};
pub use talk::Talk;

/// One fact, or a few that belong together, about the program under test.
#[derive(Clone, Copy)]
pub struct Test {
    /// In kebab-case; the manifest gives its points under this name.
    pub name: &'static str,
    /// What a right program does, in one line.
    pub claim: &'static str,
    /// The test itself.
    pub run: fn(&Trial) -> Outcome,
}

/// Compares what a program printed with a snapshot that stands in the test itself, with insta.
///
/// ```text
/// trial::snapshot!(ran, @"2 lines\n", "The child counts what it reads until end-of-file.");
/// ```
#[macro_export]
macro_rules! snapshot {
    ($ran:expr, @$expected:literal, $means:expr) => {
        $ran.agrees($expected, $means, |text| $crate::insta::assert_snapshot!(text, @$expected))
    };
}
