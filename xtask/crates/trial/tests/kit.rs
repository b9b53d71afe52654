//! A set of tests as an exercise has one, whose program is any command: for the tests of the kit.

use std::process::ExitCode;
use std::time::Duration;

use trial::{Outcome, Test, Trial, Wrong};

const MEANS: &str = "what it means";

fn main() -> ExitCode {
    let test = |name, run: fn(&Trial) -> Outcome| Test { name, claim: name, run };
    trial::main(
        "ex-00",
        &[
            test("prints", prints),
            test("exits", exits),
            test("fails", fails),
            test("reaps", reaps),
            test("agrees", agrees),
            test("complains", complains),
            test("feeds", feeds),
            test("much", much),
            test("random", random),
            test("talks", talks),
            test("drops", drops),
            test("two-at-once", two_at_once),
            test("scripted", scripted),
            test("leaves", leaves),
            test("nothing-there", |trial| Ok(trial.left("file").map(drop)?)),
            test("skips", |_| Err(Wrong::Skipped("why it cannot be made".to_owned()))),
            test("panics", |_| panic!("the test's own mistake")),
        ],
    )
}

fn prints(trial: &Trial) -> Outcome {
    trial.program::<&str>([]).run()?.prints("one\ntwo\n", MEANS)
}

fn exits(trial: &Trial) -> Outcome {
    let program = trial.program::<&str>([]).limits(|limits| {
        limits.memory_bytes = Some(64 << 20);
        limits.cpu = Some(Duration::from_millis(500));
    });
    program.run()?.exits(0, MEANS)
}

fn fails(trial: &Trial) -> Outcome {
    trial.program::<&str>([]).run()?.fails(MEANS)
}

fn reaps(trial: &Trial) -> Outcome {
    trial.program::<&str>([]).run()?.leaves_nothing(MEANS)
}

fn agrees(trial: &Trial) -> Outcome {
    trial::snapshot!(trial.program::<&str>([]).run()?, @"\none\ntwo\n", MEANS)
}

fn complains(trial: &Trial) -> Outcome {
    trial.program::<&str>([]).run()?.complains("oh\n", MEANS)
}

fn feeds(trial: &Trial) -> Outcome {
    trial.program(["--an argument"]).input("a\tb\n").run()?.prints("a\tb\n", MEANS)
}

fn much(trial: &Trial) -> Outcome {
    let input = vec![b'x'; 1_000_000];
    trial.program::<&str>([]).input(input.clone()).run()?.prints(input, MEANS)
}

fn random(trial: &Trial) -> Outcome {
    let number = trial.random().u64(..).to_string();
    trial.program([&number]).run()?.prints(number, MEANS)
}

fn talks(trial: &Trial) -> Outcome {
    let mut talk = trial.program::<&str>([]).talk()?;
    for word in ["one\n", "two\n"] {
        talk.send(word);
        talk.expects(word, MEANS)?;
    }
    let ran = talk.finish()?;
    ran.exits(0, MEANS)?;
    ran.prints("one\ntwo\n", MEANS)
}

fn two_at_once(trial: &Trial) -> Outcome {
    let mut talk = trial.program::<&str>([]).may_stand_still().talk()?;
    talk.runs_as(2, MEANS)?;
    talk.finish()?.exits(0, MEANS)
}

/// The program tells its number, and would never end.
fn drops(trial: &Trial) -> Outcome {
    let mut talk = trial.program::<&str>([]).limits(|limits| limits.quiet = None).talk()?;
    let pid = talk.line()?.unwrap_or_default();
    drop(talk);
    let is_there = std::path::Path::new("/proc").join(&pid).exists();
    assert!(!pid.is_empty() && !is_there, "the program `{pid}` has outlived its test");
    Ok(())
}

/// The program is to write a file, and another is put in its place.
fn leaves(trial: &Trial) -> Outcome {
    trial.put("file", "before\n")?;
    let ran = trial.program::<&str>([]).run()?;
    ran.exits(0, MEANS)?;
    let left = trial.left("file")?;
    ran.holds(left == b"after\n", "`after`", "something else", MEANS)?;
    Ok(trial.put("file", "again\n")?)
}

fn scripted(trial: &Trial) -> Outcome {
    trial.program(["a"]).in_script(r#""$@" | cat; exit 7"#).run()?.exits(7, MEANS)
}
