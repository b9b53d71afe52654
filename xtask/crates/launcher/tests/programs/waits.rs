//! Programs that wait: for what never comes, and for what comes by itself.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, Flock, FlockArg, OFlag, fcntl, openat};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::select::{FdSet, select};
use nix::sys::signal::{SigHandler, SigSet, Signal};
use nix::sys::stat::Mode;
use nix::sys::time::TimeVal;
use nix::sys::wait::waitpid;
use nix::unistd::{alarm, mkfifo, mkfifoat};

use crate::processes::child;
use crate::{hang, say, signals};

/// Reads from a pipe whose write end only it holds itself: in 3, with 4 left open.
pub fn leak() {
    let (mut reader, writer) = std::io::pipe().expect("create a pipe");
    say("ready");
    reader.read_exact(&mut [0]).expect("read from the pipe");
    drop(writer);
}

/// The same where nobody but root may look.
pub fn leak_hidden() {
    nix::sys::prctl::set_dumpable(false).expect("hide");
    leak();
}

/// Waits for a child that reads from a pipe; both have kept its write end.
pub fn leak_to_child() {
    let (mut reader, writer) = std::io::pipe().expect("create a pipe");
    let reading = child(|| reader.read_exact(&mut [0]).expect("read from the pipe"));
    say("ready");
    waitpid(reading, None).expect("wait for the child");
    drop(writer);
}

/// Waits for a thread that reads from a pipe.
pub fn leak_to_thread() {
    let (mut reader, writer) = std::io::pipe().expect("create a pipe");
    let reading = std::thread::spawn(move || reader.read_exact(&mut [0]));
    say("ready");
    reading.join().expect("join the thread").expect("read from the pipe");
    drop(writer);
}

/// Writes to a pipe that only it could read: to 4, with 3 open.
pub fn fill() {
    let (reader, mut writer) = std::io::pipe().expect("create a pipe");
    say("ready");
    writer.write_all(&vec![0; 1 << 20]).expect("write to the pipe");
    drop(reader);
}

/// Two children pass a byte to and fro for so long.
pub fn ping_pong(millis: u64) {
    let (mut left, mut to_left) = std::io::pipe().expect("create a pipe");
    let (mut right, mut to_right) = std::io::pipe().expect("create a pipe");
    let end = Instant::now() + Duration::from_millis(millis);
    let serving = child(|| {
        while Instant::now() < end {
            to_right.write_all(b"!").expect("serve");
            left.read_exact(&mut [0]).expect("wait for the return");
        }
        // The last word, and no answer to it.
        to_right.write_all(b".").expect("say that it is over");
    });
    let returning = child(|| {
        let mut ball = [0];
        loop {
            right.read_exact(&mut ball).expect("wait for the ball");
            if ball == *b"." {
                break;
            }
            to_left.write_all(&ball).expect("return it");
        }
    });
    waitpid(serving, None).expect("wait for a child");
    waitpid(returning, None).expect("wait for a child");
}

