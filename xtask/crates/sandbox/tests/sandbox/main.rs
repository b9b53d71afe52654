//! What a program in the sandbox can see and do, and what it cannot.

mod boxed;

use boxed::run;
use launcher::{Ended, Limit};

#[test]
fn a_program_runs_and_ends_with_its_own_status() {
    let ran = run("echo out; echo err >&2; exit 3");
    assert_eq!(ran.report.ended, Ended::Exited { code: 3 }, "{}", ran.said());
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("out\n", "err\n"));
    assert_eq!(ran.report.unreaped, Some(0));
}

#[test]
fn a_pipeline_of_real_commands_runs() {
    let ran = run("seq 100000 | sort -n | awk '{ print $1 + 1 }' | tail -1 > f; cat f");
    assert_eq!(ran.stdout, "100001\n", "{}", ran.said());
}

#[test]
fn a_deadlock_is_proved_behind_the_wall() {
    let ran = run("mkfifo f; cat f");
    assert!(
        matches!(ran.report.ended, Ended::Deadlock | Ended::Limit { limit: Limit::Quiet }),
        "{}",
        ran.said()
    );
    let told = ran.report.diagnosis.as_ref().map(|told| told.text(true)).unwrap_or_default();
    assert!(told.contains("open"), "{told}");
}
