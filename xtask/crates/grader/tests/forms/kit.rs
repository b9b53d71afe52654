//! Results of a class in which one student tries everything, and the reports on them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use course::Course;
use grader::reports::{self, Format};
use grader::store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What the student tries wherever a text of theirs may come.
pub const HOSTILE: &str = concat!(
    "<script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">",
    "</pre></code></details></style></title>]]><!-- ' \" & &lt; &#60; --> ",
    "\u{1b}[2J\u{1b}]0;t\u{7}\u{202e}\u{200b}\0\u{fffe}\r",
    "[link](javascript:alert(1)) ![picture](http://x.invalid/p.png) <http://x.invalid> ",
    "`code` ``` **bold** | cell http://x.invalid www.x.invalid @all #1",
);

/// The same at the beginning of lines, and a line of a megabyte.
fn many_lines() -> String {
    format!(
        "{HOSTILE}\n::add-mask::1\n  ::error::x\n##[error]x\n# heading\n```\n~~~\n`````\n---\n\
         <script>document.title='ran'</script>\n> quote\n- item\n\n    code\n<details>\n{}\n{}",
        "x".repeat(LONG_BYTES),
        String::from_utf8_lossy(b"\xff\xfe\x80invalid")
    )
}

fn student() -> String {
    HOSTILE.replace(['/', '\0'], "_")
}

/// Of one line.
const LONG_BYTES: usize = 1 << 20;

fn failed(name: &str, message: &str) -> Value {
    json!({
        "name": name, "passed": false, "points": 0.0, "max_points": 2.0, "message": message,
        "hidden": false,
    })
}

fn passed(name: &str) -> Value {
    json!({
        "name": name, "passed": true, "points": 2.0, "max_points": 2.0, "message": "",
        "hidden": false,
    })
}

fn exercise(id: &str, verdict: &str, points: Value, message: &str, tests: &[Value]) -> Value {
    let full: f64 = tests.iter().filter_map(|test| test["max_points"].as_f64()).sum();
    json!({
        "id": id, "verdict": verdict, "points": points, "max_points": full, "message": message,
        "tests": tests,
    })
}

/// What only the test itself may say, wherever it came from.
pub const SECRET: &str = "a hidden test: what it tries is not told";

fn submission(student: &str, exercises: &[Value], said: &str) -> Value {
    let sum: Option<f64> = exercises.iter().map(|exercise| exercise["points"].as_f64()).sum();
    let full: f64 = exercises.iter().filter_map(|exercise| exercise["max_points"].as_f64()).sum();
    let refused = match said {
        "" => json!([]),
        said => json!([{"path": said, "why": said}]),
    };
    let remarks = if said.is_empty() { json!([]) } else { json!([said]) };
    json!({
        "student": student, "score": sum, "max_score": full, "exercises": exercises,
        "refused": refused, "remarks": remarks,
    })
}

/// A message as the grader makes it, of a program that has printed this.
fn told(printed: &str) -> String {
    format!(
        "expected: the program ends by itself\ncame: deadlock, proved\n{printed}\n    - one\n\
         means: somebody still holds a write end\nby hand: printf 'a' | cargo xtask run ex-01"
    )
}

/// A right one, one that tries everything, one with an exercise of each other kind, one who is not
/// graded.
pub fn results() -> Value {
    let right = |id| exercise(id, "pass", json!(4.0), "", &[passed("one"), passed("two")]);
    let mut secret = failed("three", SECRET);
    secret["hidden"] = json!(true);
    let not_tried = "not tried: it says nothing before `one` passes";
    let tests = [failed("one", &told(&many_lines())), failed("two", not_tried), secret];
    let unmade = [failed("one", ""), failed("two", "")];
    let hostile = [
        exercise("ex-01", "deadlock", json!(0.0), "", &tests),
        exercise("ex-02", "compile-error", json!(0.0), HOSTILE, &unmade),
    ];
    let missing = exercise("ex-02", "missing", json!(0.0), "nothing", &unmade);
    let half = [failed("one", &told("x")), passed("two")];
    let ungraded = exercise("ex-02", "ungraded", Value::Null, "no disk", &[]);
    json!({
        "format": "pipeworks-grade/1",
        "environment": {
            "toolchain": "rustc 1.95.0", "kernel": "6.1", "seed": 7,
            "sandbox": {"level": "degraded", "missing": ["a cgroup"]},
        },
        "submissions": [
            submission("ann", &[right("ex-01"), right("ex-02")], ""),
            submission(&student(), &hostile, HOSTILE),
            submission("mia", &[exercise("ex-01", "deadlock", json!(2.0), "", &half), missing], ""),
            submission("zoe", &[right("ex-01"), ungraded], ""),
        ],
    })
}

/// The order of keys is that of the format.
fn text(results: &Value) -> String {
    format!(
        "{{\"format\": {}, \"environment\": {}, \"submissions\": {}}}",
        results["format"], results["environment"], results["submissions"]
    )
}

pub fn course() -> Course {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    Course::read(root.canonicalize().expect("the root")).expect("read the course")
}

/// A run's folder with all reports.
pub struct Reports {
    folder: TempDir,
    pub said: String,
}

impl Reports {
    pub fn all() -> Reports {
        Reports::of(&results(), &[])
    }

    pub fn of(results: &Value, formats: &[Format]) -> Reports {
        let folder = tempfile::tempdir().expect("make a folder");
        let store = Store::open(&folder.path().join("run")).expect("open a run's folder");
        fs::write(store.path("results.json"), text(results)).expect("write the results");
        let mut said = Vec::new();
        reports::write(&mut said, &course(), &store, formats).expect("write the reports");
        Reports { folder, said: String::from_utf8(said).expect("text") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("run").join(name)
    }

    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The file of the student who tries everything.
    pub fn hostile(&self, folder: &str, ending: &str) -> PathBuf {
        let others = ["ann", "mia", "zoe"].map(|name| format!("{name}.{ending}"));
        let files = fs::read_dir(self.path(folder)).expect("list a folder");
        let mut names = files.map(|file| file.expect("list a folder").file_name());
        let of_this = |name: &std::ffi::OsString| {
            let name = name.to_string_lossy();
            name.ends_with(ending) && !others.contains(&name.into_owned())
        };
        self.path(folder).join(names.find(of_this).expect("the student's file"))
    }
}

/// What runs a tool that is only there where it was installed; CI has to have it.
#[track_caller]
pub fn tool(names: &[&str], install: &str) -> Option<Command> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let mut files = names.iter().flat_map(|name| folders.iter().map(move |f| f.join(name)));
    if let Some(file) = files.find(|file| file.is_file()) {
        return Some(Command::new(file));
    }
    let why = format!("{} is not installed: apt-get install {install}", names[0]);
    assert!(env::var("CI").as_deref() != Ok("true"), "{why}");
    // Past the harness, which would keep it to itself.
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "\nSKIPPED: {why}");
    None
}

/// Runs it to its end, or fails.
#[track_caller]
pub fn output(command: Command) -> String {
    let mut command = assert_cmd::Command::from_std(command);
    let output = command.timeout(std::time::Duration::from_secs(120)).output().expect("run it");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    String::from_utf8(output.stdout).expect("text")
}