fn duration(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn sleep(millis: u64) {
    std::thread::sleep(duration(millis));
}

/// Sleeps again and again; between, does nothing (0), writes a byte (1), or computes for as long
/// (2).
pub fn nap(millis: u64, between: u64) {
    let mut null = OpenOptions::new().write(true).open("/dev/null").expect("open /dev/null");
    loop {
        sleep(millis);
        if between == 1 {
            null.write_all(b"x").expect("write a byte");
        }
        let end = Instant::now() + duration(millis);
        while between == 2 && Instant::now() < end {
            std::hint::spin_loop();
        }
    }
}

/// Polls a pipe to which nobody writes.
pub fn poll_for(millis: u64) {
    let (reader, writer) = std::io::pipe().expect("create a pipe");
    let timeout = PollTimeout::try_from(duration(millis)).expect("a short time");
    poll(&mut [PollFd::new(reader.as_fd(), PollFlags::POLLIN)], timeout).expect("poll");
    drop(writer);
}

pub fn poll_stdin() {
    say("ready");
    let stdin = std::io::stdin();
    poll(&mut [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE).expect("poll");
}

/// Fills its standard output and waits until it can write again.
pub fn poll_stdout() {
    let mut stdout = std::io::stdout();
    fcntl(&stdout, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("set O_NONBLOCK");
    while stdout.write_all(&[b'y'; 4096]).and_then(|()| stdout.flush()).is_ok() {}
    poll(&mut [PollFd::new(stdout.as_fd(), PollFlags::POLLOUT)], PollTimeout::NONE).expect("poll");
}

/// Polls a pipe to which nobody writes, without a timeout.
pub fn poll_forever() {
    let (reader, writer) = std::io::pipe().expect("create a pipe");
    poll(&mut [PollFd::new(reader.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE).expect("poll");
    drop(writer);
}

/// Waits for so many signals, wherever they come from, and says who it is.
pub fn count_signals(count: u64) {
    extern "C" fn nothing(_signal: i32) {}
    signals::set("SIGUSR1", SigHandler::Handler(nothing));
    say(&format!("{} is ready", nix::unistd::getpid()));
    for _ in 0..count {
        nix::unistd::pause();
    }
}

/// Waits in select for a pipe to which nobody writes.
pub fn select_for(millis: u64) {
    let (reader, writer) = std::io::pipe().expect("create a pipe");
    let mut set = FdSet::new();
    set.insert(reader.as_fd());
    let millis = i64::try_from(millis).expect("a short time");
    let mut timeout = TimeVal::new(millis / 1000, millis % 1000 * 1000);
    select(None, &mut set, None, None, &mut timeout).expect("select");
    drop(writer);
}

/// Waits on a condition that nobody signals: in futex, with a timeout.
pub fn condition(millis: u64) {
    let (mutex, condition) = (Mutex::new(()), Condvar::new());
    let end = Instant::now() + duration(millis);
    let mut guard = mutex.lock().expect("lock");
    while Instant::now() < end {
        let left = end.saturating_duration_since(Instant::now());
        guard = condition.wait_timeout(guard, left).expect("wait").0;
    }
}

/// Says "bye" and exits with 7 on an alarm, after a second.
pub fn alarm_clock() {
    signals::set("SIGALRM", SigHandler::Handler(signals::say_bye));
    alarm::set(1);
    hang();
}

/// Blocks the alarm and waits for it.
pub fn wait_for_alarm() {
    let mut alarms = SigSet::empty();
    alarms.add(Signal::SIGALRM);
    alarms.thread_block().expect("block the alarm");
    alarm::set(1);
    alarms.wait().expect("wait for the alarm");
}

fn after(millis: u64) -> libc::itimerspec {
    let seconds = i64::try_from(millis / 1000).expect("a short time");
    let nanos = i64::try_from(millis % 1000 * 1_000_000).expect("less than a second");
    libc::itimerspec {
        it_interval: libc::timespec { tv_sec: 0, tv_nsec: 0 },
        it_value: libc::timespec { tv_sec: seconds, tv_nsec: nanos },
    }
}

/// Says "bye" and exits with 7 on SIGUSR1, which a timer sends.
pub fn timer(millis: u64) {
    signals::set("SIGUSR1", SigHandler::Handler(signals::say_bye));
    // SAFETY:
    // obligation: the type may be all zeroes.
    // here: it is a C struct of numbers and of pointers that may be NULL.
    // broken by: another type.
    let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
    event.sigev_notify = libc::SIGEV_SIGNAL;
    event.sigev_signo = libc::SIGUSR1;
    let mut timer = std::ptr::null_mut();
    // SAFETY:
    // obligation: both pointers are valid (timer_create(2)).
    // here: they point to locals.
    // broken by: SIGEV_THREAD, which would need a function.
    let made = unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) };
    assert_eq!(made, 0, "create a timer");
    // SAFETY:
    // obligation: the timer exists, the time is valid or the old one NULL (timer_settime(2)).
    // here: it was made just now; the old time is not asked for.
    // broken by: deleting the timer first.
    let set = unsafe { libc::timer_settime(timer, 0, &after(millis), std::ptr::null_mut()) };
    assert_eq!(set, 0, "set the timer");
    hang();
}

/// Reads from a timer.
pub fn timerfd(millis: u64) {
    // SAFETY:
    // obligation: none; the call takes two numbers.
    // here: both are valid.
    // broken by: nothing.
    let fd = unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC) };
    assert!(fd >= 0, "create a timer");
    // SAFETY:
    // obligation: nobody else owns the descriptor.
    // here: it was made just now.
    // broken by: closing `fd` as well.
    let mut timer = unsafe { <File as std::os::fd::FromRawFd>::from_raw_fd(fd) };
    let null = std::ptr::null_mut();
    // SAFETY:
    // obligation: the time is valid or NULL for the old one (timerfd_settime(2)).
    // here: the new time is a local, the old one is not asked for.
    // broken by: a pointer to something smaller.
    let set = unsafe { libc::timerfd_settime(timer.as_raw_fd(), 0, &after(millis), null) };
    assert_eq!(set, 0, "set the timer");
    timer.read_exact(&mut [0; 8]).expect("wait for the timer");
}

/// Reads from a socket whose other end it holds itself.
pub fn socket() {
    let (mut one, other) = UnixStream::pair().expect("create a pair of sockets");
    one.read_exact(&mut [0]).expect("read from the socket");
    drop(other);
}

/// Locks a file that it has locked already.
pub fn lock(path: &str) {
    let open = || File::create(path).expect("create a file");
    let held = Flock::lock(open(), FlockArg::LockExclusive).map_err(|(_, error)| error);
    let again = Flock::lock(open(), FlockArg::LockExclusive).map_err(|(_, error)| error);
    again.expect("lock the file again");
    held.expect("lock the file");
}

/// Opens a FIFO that nobody opens for the other way.
pub fn open(path: &str, writing: bool) {
    mkfifo(path, Mode::S_IRWXU).expect("make a FIFO");
    say("ready");
    let mut how = OpenOptions::new();
    how.read(!writing).write(writing).open(path).expect("open the FIFO");
}

/// The same by its name in a directory that it has open.
pub fn open_beside(directory: &str) {
    let directory = File::open(directory).expect("open the directory");
    mkfifoat(&directory, "a", Mode::S_IRWXU).expect("make a FIFO");
    openat(&directory, "a", OFlag::O_RDONLY, Mode::empty()).expect("open the FIFO");
}

/// Reads from a FIFO that is there.
pub fn read_fifo(path: &str) {
    let mut fifo = File::open(path).expect("open the FIFO");
    say("ready");
    fifo.read_exact(&mut [0]).expect("read from the FIFO");
}
