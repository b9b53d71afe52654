//! A wait is seen in whichever call it happens: other makes of `cat` and `yes` use other calls than
//! those on this machine. Here threads make them, and each has its own file in /proc.

#![expect(unsafe_code, reason = "splice, tee and vmsplice are libc's alone here")]

use std::io::{self, IoSlice, IoSliceMut, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::ptr;
use std::sync::mpsc;
use std::thread;

use nix::unistd::{Pid, gettid};

#[path = "../src/blocked.rs"]
mod blocked;

/// More than a pipe holds, less than two of them.
const BYTES: usize = 100_000;

/// Starts a thread that waits in `call`, sees that it does, and lets it go on by `release`.
#[track_caller]
fn is_seen(
    calls: &[(libc::c_long, usize)],
    number: RawFd,
    call: impl FnOnce() -> bool + Send,
    release: impl FnOnce(),
) {
    thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let waiting = scope.spawn(move || {
            tell.send(gettid()).expect("somebody listens");
            call()
        });
        let thread: Pid = told.recv().expect("the thread has begun");
        let seen = blocked::until_in(calls, number, thread);
        release();
        assert!(waiting.join().expect("no panic"), "the call failed");
        seen.expect("the wait is seen");
    });
}

/// An empty pipe whose reader waits until a byte comes.
#[track_caller]
fn read_is_seen(call: impl FnOnce(&mut PipeReader) -> bool + Send) {
    let (mut reader, mut writer) = io::pipe().expect("make a pipe");
    let number = reader.as_raw_fd();
    let release = || writer.write_all(b"x").expect("write a byte");
    is_seen(blocked::READS, number, move || call(&mut reader), release);
}

/// A full pipe whose writer waits until it is read empty.
#[track_caller]
fn write_is_seen(call: impl FnOnce(&mut PipeWriter) -> bool + Send) {
    let (mut reader, mut writer) = io::pipe().expect("make a pipe");
    fill(&writer);
    let number = writer.as_raw_fd();
    let release = move || {
        let mut all = Vec::new();
        reader.read_to_end(&mut all).expect("read all");
    };
    is_seen(blocked::WRITES, number, move || call(&mut writer), release);
}

fn fill(writer: &PipeWriter) {
    // SAFETY:
    // obligation: F_GETPIPE_SZ takes no pointer (fcntl(2)).
    // here: it has none.
    // broken by: another command.
    let capacity = unsafe { libc::fcntl(writer.as_raw_fd(), libc::F_GETPIPE_SZ) };
    let bytes = vec![b'.'; usize::try_from(capacity).expect("a capacity")];
    (&mut &*writer).write_all(&bytes).expect("fill the pipe");
}

fn splice(from: &impl AsRawFd, to: &impl AsRawFd) -> bool {
    let (from, to) = (from.as_raw_fd(), to.as_raw_fd());
    // SAFETY:
    // obligation: the offsets are null or lead to numbers (splice(2)).
    // here: both are null, as pipes need it.
    // broken by: an offset that does not outlive the call.
    let count = unsafe { libc::splice(from, ptr::null_mut(), to, ptr::null_mut(), BYTES, 0) };
    count > 0
}

fn tee(from: &impl AsRawFd, to: &impl AsRawFd) -> bool {
    // SAFETY:
    // obligation: tee takes no pointer (tee(2)).
    // here: it has none.
    // broken by: another call.
    let count = unsafe { libc::tee(from.as_raw_fd(), to.as_raw_fd(), BYTES, 0) };
    count > 0
}

#[test]
fn readers() {
    read_is_seen(|reader| reader.read(&mut [0]).is_ok_and(|count| count == 1));
    read_is_seen(|reader| {
        let (mut first, mut second) = ([0], [0]);
        let mut slices = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        reader.read_vectored(&mut slices).is_ok_and(|count| count == 1)
    });
    let (_reader, aside) = io::pipe().expect("make a pipe");
    read_is_seen(|reader| splice(reader, &aside));
    read_is_seen(|reader| tee(reader, &aside));
}

#[test]
fn writers() {
    write_is_seen(|writer| writer.write_all(&vec![b'.'; BYTES]).is_ok());
    write_is_seen(|writer| {
        let (first, second) = (vec![b'.'; BYTES], [b'.']);
        let slices = [IoSlice::new(&first), IoSlice::new(&second)];
        writer.write_vectored(&slices).is_ok_and(|count| count > 0)
    });
    write_is_seen(|writer| {
        let bytes = [b'.'];
        let slice = IoSlice::new(&bytes);
        let slices = (&raw const slice).cast::<libc::iovec>();
        // SAFETY:
        // obligation: the array has as many slices as said, and what they lead to is not changed
        //   while it is in the pipe (vmsplice(2)).
        // here: one slice, which has the layout of an iovec (IoSlice); nobody changes its byte.
        // broken by: a byte that is used again, or a longer count.
        unsafe { libc::vmsplice(writer.as_raw_fd(), slices, 1, 0) == 1 }
    });
    let (aside, source) = io::pipe().expect("make a pipe");
    fill(&source);
    // Both of these leave something in the pipe that they take from.
    write_is_seen(|writer| tee(&aside, writer));
    write_is_seen(|writer| splice(&aside, writer));
}
