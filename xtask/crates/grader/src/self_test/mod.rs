//! `grade self-test`: attacks on the sandbox of this machine.
//!
//! Each attack is a submission. It is tried twice: as it would be graded, where it must come to
//! nothing, and with the one defence taken away that is said to stop it, where it must succeed, or
//! the first result proves nothing. Without its defence an attack is gentle: it stops by itself at
//! a bound, and everything is inside a box with a limit of time.

mod compiling;
mod imports;
mod running;
mod scores;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use course::Course;
use sandbox::Place;
use sandbox::user::User;

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
    /// Without the one: whether it came to something.
    pub succeeds_without: anyhow::Result<bool>,
}

/// What the attacks are tried with.
pub struct Range<'a> {
    pub course: &'a Course,
    pub toolchain: &'a Toolchain,
    pub sandboxed: &'a Path,
    pub user: User,
    pub tests: &'a Path,
}

/// Tries all of them and prints a line for each; tells whether all defences hold.
///
/// # Errors
/// When an attack cannot be tried at all.
pub fn self_test(out: &mut dyn Write, range: &Range<'_>) -> anyhow::Result<bool> {
    let (mut held, mut broken, mut unproved) = (0, 0, 0);
    writeln!(out, "{:<22} {:<32} stopped by", "attack", "result")?;
    let mut show = |tried: Tried| -> anyhow::Result<()> {
        let result = match (&tried.broken, &tried.succeeds_without) {
            (Some(how), _) => {
                broken += 1;
                format!("BROKEN: {how}")
            }
            (None, Ok(true)) => {
                held += 1;
                "held, succeeds without".to_owned()
            }
            (None, Ok(false)) => {
                unproved += 1;
                "NOT PROVED: it fails without, too".to_owned()
            }
            (None, Err(error)) => {
                unproved += 1;
                format!("NOT PROVED: {error:#}")
            }
        };
        writeln!(out, "{:<22} {result:<32} {}", tried.name, tried.defence)?;
        writeln!(out, "    {}", tried.wants)?;
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
    show(scores::forges(range)?)?;
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
