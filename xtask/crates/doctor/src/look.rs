//! Takes a [`Scene`] from /proc.
//!
//! Nothing here opens a FIFO or /proc/PID/fd/N: that would make a new reader or writer, wake who
//! waits to open the other end, keep end-of-file from a reader and EPIPE from a writer. Links are
//! read and files are asked for their numbers, and no program notices.
//!
//! On a tree that moves, a scene is true of each thread and of no two threads together. See
//! [`proof`](crate::proof) for when it is true of all.

use std::collections::{HashMap, HashSet};

use nix::sys::signal::Signal;
use nix::unistd::{Pid, getpid};

use crate::background::Background;
use crate::beyond;
use crate::calls::Direction;
use crate::fixpoint::Graph;
use crate::holders::{self, Wanted};
use crate::in_flight;
use crate::memory;
use crate::outside::Outside;
use crate::scene::{Beyond, COPIES, Cause, End, Process, Scene, Thread, ThreadId, Wait, Want, Why};
use crate::tasks::{self, Task, is_in};
use crate::tree::{self, Stat};
use crate::waits::Names;

/// So many threads are looked at. Of a tree with more nothing is proved.
const THREADS_MAX: usize = 20_000;

const IO_URING: &str = "uses io_uring, whose work cannot be seen";

/// Whose tree it is.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    /// The process that is called parent.
    pub program: Pid,
    /// What whoever started the tree knows of its surroundings; `None` where somebody else has
    /// started it.
    pub outside: Option<&'a Outside>,
}

/// Looks at all threads of a tree; `tasks` are they, parents before their children.
#[must_use]
pub fn look(tasks: &[Task], whose: Whose) -> Scene {
    let alive: Vec<Task> =
        tasks.iter().filter(|task| !task.has_ended()).take(THREADS_MAX).cloned().collect();
    let mut scene = Scene::default();
    if alive.len() == THREADS_MAX {
        scene.doubts.push(format!("only {THREADS_MAX} threads were looked at"));
    }
    let mut names = meet(&mut scene, tasks, &alive, whose);
    for task in &alive {
        let seen = names.look_at(task);
        let caught = |signal| is_in(task.caught, signal);
        scene.threads.push(Thread {
            process: names.processes[&task.pid],
            tid: task.tid.as_raw(),
            call: seen.call,
            fd: seen.fd,
            wait: seen.wait,
            wakes_for_children: caught(Signal::SIGCHLD),
            doubts: doubts(task).into_iter().chain(seen.doubt).collect(),
        });
    }
    scene.pipes = std::mem::take(&mut names.pipes);
    let wanted = std::mem::take(&mut names.wanted);
    let sockets = find_ends(&mut scene, &wanted);
    if let Some(outside) = whose.outside {
        meet_the_outside(&mut scene, &wanted, outside);
    }
    let doubtful = settle_copies(&mut scene);
    expect_an_end(&mut scene);
    // To look at every process of the system costs more than all that is above.
    if Graph::new(&scene).all_stuck() && !wanted.is_empty() {
        doubt_the_background(&mut scene, !wanted.eventfds.is_empty());
        let tree: HashSet<Pid> = tasks.iter().map(|task| task.pid).collect();
        let (is_launched, has_sockets) = (whose.outside.is_some(), !sockets.is_empty());
        beyond::look_beyond(&mut scene, &wanted, &tree, is_launched, has_sockets);
        unsettle_copies(&mut scene, doubtful);
        if sockets.iter().any(|&(tid, fd)| in_flight::carries_descriptors(tid, fd)) {
            let what = "a socket may carry an end of a pipe that nobody has received yet";
            scene.doubts.push(what.to_owned());
        }
    }
    scene
}

