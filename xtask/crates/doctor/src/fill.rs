//! How full the pipes are.
//!
//! A copy of a waiting thread's own descriptor is asked, and closed at once. While it is open it is
//! one more end of its pipe, which could keep a writer from its EPIPE or a reader from its
//! end-of-file: it is made only of a tree of which two looks say that it is in a deadlock, or that
//! is about to be ended. Of any other it is not asked.
//!
//! Full is not "as many bytes as fit": a write takes up whole pages (pipe(7)), so whether there is
//! room is asked of poll(2).

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::fcntl::{FcntlArg, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::Pid;

use crate::calls::Direction;
use crate::pidfd;
use crate::scene::{COPIES, Cause, PipeId, Scene, Thread, ThreadId, Wait, Want, Why};

/// So many pipes are asked.
const PIPES_MAX: usize = 256;
/// Calls that return as soon as there is a byte.
const PLAIN_READS: [&str; 3] = ["read", "readv", "preadv2"];
/// Calls that return only when all is written, or go on as soon as there is room.
const PLAIN_WRITES: [&str; 4] = ["write", "writev", "pwritev2", "vmsplice"];

/// Why it was not asked how full the pipes are, as a whole sentence.
pub type Refused = Option<String>;

/// Of a tree that may go on.
pub fn not_asked(scene: &Scene) -> Refused {
    let mut waiting = scene.threads.iter().filter(|thread| thread.pipes().next().is_some());
    let first = waiting.next()?;
    let copies =
        |thread: &Thread| thread.call.as_deref().is_some_and(|call| COPIES.contains(&call));
    let any_copies = copies(first) || waiting.any(copies);
    let what = "How full the pipes are was not asked: that takes a copy of an end, which a program \
                that goes on could notice";
    // Who copies from one pipe to another waits for either of them.
    Some(if any_copies { format!("{what}.") } else { format!("{what}. But {KNOWN}") })
}

/// Either way, as far as the calls themselves tell.
const KNOWN: &str =
    "a pipe that somebody waits to read is empty, one that somebody waits to write is full.";

/// Fills in how much is in each pipe that a thread waits on. A thread that waits although its call
/// could go on is held up by something that cannot be seen, and is taken for one that moves.
pub fn fill(scene: &mut Scene) -> Refused {
    let mut refused = None;
    for id in 0..scene.threads.len() {
        let mut ready = Vec::new();
        for (pipe, direction, fd) in scene.threads[id].pipes().collect::<Vec<_>>() {
            if pipe >= PIPES_MAX {
                continue;
            }
            match ask(scene, id, fd) {
                Ok(asked) => {
                    if note(scene, id, pipe, direction, &asked) {
                        ready.push((pipe, direction));
                    }
                }
                Err(error) => {
                    refused.get_or_insert_with(|| {
                        format!("How full the pipes are could not be asked ({error}): {KNOWN}")
                    });
                }
            }
        }
        settle(scene, id, &ready);
    }
    refused
}

struct Asked {
    bytes: u64,
    capacity: u64,
    has_room: bool,
}

fn ask(scene: &Scene, id: ThreadId, fd: i32) -> io::Result<Asked> {
    let (thread, pid) = (&scene.threads[id], scene.processes[scene.threads[id].process].pid);
    // Before Linux 6.9 there is no pidfd of another thread than the first.
    let holder = pidfd::open_thread(Pid::from_raw(thread.tid))
        .or_else(|_| pidfd::open(Pid::from_raw(pid)))?;
    let copy = pidfd::get(&holder, fd)?;
    let capacity = fcntl(&copy, FcntlArg::F_GETPIPE_SZ)?;
    let mut polled = [PollFd::new(copy.as_fd(), PollFlags::POLLOUT)];
    // A timeout of 0 cannot block.
    poll(&mut polled, PollTimeout::ZERO)?;
    let has_room = polled[0].revents().is_some_and(|found| found.contains(PollFlags::POLLOUT));
    let unsigned = |number: i32| u64::try_from(number).unwrap_or(0);
    let bytes = unsigned(bytes_in(&copy)?);
    Ok(Asked { bytes, capacity: unsigned(capacity), has_room })
}

/// FIONREAD of a pipe (ioctl_pipe(2), pipe(7)): at either end, how many bytes wait in it.
fn bytes_in(fd: &OwnedFd) -> io::Result<libc::c_int> {
    let mut bytes: libc::c_int = 0;
    // SAFETY:
    // obligation: the descriptor is open and the pointer is valid for an int (FIONREAD in
    //   ioctl(2)).
    // here: the descriptor is borrowed and `bytes` is a local int.
    // broken by: a smaller type, or another request.
    let asked = unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut bytes) };
    if asked == 0 { Ok(bytes) } else { Err(io::Error::last_os_error()) }
}

/// Tells whether the pipe is ready for what the thread wants of it.
fn note(
    scene: &mut Scene,
    id: ThreadId,
    pipe: PipeId,
    direction: Direction,
    asked: &Asked,
) -> bool {
    let found = &mut scene.pipes[pipe];
    (found.bytes, found.capacity) = (Some(asked.bytes), Some(asked.capacity));
    let call = scene.threads[id].call.as_deref().unwrap_or_default();
    let (is_ready, plain) = match direction {
        Direction::Read => (asked.bytes > 0, &PLAIN_READS[..]),
        Direction::Write => (asked.has_room, &PLAIN_WRITES[..]),
    };
    if is_ready && plain.contains(&call) {
        could_go_on(scene, id);
    }
    is_ready
}

