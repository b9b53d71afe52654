//! The autograder of Gradescope, in a folder laid out as theirs: what is uploaded is in `source`, a
//! submission in `submission`, and a script next to them writes to `results`. All of the course is
//! built there, which takes minutes: `cargo test -p handout --test handout -- --ignored`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kit::{course, handout_for, run};

const SOLVED: &str = "exercises/ex-01-forgotten-close/src/main.rs";

/// Their `/autograder`.
struct Autograder {
    root: PathBuf,
}

impl Autograder {
    /// What Gradescope does with the upload.
    fn new(place: &Path) -> Autograder {
        let upload = place.join("autograder.zip");
        handout_for(&upload, &["gradescope"], 0);
        let root = place.join("autograder");
        let source = root.join("source");
        let file = fs::File::open(upload).expect("open it");
        zip::ZipArchive::new(file).expect("read it").extract(&source).expect("unpack it");
        fs::copy(source.join("run_autograder"), root.join("run_autograder")).expect("copy it");
        for script in ["setup.sh", "build.sh", "run_autograder"] {
            let mode = fs::metadata(source.join(script)).expect("a script").permissions().mode();
            assert_eq!(mode & 0o111, 0o111, "{script} cannot be executed");
        }
        fs::create_dir(root.join("results")).expect("make a folder");
        Autograder { root }
    }

    fn script(&self, name: &str) -> (bool, String) {
        let mut command = Command::new(self.root.join(name));
        command.current_dir(&self.root);
        for name in ["CARGO", "CARGO_MANIFEST_DIR", "PIPEWORKS_XTASK", "RUSTC", "CI"] {
            command.env_remove(name);
        }
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("students-target");
        command.env("CARGO_TARGET_DIR", target);
        let output = run(command);
        let said = [&output.stdout[..], &output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    /// The results of a submission with these files.
    fn results(&self, files: &[(&str, &[u8])]) -> serde_json::Value {
        let submission = self.root.join("submission");
        let _ = fs::remove_dir_all(&submission);
        fs::create_dir(&submission).expect("make a folder");
        for (path, text) in files {
            let path = submission.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("make a folder");
            fs::write(path, text).expect("write a file");
        }
        let results = self.root.join("results/results.json");
        let _ = fs::remove_file(&results);
        let (ended, said) = self.script("run_autograder");
        assert!(ended, "{said}");
        let text = fs::read(results).unwrap_or_else(|error| panic!("{error}: {said}"));
        serde_json::from_slice(&text).expect("understand the results")
    }
}

#[test]
#[ignore = "builds the course once more, which takes minutes"]
fn a_submission_gets_its_results() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join("bwrap").is_file()) {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "bubblewrap is not installed");
        eprintln!("\nSKIPPED: bwrap is not installed: apt-get install bubblewrap");
        return;
    }
    let place = tempfile::tempdir().expect("make a folder");
    let autograder = Autograder::new(place.path());
    // What `setup.sh` installs is here already; what it builds is not.
    let (built, said) = autograder.script("source/build.sh");
    assert!(built, "{said}");

    let solution = |folder: &str| {
        fs::read(course().join("solutions").join(folder).join("src/main.rs")).expect("a solution")
    };
    // The second needs a program that `setup.sh` installs.
    let (first, second) = (solution("ex-01-forgotten-close"), solution("ex-10-parallel"));
    let parallel = "exercises/ex-10-parallel/src/main.rs";
    let results = autograder.results(&[(SOLVED, &first), (parallel, &second)]);
    let tests = results["tests"].as_array().expect("tests");
    let of_it: f64 = tests.iter().filter_map(|test| test["score"].as_f64()).sum();
    assert_eq!(results["score"].as_f64(), Some(of_it));
    assert!(of_it > 0.0 && tests.iter().any(|test| test["status"] == "passed"), "{results:#}");

    let results = autograder.results(&[("notes.txt", b"nothing")]);
    assert_eq!(results["score"].as_f64(), Some(0.0), "{results:#}");
}
