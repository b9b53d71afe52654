//! The museum itself, without the doctor: a program that is to hang hangs, in the calls that its
//! header names; its mended twin ends; a healthy one ends.

use std::os::unix::process::ExitStatusExt;
use std::thread;
use std::time::Duration;

use crate::museum_kit::doctor::Answer;
use crate::museum_kit::exhibit::{self, Exhibit};
use crate::museum_kit::look::Task;
use crate::museum_kit::looks::{self, Seen};
use crate::museum_kit::machine::{User, number};
use crate::museum_kit::start::{Running, Setting};

/// How long a hung program is watched for something to move.
fn watched() -> Duration {
    Duration::from_millis(number("PIPEWORKS_HANG_MS", 300))
}

#[track_caller]
pub fn check(name: &str) {
    let exhibit = exhibit::named(name);
    if is_missing(&exhibit) {
        return;
    }
    if exhibit.ends() {
        ends(&exhibit, false);
        return;
    }
    let mut running = start(&exhibit, false);
    let program = running.until_blocked(&exhibit.blocked);
    // Who only waits for a processor or goes round and round is not expected to stand still.
    let stands_still =
        !exhibit.blocked.iter().any(|one| one.calls == ["runs"] || one.calls == ["sleep"]);
    // Somebody may still have to end whom the header does not speak of.
    let before = if stands_still { running.until_still(program) } else { running.tasks(program) };
    thread::sleep(watched());
    let after = running.tasks(program);
    assert!(!after.is_empty(), "{name} does not hang: it was at {before:#?}");
    if stands_still {
        assert_eq!(before, after, "{name} does not hang: something has moved");
        assert_eq!(unnamed(&exhibit, &after), [], "threads that the header does not tell of");
    }
    looked_at_from_outside(&exhibit, program, &after);
    running.end();
    if exhibit.has_twin {
        ends(&exhibit, true);
    }
}

/// Whoever did not start it may prove less, and never more; what it proves, it explains as well.
#[track_caller]
fn looked_at_from_outside(exhibit: &Exhibit, program: i32, tasks: &[Task]) {
    let name = &exhibit.name;
    let may_be = exhibit.verdicts.iter().any(|verdict| verdict == "deadlock");
    // An orphan is not below the program, and so outside of what is looked at. And of processes of
    // others, which may have an end, only root can know that they have none.
    let has_orphan = tasks.iter().any(|task| task.role == "orphan");
    let must_be = exhibit.verdicts == ["deadlock"]
        && !has_orphan
        && !exhibit.uses_a_fifo()
        && User::Own.sees_all();
    // A program that only may be proved may end at any time: nobody in the way is waited for.
    let once = || looks::proof(program).map(Seen::from);
    let seen = if must_be { looks::look(program) } else { once() };
    match seen.expect("look at it") {
        Seen::Refused => {}
        Seen::NoProof => assert!(!must_be, "{name}: no proof\n{:#?}", looks::scene(program)),
        Seen::Proof(proof) => {
            assert!(may_be, "{name}: a false proof\n{}", proof.explanation());
            let answer = Answer { json: proof.to_json().clone(), status: Some(123) };
            let wrong = answer.wrong(exhibit, &exhibit.verdicts);
            assert!(wrong.is_empty(), "{name}:\n  {}\n{:#}", wrong.join("\n  "), answer.json);
        }
    }
}

/// Whether the kernel lacks what the program is about: it says so with status 77.
#[track_caller]
fn is_missing(exhibit: &Exhibit) -> bool {
    exhibit.needs.is_some() && exhibit.is_missing(start(exhibit, true).ended().status.code())
}

fn start(exhibit: &Exhibit, fixed: bool) -> Running {
    Setting::new(User::Own, exhibit.shared).exhibit(exhibit, fixed)
}

#[track_caller]
fn ends(exhibit: &Exhibit, fixed: bool) {
    let mut running = start(exhibit, fixed);
    let program = running.program();
    // Until it has ended.
    while let Some(Ok(proof)) = program.map(looks::proof) {
        assert!(proof.is_none(), "{}, fixed: {fixed}: a false proof: {proof:#?}", exhibit.name);
    }
    let ended = running.ended();
    let code = ended.status.code();
    assert_eq!(ended.status.signal(), None, "{}: {ended:?}", exhibit.name);
    let expected = if fixed { 0 } else { exhibit.exit };
    assert_eq!(code, Some(expected), "{}, fixed: {fixed}, {ended:?}", exhibit.name);
}

fn unnamed(exhibit: &Exhibit, tasks: &[Task]) -> Vec<Task> {
    let is_named = |task: &&Task| {
        exhibit.blocked.iter().any(|one| one.role == task.role && one.calls.contains(&task.call))
    };
    tasks.iter().filter(|task| !is_named(task)).cloned().collect()
}
