//! `sandboxed`: one program on both sides of a sandbox's wall.
//!
//! ```text
//! sandboxed __launch OPTIONS -- PROGRAM…   the launcher's interface: starts PROGRAM in a sandbox
//! sandboxed __inside OPTIONS -- PROGRAM…   the launcher itself, the sandbox's first process
//! ```

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    match words.next() {
        Some(verb) if verb == sandbox::INSIDE => launcher::main(words),
        Some(verb) if verb == launcher::HIDDEN_VERB => sandbox::wall::main(words),
        _ => {
            let _ = writeln!(std::io::stderr(), "sandboxed: it is started by the grader alone");
            ExitCode::from(125)
        }
    }
}
