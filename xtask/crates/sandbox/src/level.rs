//! How much of the sandbox this machine can make: found out by making it.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, bail};
use launcher::{Ended, Limits};

use crate::user::User;
use crate::{Contents, Defence, Place, Purpose};

/// The level that is reached, for every report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Level {
    /// All defences stand.
    Full,
    /// These are missing.
    Degraded(BTreeSet<Defence>),
    /// There is no sandbox, because whoever grades asked for none.
    None,
}

impl Level {
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Level::Full => "full",
            Level::Degraded(_) => "degraded",
            Level::None => "none",
        }
    }

    /// The missing defences' names.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        match self {
            Level::Full => Vec::new(),
            Level::Degraded(missing) => missing.iter().map(|defence| defence.name()).collect(),
            Level::None => Defence::ALL.iter().map(|defence| defence.name()).collect(),
        }
    }
}

/// What a machine may lack and the rest still holds: bubblewrap before 0.8 cannot forbid further
/// user namespaces, and a kernel may be built without filters of system calls.
const OPTIONAL: [&[Defence]; 4] = [
    &[],
    &[Defence::UserNamespaces],
    &[Defence::SystemCalls],
    &[Defence::UserNamespaces, Defence::SystemCalls],
];

/// Makes the best sandbox that this machine can. `make` makes a place without some defences.
///
/// # Errors
/// When there is none in which a program runs: with what bubblewrap said.
pub fn reach(
    user: User,
    make: impl Fn(&BTreeSet<Defence>) -> anyhow::Result<Place>,
) -> anyhow::Result<(Place, Level)> {
    let mut first = None;
    for without in OPTIONAL {
        let without: BTreeSet<Defence> = without.iter().copied().collect();
        let place = make(&without)?;
        match try_out(&place, user) {
            Ok(()) if without.is_empty() => return Ok((place, Level::Full)),
            Ok(()) => return Ok((place, Level::Degraded(without))),
            Err(error) => first = first.or(Some(error)),
        }
    }
    let error = first.context("no sandbox was tried")?;
    Err(error).context(
        "no sandbox can be made on this machine, and nothing that students have written is run \
         without one. In a container it needs user namespaces and a /proc that is not masked \
         (Docker: --security-opt seccomp=unconfined --security-opt systempaths=unconfined)",
    )
}

/// Starts a program behind a wall in a box, and sees that it ran and reported.
fn try_out(place: &Place, user: User) -> anyhow::Result<()> {
    let report = place.report_folder(user)?;
    let contents =
        Contents { purpose: Purpose::Judge, program: None, report: report.path(), reads: &[] };
    let limits = Limits { wall: Some(Duration::from_secs(30)), ..Limits::default() };
    let inner = launcher::Launch::captured("sh").args(["-c", "exit 7"]).limits(limits.clone());
    let captured = place.run(user, &contents, limits, place.behind_a_wall(&inner))?;
    if captured.report.ended == (Ended::Exited { code: 7 }) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&captured.stderr);
    bail!("a program in it: {}; {}", captured.report.ended.words(), said.trim_end())
}
