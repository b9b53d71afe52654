//! Programs that start processes.

use std::io::{Read, Write};

use nix::sys::prctl::set_name;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{Id, WaitPidFlag, waitid, waitpid};
use nix::unistd::{ForkResult, Pid, fork, setsid};

use crate::{hang, mark, ready_and_hang, say};

/// Forks a child that does its task and exits with 0.
pub fn child(task: impl FnOnce()) -> Pid {
    // SAFETY:
    // obligation: the child of a process with threads may call only async-signal-safe functions.
    // here: whoever calls this has one thread, or its child only sleeps.
    // broken by: forking while another thread holds a lock that the child needs.
    match unsafe { fork() }.expect("fork") {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            mark();
            task();
            std::process::exit(0);
        }
    }
}

/// To wait until every copy of the write end is gone, or one of them was written to.
fn gate() -> (std::io::PipeReader, std::io::PipeWriter) {
    std::io::pipe().expect("create a pipe")
}

/// Leaves a process behind as a daemon does: forked twice, in a session of its own, deaf to SIGTERM
/// and SIGHUP, with the program's outputs still open.
pub fn daemon() {
    let (mut ready, mut tell) = gate();
    let parent = child(move || {
        child(move || {
            setsid().expect("start a session");
            deaf();
            tell.write_all(b"!").expect("tell");
            hang();
        });
    });
    waitpid(parent, None).expect("wait for the first fork");
    ready.read_exact(&mut [0]).expect("wait for the daemon");
    say("the daemon runs");
}

fn deaf() {
    use nix::sys::signal::{SigHandler, signal};
    for number in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        // SAFETY:
        // obligation: a handler must be async-signal-safe.
        // here: there is none.
        // broken by: installing a function.
        unsafe { signal(number, SigHandler::SigIgn) }.expect("ignore a signal");
    }
}

/// Ends while a grandchild holds the program's outputs open.
pub fn grandchild() {
    let parent = child(|| {
        child(|| hang());
    });
    waitpid(parent, None).expect("wait for the child");
    say("the grandchild holds the pipe");
}

/// Hangs with a child that is stopped.
pub fn stopped() {
    let stopped = child(|| {
        raise(Signal::SIGSTOP).expect("stop");
        hang();
    });
    waitpid(stopped, Some(WaitPidFlag::WUNTRACED)).expect("wait for the stop");
    ready_and_hang();
}

/// Hangs with a child that it traces, and that is stopped for it.
pub fn traced() {
    let traced = child(|| {
        // SAFETY:
        // obligation: PTRACE_TRACEME reads none of the further arguments (ptrace(2)).
        // here: none is given.
        // broken by: another request.
        unsafe { libc::ptrace(libc::PTRACE_TRACEME) };
        raise(Signal::SIGUSR1).expect("stop for the tracer");
        hang();
    });
    waitpid(traced, None).expect("wait for the stop");
    ready_and_hang();
}

/// Has a name that is not UTF-8 and looks like the end of one in /proc/PID/stat.
pub fn hostile_name() {
    deaf();
    set_name(c") Z 1 \xff").expect("take a name");
    ready_and_hang();
}

/// Each of several threads has a child that hangs, and hangs itself.
pub fn children_of_threads(count: u64) {
    for _ in 0..count {
        std::thread::spawn(|| {
            child(|| hang());
            hang();
        });
    }
    hang();
}

/// Ends, or hangs, with so many children alive and so many ended, none of them waited for.
pub fn unreaped(alive: u64, zombies: u64, hangs: bool) {
    for _ in 0..alive {
        child(|| hang());
    }
    for _ in 0..zombies {
        let zombie = child(|| {});
        // It stays a zombie: WNOWAIT.
        waitid(Id::Pid(zombie), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT).expect("see it end");
    }
    if hangs {
        ready_and_hang();
    }
}

/// Waits for all of its children.
pub fn reaped(count: u64) {
    for _ in 0..count {
        waitpid(child(|| {}), None).expect("wait for a child");
    }
}

/// Has a grandchild that outlived its parent and ended before the program does.
pub fn orphan() {
    let (mut gone, held) = gate();
    let (mut told, mut tell) = gate();
    let parent = child(move || {
        child(move || {
            told.read_exact(&mut [0]).expect("wait for the word");
            drop(held);
        });
    });
    waitpid(parent, None).expect("wait for the child");
    tell.write_all(b"!").expect("tell");
    gone.read_to_end(&mut Vec::new()).expect("wait for the grandchild");
}

/// Ends again and again, each time with a child that goes on in its place: whoever looks for it
/// finds one that has just ended. With `sessions`, no process group holds it either.
pub fn hop(times: u64, sessions: bool) {
    let (mut over, held) = gate();
    child(move || {
        for _ in 0..times {
            if sessions {
                setsid().expect("start a session");
            }
            // SAFETY:
            // obligation: the child of a process with threads may call only async-signal-safe
            //   functions.
            // here: there is one thread.
            // broken by: a thread.
            match unsafe { fork() }.expect("fork") {
                ForkResult::Parent { .. } => std::process::exit(0),
                ForkResult::Child => mark(),
            }
        }
        drop(held);
    });
    over.read_to_end(&mut Vec::new()).expect("wait for the last hop");
}

/// Forks as fast as it can, each process two more, until `count` of them hang. In sessions of their
/// own where `sessions` is set, so that no process group holds them.
pub fn bomb(count: u64, sessions: bool) {
    if sessions {
        // The program is the leader of its session already; its children are not.
        let _ = setsid();
    }
    // One process stands for itself and for all that it starts.
    let rest = count.saturating_sub(1);
    for share in [rest / 2, rest - rest / 2] {
        if share > 0 {
            child(|| bomb(share, sessions));
        }
    }
    hang();
}
