//! Programs that use bytes, time, memory and descriptors.

use std::ffi::CString;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, BufRead, Read, Write};
use std::thread;
use std::time::Duration;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::processes::child;
use crate::{hang, ready_and_hang, say};

const MIB: u64 = 1024 * 1024;

/// Writes so many bytes to standard output and to standard error: every value, in a pattern whose
/// length no buffer's divides.
pub fn bytes(stdout_count: u64, stderr_count: u64) {
    let pattern: Vec<u8> = (0..=250).cycle().take(251 * 256).collect();
    write_pattern(&mut io::stdout().lock(), &pattern, stdout_count);
    write_pattern(&mut io::stderr().lock(), &pattern, stderr_count);
}

fn write_pattern(to: &mut dyn Write, pattern: &[u8], mut count: u64) {
    while count > 0 {
        let part = usize::try_from(count).unwrap_or(usize::MAX).min(pattern.len());
        to.write_all(&pattern[..part]).expect("write the pattern");
        count -= part as u64;
    }
    to.flush().expect("write the pattern");
}

/// Lines without an end.
pub fn lines() {
    let mut stdout = io::stdout().lock();
    for number in 1_u64.. {
        writeln!(stdout, "line {number}").expect("write a line");
    }
}

pub fn copy() {
    io::copy(&mut io::stdin().lock(), &mut io::stdout().lock()).expect("copy");
}

pub fn read_line() {
    say("ready");
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).expect("read a line");
    say(&format!("got {}", line.trim_end()));
}

/// Closes its standard input without having read any of it; then ends, or hangs.
pub fn close_stdin(hangs: bool) {
    nix::unistd::close(0).expect("close standard input");
    say("ready");
    if hangs {
        hang();
    }
}

/// Ends with all three closed.
pub fn close_all() {
    for fd in 0..3 {
        nix::unistd::close(fd).expect("close a standard stream");
    }
}

pub fn spin() {
    loop {
        black_box(0);
    }
}

/// So many threads that all want the same processor.
pub fn spin_on_one_processor(count: u64) {
    let this = Pid::from_raw(0);
    let allowed = sched_getaffinity(this).expect("ask for the processors");
    let mut may_use = (0..CpuSet::count()).filter(|&cpu| allowed.is_set(cpu).unwrap_or(false));
    let mut one = CpuSet::new();
    one.set(may_use.next().expect("a processor")).expect("name one");
    sched_setaffinity(this, &one).expect("take one processor");
    for _ in 1..count {
        thread::spawn(spin);
    }
    spin();
}

/// Children one after another, each of which uses 50 ms of CPU time and is waited for.
pub fn spin_in_children(count: u64) {
    for _ in 0..count {
        let spinning = child(|| {
            let begin = cpu_time();
            while cpu_time() - begin < Duration::from_millis(50) {
                black_box(0);
            }
        });
        waitpid(spinning, None).expect("wait for a child");
    }
}

fn cpu_time() -> Duration {
    let used = getrusage(UsageWho::RUSAGE_SELF).expect("read the CPU time");
    let time = used.user_time() + used.system_time();
    Duration::from_micros(time.num_microseconds().unsigned_abs())
}

fn touch(mib: u64) -> Vec<u8> {
    black_box(vec![1; usize::try_from(mib * MIB).expect("a size")])
}

pub fn memory(mib: u64) {
    let memory = touch(mib);
    say(&format!("ready {}", memory.len()));
}

/// Children that each hold so much, at the same time, without an end.
pub fn memory_in_children(count: u64, mib: u64) {
    for _ in 0..count {
        child(|| {
            let _memory = touch(mib);
            hang();
        });
    }
    ready_and_hang();
}

/// The first thread ends; another holds the memory, without an end.
pub fn memory_of_a_dead_leader(mib: u64) {
    std::thread::spawn(move || {
        let memory = touch(mib);
        say(&format!("ready {}", memory.len()));
        hang();
    });
    // SAFETY:
    // obligation: the exit system call ends the calling thread only; nothing of it may be used on.
    // here: the other thread borrows nothing from this one.
    // broken by: a scoped thread.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
}

/// Holds so much memory, forks, starts a program in the child, and exits as it does.
pub fn start_from(mib: u64, words: &[String]) {
    let memory = touch(mib);
    let words: Vec<CString> =
        words.iter().map(|word| CString::new(word.as_str()).expect("no NUL")).collect();
    let started = child(|| {
        nix::unistd::execvp(&words[0], &words).expect("start the program");
    });
    waitpid(started, None).expect("wait for the program");
    drop(memory);
}

/// Opens until it may not, and says why not and how many are open.
pub fn open_files() {
    let mut files: Vec<File> = Vec::new();
    let error = loop {
        match File::open("/dev/null") {
            Ok(file) => files.push(file),
            Err(error) => break error,
        }
    };
    let errno = nix::errno::Errno::from_raw(error.raw_os_error().expect("an error of the system"));
    say(&format!("{errno:?} after {}", files.len()));
}

/// The numbers of the descriptors that it was started with.
pub fn descriptors() {
    let mut numbers: Vec<i32> = Vec::new();
    for entry in fs::read_dir("/proc/self/fd").expect("read /proc/self/fd") {
        let path = entry.expect("read /proc/self/fd").path();
        let leads_to_the_listing = fs::read_link(&path).is_ok_and(|to| to.ends_with("fd"));
        let number = path.file_name().and_then(|name| name.to_str()).expect("a number");
        if !leads_to_the_listing {
            numbers.push(number.parse().expect("a number"));
        }
    }
    numbers.sort_unstable();
    say(&format!("{numbers:?}"));
    // Whatever is on standard input comes back, to show that it is open.
    io::stdin().lock().read_to_end(&mut Vec::new()).expect("read standard input");
}
