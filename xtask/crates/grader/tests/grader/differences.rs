//! `grade diff`: each cause of another score is named.

use std::fs;
use std::path::Path;

use crate::kit::{Class, Graded, grader, has_sandbox, own_course, prints, run};

#[track_caller]
fn diff(class: &Class, old: &str, new: &str) -> Graded {
    let mut command = grader(crate::kit::course());
    command.arg("diff").arg(class.out(old)).arg(class.out(new));
    run(command)
}

#[test]
fn each_cause_is_named() {
    if !has_sandbox() {
        return;
    }
    let course = own_course();
    let class = Class::new();
    class.hand_in("ann", "01", &prints("one two three"));
    // The second argument is the seed.
    let lucky = "fn main() { print!(\"one two\"); \
                 if std::env::args().nth(2).unwrap() == \"7\" { print!(\"three\") } }";
    class.hand_in("lucky", "01", lucky);
    // 7 MiB on the test's own tmpfs, or not.
    let writes = "fn main() { if std::fs::write(\"big\", vec![1; 7 << 20]).is_ok() \
                  { print!(\"one\") } }";
    class.hand_in("writes", "01", writes);
    let grade = |out: &str, more: &[&str]| {
        let mut command = class.command_in(course.root(), out);
        command.args(more);
        run(command).ends(0)
    };
    grade("first", &[]);
    grade("same", &[]);
    let said = diff(&class, "first", "same").ends(0).stdout;
    assert_eq!(said, "0 of 3 students that both runs have changed\n");

    grade("seed", &["--seed", "8"]);
    let said = diff(&class, "first", "seed").ends(1).stdout;
    assert!(
        said.contains("lucky ex-01: 3.5 -> 3 of 3.5, pass -> fail: the seed changed"),
        "{said}"
    );
    assert!(said.contains("1 of 3 students"), "{said}");

    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("limits.toml"));
    let text = text.expect("read the limits").replace("tmpfs_mib = 256", "tmpfs_mib = 4");
    fs::write(class.out("limits.toml"), text).expect("write the limits");
    grade("limits", &["--limits", class.out("limits.toml").to_str().expect("a path")]);
    let said = diff(&class, "first", "limits").ends(1).stdout;
    assert!(said.contains("writes ex-01: 1 -> 0 of 3.5, fail: the limits changed"), "{said}");

    class.hand_in("ann", "01", &prints("one three"));
    class.hand_in("new", "01", &prints("one"));
    fs::remove_dir_all(class.submissions().join("writes")).expect("remove a submission");
    grade("submission", &[]);
    let said = diff(&class, "first", "submission").ends(1).stdout;
    let words = [
        "ann ex-01: 3.5 -> 1.5 of 3.5, pass -> fail: the submission changed\n",
        "new: only in the later run\n",
        "writes: only in the earlier run\n",
    ];
    assert!(words.iter().all(|words| said.contains(words)), "{said}");

    let manifest = course.read("exercises/ex-01-words/Cargo.toml");
    let more = manifest.replace("points = 0.5", "points = 5");
    course.write("exercises/ex-01-words/Cargo.toml", &more);
    grade("tests", &[]);
    let said = diff(&class, "submission", "tests").ends(1).stdout;
    let words = "ann ex-01: 1.5 of 3.5 -> 6 of 8, fail: the tests changed";
    assert!(said.contains(words) && said.lines().all(|line| line.chars().count() <= 80), "{said}");

    // No second compiler is at hand: the digest of the first is changed where it is written.
    let path = class.out("submission/submissions/ann.json");
    let text = fs::read_to_string(&path).expect("read a grade");
    let at = text.find("\"toolchain\": \"").expect("a digest") + 14;
    let text = format!("{}00000000{}", &text[..at], &text[at + 8..]);
    fs::create_dir_all(class.out("faked/submissions")).expect("make a folder");
    let text = text.replace("\"verdict\": \"fail\"", "\"verdict\": \"crashed\"");
    fs::write(class.out("faked/submissions/ann.json"), text).expect("write a grade");
    let said = diff(&class, "faked", "submission").ends(1).stdout;
    let words = "ann ex-01: 1.5 of 3.5, crashed -> fail: the toolchain changed";
    assert!(said.contains(words), "{said}");
}

#[test]
fn what_is_no_report_is_said() {
    let class = Class::new();
    let said = diff(&class, "none", "none").ends(2).stderr;
    assert!(said.contains("is it the folder of a run's report?"), "{said}");
    fs::create_dir_all(class.out("empty/submissions")).expect("make a folder");
    let said = diff(&class, "empty", "empty").ends(2).stderr;
    assert!(said.contains("has no graded submission"), "{said}");
    fs::write(class.out("empty/submissions/a.json"), "{").expect("write a file");
    let said = diff(&class, "empty", "empty").ends(2).stderr;
    assert!(said.contains("a.json"), "{said}");
}
