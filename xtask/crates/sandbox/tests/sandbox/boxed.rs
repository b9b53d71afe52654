//! One shell command behind the wall.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use launcher::{Launch, Limits, Report};
use sandbox::user::User;
use sandbox::{Config, Place, REPORT};

pub struct Ran {
    pub report: Report,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn said(&self) -> String {
        format!("{:?}\n{}\n{}", self.report, self.stdout, self.stderr)
    }
}

/// Limits small enough that reaching them takes no time.
pub fn limits() -> Limits {
    Limits {
        wall: Some(Duration::from_secs(10)),
        quiet: Some(Duration::from_millis(400)),
        cpu: Some(Duration::from_secs(2)),
        memory_bytes: Some(256 << 20),
        processes: Some(64),
        open_files: Some(256),
        output_bytes: Some(8 << 20),
        ..Limits::default()
    }
}

pub fn run(script: &str) -> Ran {
    run_with(script, Config::default())
}

pub fn run_with(script: &str, config: Config) -> Ran {
    let sandboxed = Path::new(env!("CARGO_BIN_EXE_sandboxed"));
    let place = Place::new(sandboxed, config).expect("make a place");
    let user = User::choose(1).expect("find a user")[0];
    let report = tempfile::tempdir().expect("make a directory");
    std::os::unix::fs::chown(report.path(), Some(user.number()), None).expect("hand it over");

    let mut words = place.command(None, report.path(), &[]);
    let to = Path::new(REPORT).join("report.json");
    let launch = Launch::captured("sh").args(["-c", script]).limits(limits());
    let inner = launch.command(Path::new("/pipeworks/sandboxed"), &to);
    let in_folder = "mkdir test && cd test && exec \"$@\"";
    words.extend(["sh", "-c", in_folder, "sh"].map(Into::into));
    words.push(inner.get_program().to_owned());
    words.extend(inner.get_args().map(ToOwned::to_owned));

    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    user.take(&mut command);
    let output = assert_cmd::Command::from_std(command)
        .timeout(Duration::from_secs(60))
        .output()
        .expect("run the box");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = Report::read(&report.path().join("report.json"))
        .unwrap_or_else(|error| panic!("{error:#}: {} {stderr}", output.status));
    Ran { report, stdout: String::from_utf8_lossy(&output.stdout).into_owned(), stderr }
}
