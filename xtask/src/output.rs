//! Standard output for verbs whose status counts whether or not anybody reads on, and standard
//! error after a program that had the terminal.

use std::io::{self, ErrorKind, IsTerminal, Write};

use launcher::Ended;
use nix::sys::signal::Signal;

use crate::status::Status;

/// Standard output, with colours where they are wanted. A reader that has gone away (`| head -1`)
/// is no error: what is checked is checked all the same.
pub fn stdout() -> impl Write {
    Patient(anstream::stdout().lock())
}

struct Patient<W>(W);

impl<W: Write> Write for Patient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(bytes.len()),
            outcome => outcome,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            outcome => outcome,
        }
    }
}

/// Says that something is not in the students' copy of the course.
pub fn for_authors(what: &str) -> Status {
    // Standard error may be closed; the status says it as well.
    let _ = writeln!(anstream::stderr(), "error: {what} are not in this edition of the course");
    Status::Usage
}

/// Says on standard error what became of a program that had it until now. Standard error may be
/// closed; the exit status says it as well.
pub fn beside_the_program(ended: &Ended, text: &str) {
    let mut err = anstream::stderr();
    let by_key = match ended {
        Ended::Signaled { number, .. } | Ended::Interrupted { number, .. } => {
            [Signal::SIGINT, Signal::SIGQUIT].iter().any(|&key| key as i32 == *number)
        }
        _ => false,
    };
    // The terminal has printed ^C, and no newline.
    let newline = if by_key && io::stderr().is_terminal() { "\n" } else { "" };
    let _ = write!(err, "{newline}{text}");
}
