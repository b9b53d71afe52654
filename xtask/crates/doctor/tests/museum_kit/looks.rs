//! Looks at a tree from outside, with the doctor's own functions: what `doctor --pid` stands on,
//! without starting a process for each look.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use doctor::proof::{PAUSE, Still, tasks_from};
use doctor::scene::Scene;
use doctor::{Diagnosis, Occasion, Whose};
use nix::unistd::Pid;

use super::machine::we_are_root;

/// How long somebody may be in the way who [`is_refused`] to root.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Looks, and looks again where nothing seems to move; the diagnosis where that proves a deadlock.
///
/// # Errors
/// When there is no such process any more.
pub fn proof(program: i32) -> io::Result<Option<Diagnosis>> {
    let start = Instant::now();
    loop {
        let (proof, doubts) = two_looks(program)?;
        if !is_refused(&doubts.join("\n")) || start.elapsed() > PATIENCE {
            return Ok(proof);
        }
    }
}

/// Whether root was refused a look into a process that has just begun. Whoever keeps the machine
/// may have more rights than its root, and start one at any time.
pub fn is_refused(doubts: &str) -> bool {
    we_are_root() && doubts.contains("which cannot be seen")
}

/// A proof, or what speaks against one.
fn two_looks(program: i32) -> io::Result<(Option<Diagnosis>, Vec<String>)> {
    let top = Pid::from_raw(program);
    let whose = Whose { program: top, outside: None };
    let look = || Still::look(tasks_from(top)?, whose, || tasks_from(top));
    let Some(first) = look()?.filter(Still::is_stuck) else { return Ok((None, Vec::new())) };
    if !first.is_beyond_doubt() {
        return Ok((None, first.scene.all_doubts()));
    }
    thread::sleep(PAUSE);
    let Some(mut second) = look()? else { return Ok((None, Vec::new())) };
    let (is_proved, refused) = first.is_proved_by(&mut second);
    let proof = is_proved.then(|| Diagnosis::of(&second.scene, Occasion::Proof(PAUSE), refused));
    Ok((proof, second.scene.all_doubts()))
}

/// What one look finds, for whoever has to find out why a test has failed.
pub fn scene(program: i32) -> io::Result<Scene> {
    let top = Pid::from_raw(program);
    let whose = Whose { program: top, outside: None };
    Ok(doctor::look(&tasks_from(top)?, whose))
}