/// Makes the scene's processes.
fn meet<'a>(scene: &mut Scene, tasks: &[Task], alive: &'a [Task], whose: Whose) -> Names<'a> {
    let mut names = Names {
        tasks: alive,
        processes: HashMap::new(),
        threads: HashMap::new(),
        ended: HashMap::new(),
        numbers: HashMap::new(),
        is_launched: whose.outside.is_some(),
        since: whose.outside.and_then(|outside| outside.since),
        pipes: Vec::new(),
        wanted: Wanted::default(),
    };
    for (id, task) in alive.iter().enumerate() {
        names.threads.insert(task.tid, id);
    }
    let first_threads: HashMap<Pid, &Vec<i32>> = tasks
        .iter()
        .filter(|task| task.tid == task.pid)
        .map(|task| (task.pid, &task.numbers))
        .collect();
    // The program itself is the first, whoever else the subreaper has taken in.
    let (program, others): (Vec<&Task>, _) =
        alive.iter().partition(|task| task.pid == whose.program);
    for task in program.into_iter().chain(others) {
        if names.processes.contains_key(&task.pid) {
            continue;
        }
        let stat = Stat::read(task.pid);
        names.processes.insert(task.pid, scene.processes.len());
        scene.processes.push(Process {
            pid: task.pid.as_raw(),
            parent: stat.and_then(|stat| names.processes.get(&stat.parent).copied()),
            command: tree::command(task.pid),
            has_execed: stat.is_some_and(|stat| !stat.has_not_execed),
            zombies: 0,
        });
        // The first thread has the process's number, also when it has ended.
        let numbers = first_threads.get(&task.pid).copied().unwrap_or(&task.numbers);
        names.numbers.insert(task.pid, numbers.clone());
    }
    for task in tasks.iter().filter(|task| task.has_ended()) {
        let Some(stat) = Stat::read(task.pid) else { continue };
        if !names.processes.contains_key(&task.pid) {
            names.ended.insert(task.pid, stat.parent);
        }
    }
    for parent in names.ended.values() {
        if let Some(&parent) = names.processes.get(parent) {
            scene.processes[parent].zombies += 1;
        }
    }
    names
}

/// What may end any wait of this thread although nothing shows it.
fn doubts(task: &Task) -> Vec<String> {
    let mut found = Vec::new();
    // Blocked, such a signal ends only a wait for signals, and that is doubtful anyway.
    let planned = task.planned_signals();
    if tasks::holds_timer_signals(planned) {
        let how = "handles a timer's signal (SIGALRM, SIGVTALRM or SIGPROF)";
        found.push(format!("{how}, and whether a timer runs cannot be seen"));
    }
    if is_in(planned, Signal::SIGIO) {
        found.push("handles SIGIO, which a descriptor may send".to_owned());
    }
    if let Some(signal) = tasks::other_signal(planned) {
        let name = Signal::try_from(signal)
            .map_or_else(|_| format!("signal {signal}"), |signal| signal.to_string());
        found.push(format!("handles {name}, which anybody may send"));
    }
    match memory::timers(task.pid) {
        Ok(true) => found.push("has a timer (timer_create)".to_owned()),
        Ok(false) => {}
        Err(error) => found.push(format!("may have a timer: its list cannot be read: {error}")),
    }
    found
}

/// The kernel may do for a process what none of its threads does. Aio tells of it by an eventfd
/// only.
fn doubt_the_background(scene: &mut Scene, waits_for_eventfds: bool) {
    for process in &scene.processes {
        let found = Background::of(Pid::from_raw(process.pid));
        if found.may_use_io_uring() {
            scene.doubts.push(format!("{} {IO_URING}", process.command));
        }
        if waits_for_eventfds && found.may_use_aio() {
            let what = "uses aio (io_setup), which may write to an eventfd";
            scene.doubts.push(format!("{} {what}", process.command));
        }
    }
}

