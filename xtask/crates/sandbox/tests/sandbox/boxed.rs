//! One shell command behind the wall.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use launcher::{Launch, Limits, Report};
use sandbox::user::User;
use sandbox::{Config, Contents, Place, Purpose};

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
    let place = Place::new(sandboxed, config, Config::default()).expect("make a place");
    let user = User::choose(1).expect("find a user")[0];
    let report = place.report_folder(user).expect("make a folder");

    let launch = Launch::captured("sh").args(["-c", script]).limits(limits());
    let mut words: Vec<OsString> =
        ["sh", "-c", "mkdir test && cd test && exec \"$@\"", "sh"].map(Into::into).into();
    words.extend(place.behind_a_wall(&launch));

    let contents =
        Contents { purpose: Purpose::Judge, program: None, report: report.path(), reads: &[] };
    let outer = Limits { wall: Some(Duration::from_secs(60)), ..Limits::default() };
    let captured = place.run(user, &contents, outer, words).expect("run the box");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&captured.stdout), text(&captured.stderr));
    let report = Report::read(&report.path().join("report.json"))
        .unwrap_or_else(|error| panic!("{error:#}: {:?} {stderr}", captured.report.ended));
    Ran { report, stdout, stderr }
}

/// How a file that is no program ends when it is the program under test.
pub fn run_as_program(content: &str) -> Report {
    let sandboxed = Path::new(env!("CARGO_BIN_EXE_sandboxed"));
    let place = Place::new(sandboxed, Config::default(), Config::default()).expect("make a place");
    let user = User::choose(1).expect("find a user")[0];
    let report = place.report_folder(user).expect("make a folder");
    let folder = place.path().join("program");
    std::fs::create_dir(&folder).expect("make a folder");
    let program = folder.join("ex-01");
    std::fs::write(&program, content).expect("write a file");
    for path in [&folder, &program] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("open it");
    }
    let launch = Launch::captured("/pipeworks/program/ex-01").limits(limits());
    let contents = Contents {
        purpose: Purpose::Judge,
        program: Some(&folder),
        report: report.path(),
        reads: &[],
    };
    let outer = Limits { wall: Some(Duration::from_secs(60)), ..Limits::default() };
    let captured =
        place.run(user, &contents, outer, place.behind_a_wall(&launch)).expect("run the box");
    Report::read(&report.path().join("report.json"))
        .unwrap_or_else(|error| panic!("{error:#}: {captured:?}"))
}

/// What a shell command prints in a box, outside of the wall.
pub fn in_box(script: &str) -> String {
    let sandboxed = Path::new(env!("CARGO_BIN_EXE_sandboxed"));
    let place = Place::new(sandboxed, Config::default(), Config::default()).expect("make a place");
    let user = User::choose(1).expect("find a user")[0];
    let report = place.report_folder(user).expect("make a folder");
    let contents =
        Contents { purpose: Purpose::Judge, program: None, report: report.path(), reads: &[] };
    let limits = Limits { wall: Some(Duration::from_secs(60)), ..Limits::default() };
    let words = ["sh", "-c", script].map(OsString::from);
    let captured = place.run(user, &contents, limits, words).expect("run the box");
    String::from_utf8_lossy(&captured.stdout).into_owned()
}
