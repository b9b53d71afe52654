//! `grade self-test`: attacks on the sandbox of this machine.
//!
//! Each attack is a submission. It is tried twice: as it would be graded, where it must come to
//! nothing, and with the one defence taken away that is said to stop it, where it must succeed, or
//! the first result proves nothing. Without its defence an attack is gentle: it stops by itself at
//! a bound, and everything is inside a box with a limit of time.

mod compiling;
mod imports;
mod leavings;
mod running;
mod scores;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use course::Course;
use sandbox::Place;
use sandbox::user::User;

use crate::stop;
use crate::toolchain::Toolchain;

/// However an attack ends, its box ends after so long.
const BOUND: Duration = Duration::from_secs(60);

/// One attack, and what became of it.
pub struct Tried {
    pub name: &'static str,
    /// What it is after, in a few words.
    pub wants: &'static str,
    /// What stops it.
    pub defence: &'static str,
    /// With all defences: what it came to, if not to nothing.
    pub broken: Option<String>,
    /// Without the one.
    pub without: anyhow::Result<Without>,
}

/// What an attack comes to where its defence is taken away.
pub enum Without {
    Succeeds,
    Fails,
    /// This machine refuses it to everybody: a second defence, which others do not have.
    Refused,
}

impl Without {
    fn of(succeeds: bool) -> Without {
        if succeeds { Without::Succeeds } else { Without::Fails }
    }
}

/// What the attacks are tried with.
pub struct Range<'a> {
    pub course: &'a Course,
    pub toolchain: &'a Toolchain,
    pub sandboxed: &'a Path,
    pub user: User,
    /// The tests' program of an exercise.
    pub tests: &'a dyn Fn(&str) -> anyhow::Result<PathBuf>,
}

/// Tries all of them and prints a line for each; tells whether all defences hold.
///
/// # Errors
/// When an attack cannot be tried at all.
pub fn self_test(out: &mut dyn Write, range: &Range<'_>) -> anyhow::Result<bool> {
    let (name, value) = scores::FORCES;
    // SAFETY:
    // obligation: no other thread may read or write the environment meanwhile (set_var).
    // here: what was built before has ended, and the thread that waits for signals reads none.
    // broken by: another thread that is started before.
    unsafe { std::env::set_var(name, value) };
    let (mut held, mut broken, mut unproved) = (0, 0, 0);
    writeln!(out, "held: it comes to nothing, and to something where its defence is taken away\n")?;
    writeln!(out, "{:<24} {:<11} stopped by", "attack", "")?;
    let mut show = |tried: Tried| -> anyhow::Result<()> {
        // What was ended in the middle has shown nothing.
        ensure!(stop::asked().is_none(), "stopped");
        let (result, more) = match (&tried.broken, &tried.without) {
            (Some(how), _) => ("BROKEN", how.clone()),
            (None, Ok(Without::Succeeds)) => ("held", String::new()),
            (None, Ok(Without::Refused)) => {
                ("held", "this kernel refuses it to everybody".to_owned())
            }
            (None, Ok(Without::Fails)) => ("NOT PROVED", "it fails without, too".to_owned()),
            (None, Err(error)) => ("NOT PROVED", format!("{error:#}")),
        };
        let count = match result {
            "held" => &mut held,
            "BROKEN" => &mut broken,
            _ => &mut unproved,
        };
        *count += 1;
        writeln!(out, "{:<24} {result:<11} {}", tried.name, tried.defence)?;
        writeln!(out, "    {}", tried.wants)?;
        for line in more.lines() {
            writeln!(out, "    {result}: {line}")?;
        }
        out.flush()?;
        Ok(())
    };
    for attack in imports::ATTACKS {
        show(imports::attack(range, attack)?)?;
    }
    for attack in compiling::ATTACKS {
        show(compiling::attack(range, attack)?)?;
    }
    for attack in running::ATTACKS {
        show(running::attack(range, attack)?)?;
    }
    for attack in scores::ATTACKS {
        show(attack(range)?)?;
    }
    for attack in leavings::ATTACKS {
        show(leavings::attack(range, attack)?)?;
    }
    writeln!(out, "\n{held} held, {broken} broken, {unproved} not proved")?;
    Ok(broken == 0 && unproved == 0)
}

/// Folders for the sources and for what becomes of them, that every user can read.
fn work(place: &Place) -> anyhow::Result<(PathBuf, PathBuf)> {
    let work = place.path().join("work");
    let folder = work.join("source");
    std::fs::create_dir_all(&folder).context("make a folder for the attack")?;
    std::fs::set_permissions(&work, std::fs::Permissions::from_mode(0o755))
        .context("open it to all")?;
    Ok((folder, work))
}
