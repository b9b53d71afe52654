//! The tests of ex-08: a tee.

mod copies;
mod coreutils;
mod failures;

use std::process::ExitCode;

use trial::{Ran, Test, Trial};

/// What the program's file is called, where nothing depends on it.
const FILE: &str = "tee_output.txt";
/// The same for a student, who stands at the root of the course.
const TYPED: &str = "/tmp/tee_output.txt";

const FILE_TOO: &str = "What the parent writes to standard output it writes into the pipe as well, \
    and the child writes into the file whatever it reads there until end-of-file. The file is \
    complete when the child has ended, so the parent waits for it before it ends itself.";

fn main() -> ExitCode {
    let test = |name, claim, run: fn(&Trial) -> trial::Outcome| Test { name, claim, run };
    trial::main(
        "ex-08",
        &[
            test("hello-tee", "`echo \"hello tee\"` goes to both", copies::hello_tee),
            test("no-input", "an empty input makes an empty file", copies::no_input),
            test("every-byte", "every byte of a binary input goes to both", copies::every_byte),
            test(
                "simultaneously",
                "a piece goes to both while the input is still open",
                copies::simultaneously,
            ),
            test(
                "child-handles-the-file",
                "a second process is there as long as the program runs",
                copies::child_handles_the_file,
            ),
            test("large-input", "64 MiB go through, and are not collected", copies::large_input),
            test(
                "file-cannot-be-opened",
                "without its file it still copies to standard output",
                failures::file_cannot_be_opened,
            ),
            test(
                "disk-full",
                "when the disk is full it still copies to standard output",
                failures::disk_full,
            ),
            test(
                "standard-output-full",
                "when standard output is full it still writes the file",
                failures::standard_output_full,
            ),
            test(
                "neither-is-left",
                "when neither output is left it reads nothing more",
                failures::neither_is_left,
            ),
            test(
                "standard-output-closed-early",
                "`| head -1` ends it by SIGPIPE, with the file complete",
                failures::standard_output_closed_early,
            ),
            test("unreadable-input", "a read error is told", failures::unreadable_input),
            test(
                "as-coreutils-tee",
                "it does what tee(1) of the GNU coreutils does",
                coreutils::as_coreutils_tee,
            ),
            test(
                "wrong-usage",
                "it takes one file, or ends with exit code 2",
                failures::wrong_usage,
            ),
        ],
    )
}

/// The file holds these bytes.
fn file_holds(trial: &Trial, ran: &Ran, expected: &[u8], means: &str) -> trial::Outcome {
    let came = match trial.left(FILE) {
        // Words for 64 MiB take longer than the run: they are for what is wrong.
        Ok(found) if found == expected => return ran.holds(true, "", "", means),
        Ok(found) => in_words(expected, &found),
        Err(error) => format!("it cannot be read: {error}"),
    };
    ran.holds(false, &format!("a file {FILE} with {}", shown(expected)), &came, means)
}

fn in_words(expected: &[u8], found: &[u8]) -> String {
    let same = expected.iter().zip(found).take_while(|(one, other)| one == other).count();
    match found.len() {
        0..=SHORT_BYTES => format!("it has {}", shown(found)),
        count if same == count => format!("it has the first {count} of them, and no more"),
        count => format!("it has {count} bytes, the first {same} of them right"),
    }
}

/// What is not longer is shown.
const SHORT_BYTES: usize = 40;

fn shown(bytes: &[u8]) -> String {
    match bytes.len() {
        0 => "nothing in it".to_owned(),
        1..=SHORT_BYTES => format!("{:?}", String::from_utf8_lossy(bytes)),
        count => format!("all {count} bytes"),
    }
}
