//! What the senders do, each in a process of its own: only calls that are safe in a child after
//! fork, and `_exit` at the end (signal-safety(7)).

use std::io::{PipeReader, PipeWriter};

use nix::errno::Errno;
use nix::unistd::{alarm, read, write};

// ANCHOR: senders-three
/// A frame in three writes. After the first it closes `give`, which gives another sender its turn,
/// and waits for its own turn: end-of-file on `turn`.
pub fn in_three_writes(
    writer: &PipeWriter,
    [header, kind, payload]: [&[u8]; 3],
    turn: &PipeReader,
    (own, give): (PipeWriter, PipeWriter),
) -> ! {
    // A mistake on either side must not leave a child that waits for ever: SIGALRM would end it.
    alarm::set(5);

    // The copy that fork has made of the write end of `turn` would withhold its end-of-file.
    drop(own);
    let first = write(writer, header);

    // The last write end of the pipe that the other sender reads.
    drop(give);
    let told = read(turn, &mut [0]);

    let second = write(writer, kind);
    let third = write(writer, payload);
    let written = [first, second, third] == [header, kind, payload].map(|piece| Ok(piece.len()));

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes the descriptors.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { nix::libc::_exit(i32::from(!written || told != Ok(0))) }
}
// ANCHOR_END: senders-three

// ANCHOR: senders-one
/// A frame in one write, when `turn` has come. The end of the process closes the pipe on which the
/// other sender waits for its turn.
pub fn in_one_write(writer: &PipeWriter, frame: &[u8], turn: &PipeReader, own: PipeWriter) -> ! {
    // A mistake on either side must not leave a child that waits for ever: SIGALRM would end it.
    alarm::set(5);

    // The copy that fork has made of the write end of `turn` would withhold its end-of-file.
    drop(own);
    let told = read(turn, &mut [0]);
    let written = write(writer, frame);

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes the descriptors.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { nix::libc::_exit(i32::from(written != Ok(frame.len()) || told != Ok(0))) }
}
// ANCHOR_END: senders-one

// ANCHOR: senders-refused
/// The same frame again and again, one write each, until nobody can read any more.
pub fn until_refused(reader: PipeReader, writer: &PipeWriter, frame: &[u8]) -> ! {
    // A mistake on either side must not leave a child that waits for ever: SIGALRM would end it.
    alarm::set(5);

    // With a read end of its own the sender would never hear that the parent's is closed.
    drop(reader);

    // A write that has begun when the read end is closed returns what it has written by then; the
    // next one is refused.
    let refused = loop {
        if let Err(error) = write(writer, frame) {
            break error;
        }
    };

    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes the descriptors.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { nix::libc::_exit(i32::from(refused != Errno::EPIPE)) }
}
// ANCHOR_END: senders-refused