/// A call that copies from one pipe to another waits for one of them at a time: not for one that is
/// ready.
fn settle(scene: &mut Scene, id: ThreadId, ready: &[(PipeId, Direction)]) {
    let thread = &mut scene.threads[id];
    let Wait::Any(wants) = &mut thread.wait else { return };
    if ready.is_empty() || !thread.call.as_deref().is_some_and(|call| COPIES.contains(&call)) {
        return;
    }
    wants.retain(|want| match want {
        Want::Pipe { pipe, direction, .. } => !ready.contains(&(*pipe, *direction)),
        _ => true,
    });
    if wants.is_empty() {
        could_go_on(scene, id);
    }
}

fn could_go_on(scene: &mut Scene, id: ThreadId) {
    let thread = &mut scene.threads[id];
    let call = thread.call.as_deref().unwrap_or_default();
    let words = format!("waits in {call} although it could go on");
    thread.wait = Wait::Moves(Why { cause: Cause::Hidden, words });
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::scene::Pipe;
    use crate::stage::Stage;

    /// A scene in which this process waits on a pipe of its own.
    fn scene(fd: i32, is_reader: bool) -> Scene {
        let mut stage = Stage::default();
        let me = stage.process(None, "me");
        stage.scene.processes[me].pid = nix::unistd::getpid().as_raw();
        let pipe = stage.pipe();
        if is_reader {
            stage.waits_to_read(pipe, me, fd);
        } else {
            stage.waits_to_write(pipe, me, fd);
        }
        stage.scene
    }

    #[test]
    fn bytes_and_capacity_are_those_of_the_pipe() {
        let (reader, mut writer) = std::io::pipe().expect("create a pipe");
        let mut seen = scene(reader.as_raw_fd(), true);
        assert_eq!(fill(&mut seen), None);
        assert_eq!((seen.pipes[0].bytes, seen.pipes[0].capacity), (Some(0), Some(65536)));
        assert!(matches!(seen.threads[0].wait, Wait::Any(_)));

        writer.write_all(b"abc").expect("write to the pipe");
        let mut seen = scene(reader.as_raw_fd(), true);
        fill(&mut seen);
        assert_eq!(seen.pipes[0].bytes, Some(3));
        // Three bytes are there: who waits to read is held up by something else.
        assert!(matches!(seen.threads[0].wait, Wait::Moves(_)));
    }

    #[test]
    fn full_is_what_has_no_room() {
        let (_reader, mut writer) = std::io::pipe().expect("create a pipe");
        let flags = nix::fcntl::OFlag::O_NONBLOCK;
        fcntl(&writer, FcntlArg::F_SETFL(flags)).expect("make it non-blocking");
        // Each takes up two pages, the second hardly.
        while writer.write(&[0; 2049]).is_ok() {}
        let mut seen = scene(writer.as_raw_fd(), false);
        assert_eq!(fill(&mut seen), None);
        assert!(seen.pipes[0].bytes < Some(40_000), "{:?}", seen.pipes[0]);
        assert!(matches!(seen.threads[0].wait, Wait::Any(_)));
    }

    #[test]
    fn a_refusal_is_one_sentence() {
        let mut seen = scene(i32::MAX, true);
        let said = fill(&mut seen).expect("a refusal");
        assert!(said.starts_with("How full the pipes are could not be asked"), "{said}");
        assert_eq!(seen.pipes[0].bytes, None);
    }

    /// A scene in which this process splices from its first pipe to its second.
    fn splices(from: &impl AsRawFd, to: &impl AsRawFd) -> Scene {
        let mut scene = scene(from.as_raw_fd(), true);
        scene.pipes.push(Pipe::default());
        let want = |pipe, direction, fd| Want::Pipe { pipe, direction, fd };
        let (read, write) = (Direction::Read, Direction::Write);
        let wants = vec![want(0, read, from.as_raw_fd()), want(1, write, to.as_raw_fd())];
        scene.threads[0].wait = Wait::Any(wants);
        scene.threads[0].call = Some("splice".to_owned());
        scene
    }

    #[test]
    fn a_copy_waits_for_the_pipe_that_is_not_ready() {
        let (from, mut into_from) = std::io::pipe().expect("create a pipe");
        let (_reader, to) = std::io::pipe().expect("create a pipe");
        let waits_on = |scene: &Scene| -> Vec<(PipeId, Direction)> {
            scene.threads[0].pipes().map(|(pipe, direction, _)| (pipe, direction)).collect()
        };
        let mut empty = splices(&from, &to);
        fill(&mut empty);
        assert_eq!(waits_on(&empty), [(0, Direction::Read)]);

        into_from.write_all(b"abc").expect("write to the pipe");
        let mut neither = splices(&from, &to);
        fill(&mut neither);
        assert!(matches!(neither.threads[0].wait, Wait::Moves(_)));

        fcntl(&to, FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK)).expect("make it non-blocking");
        while (&to).write(&[0; 4096]).is_ok() {}
        let mut full = splices(&from, &to);
        fill(&mut full);
        assert_eq!(waits_on(&full), [(1, Direction::Write)]);
    }
}
