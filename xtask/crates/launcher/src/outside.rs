//! What connects a program with the world outside its tree: the launcher itself, and its caller.

use std::io;
use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, SystemTime};

use doctor::{Object, Outside};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::relay::Relay;
use crate::start::{Mode, Spec};

/// As it is at this moment; `relays` are the captured program's standard output, standard error
/// and standard input.
pub fn of(spec: &Spec, relays: &[Relay], since: SystemTime) -> Outside {
    let (caller_waits, since) = (spec.caller_waits, Some(since));
    if spec.mode == Mode::Captured {
        let stdin = relays.iter().filter(|relay| relay.feeds_program());
        Outside {
            since,
            stdin: stdin.filter_map(Relay::program_pipe).next(),
            caller_waits,
            outputs: Vec::new(),
            relays: relays.iter().filter_map(Relay::program_pipe).collect(),
        }
    } else {
        let outputs = [Object::of(io::stdout()), Object::of(io::stderr())];
        Outside {
            since,
            stdin: Object::of(io::stdin()).filter(|_| nothing_to_read(io::stdin())),
            caller_waits,
            outputs: outputs.into_iter().flatten().collect(),
            relays: Vec::new(),
        }
    }
}

/// Whether a read would have to wait: not of a file, at end-of-file, or where something has come.
fn nothing_to_read(fd: impl AsFd) -> bool {
    let mut polled = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    // A timeout of 0 cannot block; an error leaves it open.
    poll(&mut polled, PollTimeout::ZERO) != Ok(1)
}

/// How long to sleep between two looks at the clock: a tick is between 1 and 10 ms.
const PAUSE: Duration = Duration::from_micros(200);

/// A moment that lies between what is there already and what the program is going to make. File
/// systems write down the time of the last tick of a clock (CLOCK_REALTIME_COARSE of
/// clock_gettime(2)), which may be 10 ms ago: so the next tick is waited for. Where the caller read
/// the clock before it started the launcher, that tick is nearly always there already.
///
/// # Errors
/// When the kernel has no such clock.
pub fn begin(asked: Option<SystemTime>) -> io::Result<SystemTime> {
    let before = asked.map_or_else(last_tick, Ok)?;
    loop {
        let now = last_tick()?;
        if now != before {
            return Ok(now);
        }
        thread::sleep(PAUSE);
    }
}

/// The time that a file system would write down now.
///
/// # Errors
/// When the kernel has no such clock.
pub fn last_tick() -> io::Result<SystemTime> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY:
    // obligation: the pointer is valid for a timespec (clock_gettime(2)).
    // here: `time` is a local one.
    // broken by: another type.
    if unsafe { libc::clock_gettime(libc::CLOCK_REALTIME_COARSE, &raw mut time) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    Ok(SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds))
}
