//! Nothing survives a step of `test`.

use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{run, stderr};

/// What the launcher starts for a step, which is `sh` with this script.
const STEP: [&str; 3] = ["__survivors", "sh", "-c"];
const SURVIVOR: &str = "survived the step: sleep 60 (pid ";

#[test]
fn who_survives_a_step_is_named() {
    for starts in ["sleep 60 &", "setsid sleep 60 &", "(sleep 60 &);"] {
        let script = format!("exec </dev/null >/dev/null 2>&1; {starts} exit 0");
        let names = run(Path::new("/"), STEP.into_iter().chain([script.as_str()])).code(1);
        let said = stderr(&names);
        let pid = said.split_once(SURVIVOR).and_then(|(_, rest)| rest.split(')').next());
        let pid: i32 = pid.and_then(|pid| pid.parse().ok()).unwrap_or_else(|| panic!("{said}"));
        kill(Pid::from_raw(pid), Signal::SIGKILL).expect("end who has survived");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn who_goes_in_time_is_no_survivor() {
    for (script, code) in
        [("sleep 0.1 & exit 3", 3), ("(sleep 0.1 &) ; exit 0", 0), ("kill -9 $$", 137)]
    {
        run(Path::new("/"), STEP.into_iter().chain([script])).code(code);
    }
    let missing = run(Path::new("/"), ["__survivors", "no-such-command"]).code(125);
    assert!(stderr(&missing).contains("run no-such-command: No such file"), "{missing:?}");
}
