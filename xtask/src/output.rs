//! Standard output for verbs whose status counts whether or not anybody reads on.

use std::io::{self, ErrorKind, Write};

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
