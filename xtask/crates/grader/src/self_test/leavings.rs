//! Attacks on the test by what a program leaves for it. Whoever keeps a test from coming to an
//! answer would have no zero.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use anyhow::ensure;
use launcher::{Ended, Launch, Limits};
use sandbox::{Contents, Purpose};

use super::scores::{Ready, unless_failed};
use super::{Range, Tried, Without};

/// What is left, by name: the attack's source decides by it.
pub struct Attack {
    name: &'static str,
    wants: &'static str,
    defence: &'static str,
    /// A shell command that does as a careless test would, in the folder that the program has left.
    careless: &'static str,
    /// What it prints, or how it ends, where the attack has come to something.
    succeeds: fn(&Ended, &str) -> bool,
}

pub const ATTACKS: &[Attack] = &[
    Attack {
        name: "leaves-a-fifo",
        wants: "a test that waits for ever",
        defence: "no file is waited for",
        careless: "timeout 2 cat tee_output.txt",
        succeeds: |ended, _| *ended == Ended::Exited { code: 124 },
    },
    Attack {
        name: "leaves-a-link",
        wants: "a test that reads without end",
        defence: "no link is followed",
        careless: "head -c 1000000 tee_output.txt | wc -c",
        succeeds: |_, said| said.trim() == "1000000",
    },
    Attack {
        name: "fills-its-folder",
        wants: "a report that cannot be written",
        defence: "room that is kept from it",
        careless: "head -c 1000000 /dev/zero > more",
        succeeds: |ended, _| !ended.is_success(),
    },
    Attack {
        name: "closes-its-folder",
        wants: "a test that cannot go on",
        defence: "an error there is the program's",
        careless: "ls . && : > more",
        succeeds: |ended, _| !ended.is_success(),
    },
];

/// A test that was kept waiting would be over no sooner.
const SOON: Duration = Duration::from_secs(120);

/// Tries it with the exercise whose first test reads a file that the program is to leave.
pub fn attack(range: &Range<'_>, attack: &Attack) -> anyhow::Result<Tried> {
    let source = include_str!("../../attacks/run/leaves.rs").replace("@HOW@", attack.name);
    let ready = Ready::new(range, "ex-08", &source, &[])?;
    let started = Instant::now();
    let answer = ready.judged(range)?;
    let broken = unless_failed(&answer)
        .or_else(|| (started.elapsed() > SOON).then(|| "it held the test up".to_owned()));
    Ok(Tried {
        name: attack.name,
        wants: attack.wants,
        defence: attack.defence,
        broken,
        without: carelessly(range, attack, &ready),
    })
}

fn carelessly(range: &Range<'_>, attack: &Attack, ready: &Ready<'_>) -> anyhow::Result<Without> {
    let report = ready.place.report_folder(range.user)?;
    let contents = Contents {
        purpose: Purpose::Judge,
        program: Some(&ready.program),
        report: report.path(),
        reads: &[],
    };
    let launch = Launch::captured("/pipeworks/program/ex-08").args(["tee_output.txt"]);
    let limits = Limits { wall: Some(Duration::from_secs(30)), ..Limits::default() };
    let script = format!("mkdir test && cd test && \"$@\" < /dev/null; {}", attack.careless);
    let mut words: Vec<OsString> = ["sh", "-c", &script, "sh"].map(Into::into).into();
    words.extend(ready.place.behind_a_wall(&launch.limits(limits)));
    let bound = crate::compile::outer(super::BOUND);
    let captured = ready.place.run(range.user, &contents, bound, words)?;
    let ended = captured.report.ended;
    ensure!(matches!(ended, Ended::Exited { .. }), "the box: {}", ended.words());
    let said = String::from_utf8_lossy(&captured.stdout).into_owned();
    Ok(Without::of((attack.succeeds)(&ended, &said)))
}
