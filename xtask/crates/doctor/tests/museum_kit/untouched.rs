//! Nobody notices that the doctor has looked: who is blocked in open stays blocked, end-of-file and
//! EPIPE come at the call at which they come without it.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::museum_kit::build::Stage;
use crate::museum_kit::doctor::{self, Answer};
use crate::museum_kit::exhibit;
use crate::museum_kit::looks::{self, Seen};
use crate::museum_kit::machine::{User, comes_true};
use crate::museum_kit::start::{Running, Setting};

const LOOKS: usize = 100;

#[track_caller]
fn hung(name: &str) -> (Running, i32) {
    let exhibit = exhibit::named(name);
    let mut running = Setting::new(User::Own, exhibit.shared).exhibit(&exhibit, false);
    let program = running.until_blocked(&exhibit.blocked);
    (running, program)
}

/// Looks so often, and by the verb as well; not one thread may have run meanwhile.
#[track_caller]
fn look_often(running: &Running, program: i32) {
    let before = running.tasks(program);
    for _ in 0..LOOKS {
        looks::proof(program).expect("look at it");
    }
    let answer = doctor::look_at(User::Own, program);
    assert_ne!(answer.verdict(), "finished", "{answer:?}");
    assert_eq!(running.tasks(program), before, "who was looked at has run");
}

#[test]
fn a_writer_that_opens_a_fifo_stays_blocked_and_can_be_met() {
    let (running, program) = hung("write_fifo");
    look_often(&running, program);
    // A reader that does not wait: there is a writer, which now goes on.
    let path = format!("/proc/{program}/cwd/a");
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK);
    let mut fifo = options.open(path).expect("open the FIFO");
    let mut said = Vec::new();
    let is_over = comes_true(|| {
        // EAGAIN, until the writer has written and closed.
        let _ = fifo.read_to_end(&mut said);
        said == b"hello\n"
    });
    assert!(is_over, "the FIFO brought {said:?}");
    assert!(running.ended().status.success());
}

#[test]
fn openers_in_opposite_order_stay_blocked() {
    let (running, program) = hung("fifo_order");
    look_often(&running, program);
    running.end();
}

#[test]
fn end_of_file_comes_when_the_last_writer_closes() {
    let (mut running, program) = hung("outside_holder");
    look_often(&running, program);
    drop(running.held.take());
    assert!(running.ended().status.success());
}

#[test]
fn epipe_comes_when_the_last_reader_closes() {
    let (mut running, program) = hung("outside_reader");
    look_often(&running, program);
    drop(running.held.take());
    // It ends with 0 only where write says EPIPE.
    assert!(running.ended().status.success());
}

#[test]
fn both_come_in_time_a_thousand_times_while_it_is_looked_at() {
    let exhibit = exhibit::named("ends_in_time");
    let mut running = Setting::new(User::Own, false).exhibit(&exhibit, false);
    let program = running.program().expect("it takes longer than that");
    while let Ok(proof) = looks::proof(program) {
        assert!(proof.is_none(), "a false proof: {proof:#?}");
    }
    let ended = running.ended();
    assert!(ended.status.success(), "{ended:?}");
}

#[test]
fn a_proved_deadlock_is_not_freed_by_a_hundred_proofs() {
    for name in ["leak_reader", "page_slots", "both_full_filter"] {
        let (running, program) = hung(name);
        let before = running.tasks(program);
        for _ in 0..LOOKS {
            match looks::look(program).expect("look at it") {
                Seen::Proof(_) => {}
                Seen::Refused => break,
                // Others than root cannot know that nobody else has an end.
                Seen::NoProof => assert!(!User::Own.sees_all(), "{name}: no proof"),
            }
        }
        assert_eq!(running.tasks(program), before, "{name}: who was looked at has run");
        running.end();
    }
}

/// While a copy of an end is open it is one more end: of a program that goes on none is taken.
#[test]
fn no_end_is_copied_of_a_program_that_goes_on() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/museum_kit/refuse.c");
    let refuse = Stage::of(User::Own).tool(&source).into_os_string();
    let kills = OsString::from(format!("-{}", libc::SYS_pidfd_getfd));
    let before = [refuse, kills];
    for name in ["kill_rescue", "sleeping_holder", "slow_relay", "timerfd_rescue"] {
        let exhibit = exhibit::named(name);
        let setting = Setting::new(User::Own, exhibit.shared);
        let answer = doctor::run(setting, &exhibit, &before, &[]);
        let wrong = answer.wrong(&exhibit, &exhibit.verdicts);
        assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{answer:#?}");
    }
    let (running, program) = hung("outside_holder");
    let setting = Setting::new(User::Own, false);
    let mut words = before.to_vec();
    words.push(setting.stage.xtask.clone().into());
    words.extend(["doctor", "--format", "json", "--pid"].map(OsString::from));
    words.push(program.to_string().into());
    let answer = Answer::of(setting.start(&words, exhibit::Stdin::Null).ended());
    assert!(answer.explanation().contains("was not asked"), "{answer:#?}");
    running.end();
}
