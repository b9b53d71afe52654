//! The hidden tests of ex-06: control characters that the others do not have.

use std::process::ExitCode;

use trial::{Outcome, Test, Trial};

const ESCAPED: &str = "Whoever sends a payload must not move the cursor of a terminal: every control \
    character is printed as an escape, also those that are not ASCII.";

fn main() -> ExitCode {
    trial::main(
        "ex-06",
        &[Test {
            name: "escapes-all",
            claim: "every control character of a payload is printed as an escape",
            run: escapes_all,
        }],
    )
}

/// All of C0 but zero, DEL, and all of C1, each before plain letters.
fn escapes_all(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    let controls = ('\u{1}'..='\u{1f}').chain('\u{7f}'..='\u{9f}');
    let (mut input, mut expected) = (Vec::new(), String::new());
    for control in controls {
        let letters: String = std::iter::repeat_with(|| random.lowercase()).take(3).collect();
        let payload = format!("{control}{letters}ä");
        let length = 1 + payload.len() as u32;
        input.extend([length.to_be_bytes().as_slice(), &[3], payload.as_bytes()].concat());
        expected += &format!("[RESULT] {}{letters}ä\n", control.escape_debug());
    }
    let ran = trial.program(std::iter::empty::<&str>()).input(input).run()?;
    ran.exits(0, ESCAPED)?;
    ran.prints(expected, ESCAPED)
}
