//! The sources for a tool that looks for copies.

use std::fs;
use std::path::Path;

use grader::import::chosen;
use grader::reports::sources;
use grader::words::Wrong;

use crate::kit::course;

fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).expect("list a folder");
    let name = |file: fs::DirEntry| file.file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = files.map(|file| name(file.expect("list a folder"))).collect();
    names.sort();
    names
}

#[test]
fn what_grading_takes_is_laid_out_beside_the_skeletons() {
    let folder = tempfile::tempdir().expect("make a folder");
    let class = folder.path().join("class");
    let course = course();
    let hand_in = |student: &str, file: &str, text: &str| {
        let path = class.join(student).join("exercises/ex-01-forgotten-close/src").join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("make a folder");
        fs::write(path, text).expect("write a file");
    };
    hand_in("ann", "main.rs", "mod part;\nfn main() {}\n");
    hand_in("ann", "part/mod.rs", "// a part\n");
    hand_in("bob", "main.rs", "fn main() {}\n");
    hand_in("bob", "notes.txt", "refused");
    let (students, _) = chosen(&course, &class).expect("find the students");
    let to = folder.path().join("sources");
    let mut said = Vec::new();
    sources::write(&mut said, &course, &students, &to).expect("lay them out");
    let said = String::from_utf8(said).expect("text");
    assert!(said.contains("ex-01 2 programs\n") && said.contains("ex-02 0 programs\n"), "{said}");

    assert_eq!(names(&to).len(), course.exercises().count());
    assert_eq!(names(&to.join("ex-01/submissions")), ["ann", "bob"]);
    assert_eq!(names(&to.join("ex-01/submissions/bob")), ["main.rs"]);
    assert_eq!(names(&to.join("ex-01/submissions/ann/part")), ["mod.rs"]);
    assert!(names(&to.join("ex-02/submissions")).is_empty());
    for entry in course.exercises() {
        let base = to.join(&entry.id).join("base");
        let skeleton = course.root.join(&entry.path).join("skeleton");
        assert_eq!(names(&base), names(&skeleton));
        let read = |folder: &Path| fs::read(folder.join("main.rs")).expect("read it");
        assert_eq!(read(&base), read(&skeleton));
    }

    let error = sources::write(&mut Vec::new(), &course, &students, &to).expect_err("it is full");
    assert!(error.is::<Wrong>() && error.to_string().contains("is not empty"), "{error:#}");
}