/// Finds who in the tree holds the ends of the pipes, and its sockets.
fn find_ends(scene: &mut Scene, wanted: &Wanted) -> Vec<(Pid, i32)> {
    let mut sockets = Vec::new();
    let mut threads = vec![Vec::new(); scene.processes.len()];
    for thread in &scene.threads {
        threads[thread.process].push(Pid::from_raw(thread.tid));
    }
    for (process, found) in scene.processes.iter().enumerate() {
        let pid = Pid::from_raw(found.pid);
        match wanted.held_in(pid, &threads[process]) {
            Ok(held) => {
                sockets.extend(held.sockets);
                // Asked only where it tells something: see `cure::survived_exec`.
                let may_have_survived = found.has_execed && found.parent.is_some();
                for (pipe, fd, direction) in held.ends {
                    let is_close_on_exec =
                        may_have_survived && fd > 2 && holders::is_close_on_exec(pid, fd);
                    scene.pipes[pipe].ends.push(End { process, fd, direction, is_close_on_exec });
                }
                if held.has_io_uring {
                    scene.doubts.push(format!("{} {IO_URING}", found.command));
                }
                if held.has_too_many {
                    scene.doubts.push(format!("{} has too many descriptors", found.command));
                }
            }
            Err(error) => {
                let words = format!("cannot be inspected: its descriptors: {error}");
                for thread in scene.threads.iter_mut().filter(|thread| thread.process == process) {
                    // One that hides already says why.
                    if !matches!(thread.wait, Wait::Moves(Why { cause: Cause::Hidden, .. })) {
                        let why = Why { cause: Cause::Hidden, words: words.clone() };
                        thread.wait = Wait::Moves(why);
                    }
                }
            }
        }
    }
    sockets
}

/// A call that copies from one pipe to another waits for one of them at a time. Where one has no
/// other end, it does not wait there: it would have met end-of-file, or SIGPIPE. Takes those wants
/// away and returns them, since somebody outside may have the other end.
fn settle_copies(scene: &mut Scene) -> Vec<(ThreadId, Want)> {
    let pipes = &scene.pipes;
    let is_open = |want: &Want| match want {
        Want::Pipe { pipe, direction, .. } => {
            let (found, other) = (&pipes[*pipe], direction.opposite());
            found.ends(other).next().is_some() || *found.beyond(other) != Beyond::Nobody
        }
        _ => true,
    };
    let mut taken = Vec::new();
    for (id, thread) in scene.threads.iter_mut().enumerate() {
        let is_copy = thread.call.as_deref().is_some_and(|call| COPIES.contains(&call));
        if let (true, Wait::Any(wants)) = (is_copy, &mut thread.wait)
            && wants.iter().any(is_open)
        {
            taken.extend(wants.extract_if(.., |want| !is_open(want)).map(|want| (id, want)));
        }
    }
    taken
}

fn unsettle_copies(scene: &mut Scene, taken: Vec<(ThreadId, Want)>) {
    for (id, want) in taken {
        let Want::Pipe { pipe, direction, .. } = want else { continue };
        let is_known = *scene.pipes[pipe].beyond(direction.opposite()) == Beyond::Nobody;
        if let (false, Wait::Any(wants)) = (is_known, &mut scene.threads[id].wait) {
            wants.push(want);
        }
    }
}

/// Adds what this process, which started the tree, knows and holds itself.
fn meet_the_outside(scene: &mut Scene, wanted: &Wanted, outside: &Outside) {
    let own = wanted.held_by(getpid()).map(|held| held.ends).unwrap_or_default();
    for (pipe, _, direction) in own {
        *scene.pipes[pipe].beyond_mut(direction) = Beyond::Somebody("the runner".to_owned());
    }
    for pipe in outside.outputs.iter().filter_map(|object| wanted.get(*object)) {
        let reader = Beyond::Somebody("whoever reads the program's output".to_owned());
        scene.pipes[pipe].readers_beyond = reader;
    }
    if let Some(pipe) = outside.stdin.and_then(|object| wanted.get(object)) {
        scene.pipes[pipe].writers_beyond = if outside.caller_waits {
            Beyond::Perhaps("whoever feeds standard input may still write".to_owned())
        } else {
            Beyond::Somebody("whoever feeds standard input".to_owned())
        };
    }
}

/// Who waits on a pipe without another end would not wait: somebody has it.
fn expect_an_end(scene: &mut Scene) {
    let waits: Vec<_> = scene.threads.iter().flat_map(Thread::pipes).collect();
    for (pipe, direction, _) in waits {
        let other: Direction = direction.opposite();
        let found = &mut scene.pipes[pipe];
        if found.ends(other).next().is_none() && *found.beyond(other) == Beyond::Nobody {
            let somebody = "somebody out of sight (a process, or a socket)";
            *found.beyond_mut(other) = Beyond::Somebody(somebody.to_owned());
        }
    }
}
