//! The disk that the report is on is full.

use std::fs;
use std::process::Command;

use crate::kit::{Class, files, has_sandbox, needs_root, run, same_files};

#[test]
fn a_full_disk_loses_nothing_that_is_finished() {
    if !has_sandbox() || !needs_root() {
        return;
    }
    let class = Class::of(6);
    class.grade("undisturbed").ends(0);
    let out = class.out("out");
    fs::create_dir(&out).expect("make a folder");
    fs::create_dir(class.out("kept")).expect("make a folder");
    // A disk with room for about half of the files, since each takes a page at least. It is gone
    // with its mount namespace.
    let grader = class.command("out");
    let script = "mount -t tmpfs -o size=64k tmpfs \"$0\" || exit 99\n\
                  \"$@\"; s=$?; cp -r \"$0/.\" \"$0/../kept\"; exit $s";
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", script]).arg(&out);
    command.arg(grader.get_program()).args(grader.get_args());
    command.current_dir(crate::kit::course());
    let graded = run(command);
    if graded.status == 99 {
        return fixture::skip::skipped("nothing can be mounted here; it needs root");
    }
    let said = graded.ends(125).stderr;
    assert!(said.contains("No space left") && said.contains("the same command goes on"), "{said}");
    // Each file that is there is whole, and as it is in the end, but the one that says whether that
    // has come.
    let (kept, whole) = (files(&class.out("kept")), files(&class.out("undisturbed")));
    assert!(kept.len() > 3 && kept.len() < whole.len(), "{} files", kept.len());
    for (path, text) in kept.iter().filter(|(path, _)| !path.ends_with("run.json")) {
        assert_eq!(whole.get(path), Some(text), "{}", path.display());
    }
    class.grade("kept").ends(0);
    same_files(&class.out("undisturbed"), &class.out("kept"));
}
