//! Why some programs that stand still are in no deadlock: somebody outside does one thing, and they
//! end. To call one of these a deadlock would be wrong.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::OwnedFd;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::museum_kit::exhibit;
use crate::museum_kit::machine::User;
use crate::museum_kit::start::{Running, Setting};

/// Waits until it stands still, lets `rescue` do its one thing, waits for its end.
#[track_caller]
fn rescued(name: &str, rescue: impl FnOnce(&mut Running, i32)) {
    let exhibit = exhibit::named(name);
    assert!(!exhibit.verdicts.iter().any(|verdict| verdict == "deadlock"), "{name}");
    let mut running = Setting::new(User::Own, exhibit.shared).exhibit(&exhibit, false);
    let program = running.until_blocked(&exhibit.blocked);
    rescue(&mut running, program);
    let ended = running.ended();
    assert!(ended.status.success(), "{name}: {ended:?}");
}

/// Writes a line to its standard input, and closes that where it is no terminal.
fn input(running: &mut Running, _: i32) {
    let held: OwnedFd = running.held.take().expect("an end that the test holds");
    let mut input = File::from(held);
    input.write_all(b"a line\n").expect("write to its standard input");
    if nix::unistd::isatty(&input) == Ok(true) {
        running.held = Some(input.into());
    }
}

#[test]
fn by_input() {
    let names =
        ["outside_holder", "outside_holder_child", "thread_own_table", "async_input", "terminal"];
    for name in names {
        rescued(name, input);
    }
}

#[test]
fn by_an_eventfd() {
    rescued("eventfd_given", |running, _| {
        let held: OwnedFd = running.held.take().expect("a copy that the test holds");
        File::from(held).write_all(&1_u64.to_ne_bytes()).expect("write to the eventfd");
    });
}

#[test]
fn by_a_signal() {
    for name in ["usr1_handler", "pause_handler"] {
        rescued(name, |_, program| {
            kill(Pid::from_raw(program), Signal::SIGUSR1).expect("send it a signal");
        });
    }
    rescued("self_pipe", |_, program| {
        kill(Pid::from_raw(program), Signal::SIGINT).expect("send it a signal");
    });
    for name in ["sigstop", "stopped_holder"] {
        rescued(name, |running, program| {
            let tasks = running.tasks(program);
            let stopped = tasks.iter().find(|task| task.call == "stopped").expect("a stopped one");
            kill(Pid::from_raw(stopped.pid), Signal::SIGCONT).expect("let it go on");
        });
    }
}

#[test]
fn by_a_file() {
    rescued("inotify_wait", |running, _| {
        let path = running.setting.place.path().join("new");
        fs::write(path, "").expect("write a file in its directory");
    });
}

#[test]
fn by_whoever_opens_the_fifo() {
    for name in ["cat_fifo_shared", "cat_fifo_given"] {
        rescued(name, |running, _| {
            let path = running.setting.place.path().join("a");
            // The reader is there already, so that this does not wait.
            fs::write(path, "hello\n").expect("write to the FIFO");
        });
    }
}
