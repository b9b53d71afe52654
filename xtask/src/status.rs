//! The exit statuses of `cargo xtask`, all in one place.

use std::io::{self, Write};
use std::process::ExitCode;

use course::WrongId;

/// How a verb ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 0: what was checked holds.
    Holds,
    /// 1: something that was checked failed.
    Failed,
    /// 2: the command line is wrong.
    Usage,
    /// 125: the runner itself failed, or a program does not compile.
    Runner,
    /// `run`, `doctor`: the program's own status; 128+N after signal N; 123 when a deadlock was
    /// proved; 124 when its deadline passed.
    Program(u8),
}

impl Status {
    /// The number that the caller's shell sees.
    pub fn code(self) -> u8 {
        match self {
            Status::Holds => 0,
            Status::Failed => 1,
            Status::Usage => 2,
            Status::Runner => 125,
            Status::Program(code) => code,
        }
    }
}

/// Turns a verb's outcome into the process's end; says what went wrong, in one message.
pub fn exit(outcome: anyhow::Result<Status>) -> ExitCode {
    let status = match outcome {
        Ok(status) => status,
        Err(error) if is_broken_pipe(&error) => Status::Holds,
        Err(error) => {
            // Standard error may be closed; the status says it as well.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            if error.is::<WrongId>() { Status::Usage } else { Status::Runner }
        }
    };
    ExitCode::from(status.code())
}

/// Whoever read our standard output has gone away (`| head -1`): not an error of ours.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn the_documented_numbers() {
        let all = [Status::Holds, Status::Failed, Status::Usage, Status::Runner];
        assert_eq!(all.map(Status::code), [0, 1, 2, 125]);
        assert_eq!(Status::Program(130).code(), 130);
    }
}
