//! The hidden tests of ex-04: more commands than the others have.

use std::process::ExitCode;

use trial::{Outcome, Test, Trial};

const ALL: &str = "Any number of commands is started and read, each under a number of its own.";

fn main() -> ExitCode {
    trial::main(
        "ex-04",
        &[Test {
            name: "many-commands",
            claim: "any number of commands is read and told of",
            run: many_commands,
        }],
    )
}

/// A number has two digits, and a set of pipes does not fit into a few.
fn many_commands(trial: &Trial) -> Outcome {
    let commands = trial.random().usize(18..24);
    let mut words: Vec<String> = Vec::new();
    let (mut lines, mut endings) = (Vec::new(), Vec::new());
    for number in 1..=commands {
        if number > 1 {
            words.push("--".to_owned());
        }
        let code = number % 7;
        words.extend(["sh", "-c"].map(str::to_owned));
        words.push(format!("echo line {number}; exit {code}"));
        lines.push(format!("[{number}] line {number}\n"));
        endings.push(format!("[{number}] exited with {code}\n"));
    }
    let mut ran = trial.program(words).run()?;
    ran.exits(0, ALL)?;
    // Which command is heard first is left open; the endings have their order.
    let mut printed: Vec<&[u8]> = ran.stdout.split_inclusive(|&byte| byte == b'\n').collect();
    let outputs = printed.len().saturating_sub(commands);
    printed[..outputs].sort_unstable();
    ran.stdout = printed.concat();
    lines.sort_unstable();
    ran.prints(lines.concat() + &endings.concat(), ALL)?;
    ran.leaves_nothing(ALL)
}
