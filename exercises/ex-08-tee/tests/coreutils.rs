//! The same runs with the program and with tee(1) of the GNU coreutils, compared byte for byte.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use trial::{Outcome, Ran, Trial, Wrong, inputs};

const SAME: &str = "tee(1) of the GNU coreutils was run in the same way, and did that. What it does \
    is in README.md, and in `info coreutils tee`.";

/// Runs a command in a folder of its own, as `$stdout` says: `closed` is a FIFO whose only reader
/// has gone before the first byte of input comes.
const RUN: &str = r#"
umask 0
run() {
    mkdir "$1"; cd "$1"; shift
    echo 'what was there before' >existing
    case $stdout in
    file) "$@" <../input >output 2>errors ;;
    full) "$@" <../input >/dev/full 2>errors ;;
    closed)
        mkfifo in out
        "$@" <in >out 2>errors &
        exec 4>in
        : <out
        cat ../input >&4
        exec 4>&-
        wait $! ;;
    esac
    echo $? >status
    cd ..
}
"#;

pub fn as_coreutils_tee(trial: &Trial) -> Outcome {
    let version = Command::new("tee").arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    if !version.is_ok_and(|version| version.contains("GNU coreutils")) {
        return Err(Wrong::Skipped("there is no tee of the GNU coreutils to compare with".into()));
    }
    let mut random = trial.random();
    let mut bytes = |size| inputs::bytes(&mut random, size);
    let some = bytes(10);
    let (pipeful, more) = (bytes(65_536), bytes(200_003));
    let cases: [(&str, &str, &[u8]); 11] = [
        ("file", "new", b""),
        ("file", "new", &more),
        ("file", "existing", &some),
        ("file", "-", &some),
        ("file", "two words", &pipeful),
        ("file", "no/such", &more),
        ("file", ".", &some),
        ("file", "/dev/full", &more),
        ("full", "new", &more),
        ("full", "/dev/full", &some),
        ("closed", "new", &some),
    ];
    for (stdout, file, input) in cases {
        compare(trial, stdout, file, input)?;
    }
    Ok(())
}

/// One case, in two folders that are gone afterwards.
fn compare(trial: &Trial, stdout: &str, file: &str, input: &[u8]) -> Outcome {
    let folder = trial.folder();
    trial.put("input", input)?;
    trial.put(
        "run-peer",
        format!("stdout={stdout}\n{RUN}for file; do :; done\nrun peer tee \"$file\""),
    )?;
    trial.put("run-own", format!("stdout={stdout}\n{RUN}run own \"$@\""))?;
    // A run of its own, over before the program is started: what it leaves is tee's.
    let script = "LC_ALL=C sh ./run-peer \"$@\"";
    trial.program([file]).in_script(script).run()?.exits(0, SAME)?;
    let expected = Left::look(trial, "peer", file)?;
    let ran = trial
        .program([file])
        .in_script("LC_ALL=C sh ./run-own \"$@\"")
        .by_hand(by_hand(stdout, file))
        .run()?;
    ran.exits(0, SAME)?;
    let came = Left::look(trial, "own", file)?;
    let words = match stdout {
        "full" => "/dev/full",
        "closed" => "a pipe that nobody reads",
        _ => "a file",
    };
    let case = format!("\nwhere FILE is `{file}` and standard output {words}");
    let same = |one: &str, other: &str, what: &str| {
        let (wanted, other_words) = (format!("{what} {one}{case}"), format!("{what} {other}"));
        ran.holds(one == other, &wanted, &other_words, SAME)
    };
    same(&expected.status, &came.status, "exit code")?;
    same_bytes(&ran, "standard output", &case, expected.output, came.output)?;
    same_bytes(&ran, "the file", &case, expected.content, came.content)?;
    same(&expected.mode, &came.mode, "a file of mode")?;
    let count = |errors: &str| match errors.lines().count() {
        1 => "1 line on standard error".to_owned(),
        lines => format!("{lines} lines on standard error"),
    };
    // The quotes are a matter of taste.
    let errors = came.errors.replace('\'', "");
    for words in expected.errors.lines() {
        // `tee: 'standard output': No space left on device`
        let words = words.trim_start_matches("tee: ").replace('\'', "");
        ran.holds(
            errors.contains(&words),
            &format!("`{words}` in a message{case}"),
            &format!("standard error: {}", came.errors.trim_end()),
            SAME,
        )?;
    }
    let (wanted, said) = (count(&expected.errors), count(&came.errors));
    ran.holds(wanted == said, &format!("{wanted}{case}"), &said, SAME)?;
    fs::remove_dir_all(folder.join("peer"))?;
    fs::remove_dir_all(folder.join("own"))?;
    Ok(())
}

/// Both, one after the other, as a student can type them.
fn by_hand(stdout: &str, file: &str) -> String {
    let look = match (stdout, file) {
        ("full", _) => " > /dev/full; echo $?".to_owned(),
        ("closed", _) => " | true; echo $?".to_owned(),
        (_, "new" | "existing" | "-" | "two words") => {
            format!("; ls -l './{file}'; rm './{file}'")
        }
        _ => "; echo $?".to_owned(),
    };
    format!("seq 9 | tee '{file}'{look}; seq 9 | cargo xtask run ex-08 -- '{file}'{look}")
}

fn same_bytes(ran: &Ran, what: &str, case: &str, expected: Bytes, came: Bytes) -> Outcome {
    let words = |bytes: &Bytes| match bytes {
        Some(bytes) => format!("{what} with {} bytes", bytes.len()),
        None => format!("{what} is not there"),
    };
    let same = format!("{}, as tee(1) writes it{case}", words(&expected));
    ran.holds(expected == came, &same, &words(&came), SAME)
}

/// `None` where there is no such file.
type Bytes = Option<Vec<u8>>;

/// What a run has left in its folder.
struct Left {
    status: String,
    output: Bytes,
    errors: String,
    content: Bytes,
    mode: String,
}

impl Left {
    fn look(trial: &Trial, of: &str, file: &str) -> std::io::Result<Left> {
        let of = Path::new(of);
        let text = |name: &str| {
            let left = trial.left(of.join(name));
            left.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        let found = fs::symlink_metadata(trial.folder().join(of).join(file)).ok();
        let found = found.filter(fs::Metadata::is_file);
        Ok(Left {
            status: text("status")?.trim_end().to_owned(),
            output: trial.left(of.join("output")).ok(),
            errors: text("errors")?,
            content: found.is_some().then(|| trial.left(of.join(file))).transpose()?,
            mode: found.map_or("none".to_owned(), |found| {
                format!("{:o}", found.permissions().mode() & 0o7777)
            }),
        })
    }
}
