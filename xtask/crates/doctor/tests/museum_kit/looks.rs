//! Looks at a tree from outside, with the doctor's own functions: what `doctor --pid` stands on,
//! without starting a process for each look.

use std::io;

use doctor::proof::{PAUSE, Still, tasks_from};
use doctor::scene::Scene;
use doctor::{Diagnosis, Occasion, Whose};
use nix::unistd::Pid;

/// Looks, and looks again where nothing seems to move; the diagnosis where that proves a deadlock.
///
/// # Errors
/// When there is no such process any more.
pub fn proof(program: i32) -> io::Result<Option<Diagnosis>> {
    let top = Pid::from_raw(program);
    let whose = Whose { program: top, outside: None };
    let look = || Still::look(tasks_from(top)?, whose, || tasks_from(top));
    let Some(first) = look()?.filter(Still::is_beyond_doubt) else { return Ok(None) };
    std::thread::sleep(PAUSE);
    let Some(mut second) = look()? else { return Ok(None) };
    let (is_proved, refused) = first.is_proved_by(&mut second);
    Ok(is_proved.then(|| Diagnosis::of(&second.scene, Occasion::Proof(PAUSE), refused)))
}

/// What one look finds, for whoever has to find out why a test has failed.
pub fn scene(program: i32) -> io::Result<Scene> {
    let top = Pid::from_raw(program);
    let whose = Whose { program: top, outside: None };
    Ok(doctor::look(&tasks_from(top)?, whose))
}
