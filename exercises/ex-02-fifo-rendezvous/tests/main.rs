//! The tests of ex-02: two programs meet at a FIFO.

mod serve;
mod talk;

use std::process::ExitCode;

use trial::{Outcome, Ran, Test, Trial};

fn main() -> ExitCode {
    trial::main(
        "ex-02",
        &[
            Test { name: "talks", claim: "`talk` gets an answer to each line", run: talk::talks },
            Test {
                name: "says-nothing",
                claim: "`talk` ends when there is nothing to ask",
                run: talk::says_nothing,
            },
            Test {
                name: "answers-at-once",
                claim: "`talk` prints an answer before the next line comes",
                run: talk::answers_at_once,
            },
            Test {
                name: "asks-a-child",
                claim: "`talk` asks a child, through both FIFOs",
                run: talk::asks_a_child,
            },
            Test {
                name: "long-lines",
                claim: "`talk` gets whole answers to lines of up to 4096 bytes",
                run: talk::long_lines,
            },
            Test {
                name: "refuses-a-line",
                claim: "`talk` refuses a longer line, and removes what it made",
                run: talk::refuses_a_line,
            },
            Test {
                name: "keeps-a-file",
                claim: "`talk` leaves a regular file alone",
                run: talk::keeps_a_file,
            },
            Test {
                name: "three-clients",
                claim: "`serve` serves one client after the other",
                run: serve::three_clients,
            },
            Test {
                name: "silent-client",
                claim: "`serve` outlives a client that says nothing",
                run: serve::silent_client,
            },
            Test {
                name: "idle-server",
                claim: "`serve` sleeps while there is no client",
                run: serve::idle_server,
            },
            Test {
                name: "early-client",
                claim: "`send` may come before `serve`",
                run: serve::early_client,
            },
            Test {
                name: "many-requests",
                claim: "`serve` tells apart requests that come together",
                run: serve::many_requests,
            },
            Test {
                name: "longest-request",
                claim: "`send` takes 4096 bytes and refuses 4097",
                run: serve::longest_request,
            },
            Test {
                name: "keeps-a-request-file",
                claim: "`serve` and `send` leave a regular file alone",
                run: serve::keeps_a_file,
            },
            Test {
                name: "cannot-print",
                claim: "`serve` removes its FIFO also when it fails",
                run: serve::cannot_print,
            },
        ],
    )
}

/// The test's folder holds these files and no others, whatever the program made in it.
fn leaves_only(trial: &Trial, ran: &Ran, names: &[&str], means: &str) -> Outcome {
    let entries = std::fs::read_dir(trial.folder())?.collect::<std::io::Result<Vec<_>>>()?;
    let mut found: Vec<String> =
        entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    found.sort();
    let list = |names: &[String]| match names {
        [] => "nothing".to_owned(),
        names => names.join(", "),
    };
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let expected = format!("what is left in DIR: {}", list(&names));
    let came = format!("what is left in DIR: {}", list(&found));
    ran.holds(found == names, &expected, &came, means)
}
