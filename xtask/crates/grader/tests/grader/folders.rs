//! What is taken from a folder, what is refused, and that it is said.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use fixture::skip::skipped;
use grader::import::{Imported, chosen, find, import};

use crate::kit::{Class, prints, read_course, we_are_root};

/// What is taken from the only submission.
#[track_caller]
pub fn taken(class: &Class) -> Imported {
    let (students, _) = find(&class.submissions()).expect("find the submission");
    assert_eq!(students.len(), 1, "{students:?}");
    import(&read_course(), &students[0]).expect("look through it")
}

/// The files that were taken for an exercise.
pub fn names(imported: &Imported, id: &str) -> Vec<String> {
    let sources = imported.exercises.get(id).into_iter().flatten();
    sources.map(|(path, _)| path.display().to_string()).collect()
}

/// It was refused at this path for a reason with these words in it.
#[track_caller]
pub fn is_refused(imported: &Imported, path: &str, why: &str) {
    let found = imported.refused.iter().find(|refused| refused.path == path);
    let found = found.unwrap_or_else(|| panic!("{path} was not refused: {:?}", imported.refused));
    assert!(found.why.contains(why), "{found:?}");
}

const IN: &str = "ann/exercises/ex-01-words";

#[test]
fn a_submission_may_be_a_checkout_or_a_part_of_one() {
    for prefix in ["exercises/", "", "pipeworks-main/exercises/", "pipeworks-main/"] {
        let class = Class::new();
        class.write(&format!("ann/{prefix}ex-01-words/src/main.rs"), "// one");
        class.write(&format!("ann/{prefix}ex-01-words/src/deep/a_b.rs"), "// two");
        class.write("ann/.git/config", "x");
        class.write("ann/__MACOSX/exercises/ex-02-words/src/main.rs", "x");
        let imported = taken(&class);
        assert_eq!(names(&imported, "ex-01"), ["deep/a_b.rs", "main.rs"], "{prefix}");
        assert_eq!(imported.exercises.len(), 1, "{prefix}: the other is missing");
        assert!(imported.unusable.is_empty() && imported.refused.is_empty(), "{imported:?}");
    }
}

#[test]
fn a_whole_checkout_gives_its_sources_and_nothing_else() {
    let class = Class::new();
    let course = read_course();
    for path in ["Cargo.toml", "README.md", "tests/main.rs", "skeleton/main.rs", "src/main.rs"] {
        let text = fs::read_to_string(course.root.join("exercises/ex-01-words").join(path));
        class.write(&format!("{IN}/{path}"), &text.expect("read the course's own"));
    }
    class.write(&format!("{IN}/target/debug/thing"), "built");
    class.write("ann/Cargo.toml", "changed");
    class.write("ann/lessons/lesson-01-good/src/main.rs", "changed");
    let imported = taken(&class);
    assert_eq!(names(&imported, "ex-01"), ["main.rs"]);
    assert!(imported.refused.is_empty(), "what is as ours is harmless: {:?}", imported.refused);
    class.write(&format!("{IN}/Cargo.toml"), "[package]\nbuild = \"evil.rs\"");
    class.write(&format!("{IN}/build.rs"), "fn main() {}");
    class.write(&format!("{IN}/tests/main.rs"), "fn main() {}");
    class.write("ann/exercises/ex-09-other/src/main.rs", "");
    let imported = taken(&class);
    assert_eq!(names(&imported, "ex-01"), ["main.rs"]);
    for path in ["Cargo.toml", "build.rs", "tests/main.rs"] {
        is_refused(&imported, &format!("exercises/ex-01-words/{path}"), "the course's own is used");
    }
    is_refused(&imported, "exercises/ex-09-other", "no exercise of the course has this name");
}

#[test]
fn an_empty_folder_and_one_with_other_things_say_so() {
    let class = Class::new();
    fs::create_dir(class.submissions().join("ann")).expect("make a folder");
    assert_eq!(taken(&class).remarks, ["no folder of an exercise was found in it"]);
    class.write("ann/essay.txt", "words");
    assert_eq!(taken(&class).remarks, ["no folder of an exercise was found in it"]);
}

#[test]
fn two_places_with_exercises_are_not_chosen_from() {
    let class = Class::new();
    class.write("ann/one/ex-01-words/src/main.rs", "");
    class.write("ann/two/exercises/ex-01-words/src/main.rs", "");
    let imported = taken(&class);
    assert_eq!(imported.unusable.len(), 2);
    is_refused(&imported, "ann", "exercises are in one and in two/exercises");
    // A copy of the course, and what was solved beside it.
    let class = Class::new();
    class.hand_in("ann", "01", "");
    class.write("ann/ex-01-words/src/main.rs", "");
    let both = "exercises are in exercises and in the submission itself: which ones count?";
    is_refused(&taken(&class), "ann", both);
}

#[test]
fn what_is_no_plain_file_is_refused_and_the_rest_is_graded() {
    let class = Class::new();
    class.write("secret.rs", "// secret");
    let secret = class.submissions().join("secret.rs");
    class.hand_in("ann", "02", &prints("one"));
    class.write(&format!("{IN}/src/main.rs"), "mod a;");
    let source = class.submissions().join(IN).join("src");
    symlink(&secret, source.join("link.rs")).expect("make a link");
    symlink(class.submissions(), source.join("folder")).expect("make a link");
    fs::hard_link(&secret, source.join("hard.rs")).expect("make a link");
    let mode = nix::sys::stat::Mode::S_IRWXU;
    nix::unistd::mkfifo(&source.join("fifo.rs"), mode).expect("make a FIFO");
    let _socket = std::os::unix::net::UnixListener::bind(source.join("s.rs")).expect("a socket");
    let imported = taken(&class);
    assert_eq!(names(&imported, "ex-01"), ["main.rs"]);
    assert_eq!(names(&imported, "ex-02"), ["main.rs"]);
    for (name, why) in [
        ("link.rs", "a symbolic link"),
        ("folder", "a symbolic link"),
        ("hard.rs", "a hard link"),
        ("fifo.rs", "a FIFO"),
        ("s.rs", "a socket"),
    ] {
        is_refused(&imported, &format!("exercises/ex-01-words/src/{name}"), why);
    }
}

#[test]
fn a_device_is_refused() {
    if !we_are_root() {
        return skipped("needs root");
    }
    let class = Class::new();
    class.write(&format!("{IN}/src/a.rs"), "");
    let path = class.submissions().join(IN).join("src/main.rs");
    let (kind, mode) = (nix::sys::stat::SFlag::S_IFCHR, nix::sys::stat::Mode::S_IRWXU);
    let number = nix::sys::stat::makedev(1, 5);
    if let Err(error) = nix::sys::stat::mknod(&path, kind, mode, number) {
        return skipped(&format!("this machine makes no device: {error}; it needs root"));
    }
    let imported = taken(&class);
    is_refused(&imported, "exercises/ex-01-words/src/main.rs", "a device");
    assert!(imported.unusable["ex-01"].contains("src/main.rs: it is a device"));
}

#[test]
fn links_in_place_of_folders_lead_nowhere() {
    for at in ["ann/exercises", "ann/exercises/ex-01-words", "ann/exercises/ex-01-words/src"] {
        let class = Class::new();
        let elsewhere = class.out("elsewhere");
        for inner in ["ex-01-words/src", "src", ""] {
            fs::create_dir_all(elsewhere.join(inner)).expect("make a folder");
            fs::write(elsewhere.join(inner).join("main.rs"), "// secret").expect("write a file");
        }
        class.hand_in("ann", "02", &prints("one"));
        let at = class.submissions().join(at);
        if at.ends_with("exercises") {
            fs::remove_dir_all(&at).expect("remove a folder");
        }
        fs::create_dir_all(at.parent().expect("a folder")).expect("make a folder");
        symlink(&elsewhere, &at).expect("make a link");
        let imported = taken(&class);
        assert!(names(&imported, "ex-01").is_empty(), "{}", at.display());
        let is_said = imported.unusable.contains_key("ex-01") || !imported.remarks.is_empty();
        assert!(is_said, "{}: {imported:?}", at.display());
    }
}

#[test]
fn odd_names_are_refused_and_printed_harmlessly() {
    let class = Class::new();
    class.write(&format!("{IN}/src/main.rs"), "");
    let source = class.submissions().join(IN).join("src");
    let odd: [&[u8]; 6] = [
        b"a b.rs",
        b"\x1b[2J.rs",
        b"new\nline.rs",
        "\u{202e}sr.niam".as_bytes(),
        b"bad\xff\xfe.rs",
        b"-rf.txt",
    ];
    for name in odd {
        fs::write(source.join(OsStr::from_bytes(name)), "").expect("write a file");
    }
    fs::create_dir(source.join(OsStr::from_bytes(b"dir\xff"))).expect("make a folder");
    fs::create_dir_all(source.join("1/2/3/4")).expect("make folders");
    let long = format!("{}.rs", "x".repeat(100));
    fs::write(source.join(&long), "").expect("write a file");
    let imported = taken(&class);
    assert_eq!(names(&imported, "ex-01"), ["main.rs"]);
    let below = |name: &str| format!("exercises/ex-01-words/src/{name}");
    is_refused(&imported, &below("%1B[2J.rs"), "other characters");
    is_refused(&imported, &below("new%0Aline.rs"), "other characters");
    is_refused(&imported, &below("%E2%80%AEsr.niam"), "only .rs");
    is_refused(&imported, &below("bad%FF%FE.rs"), "not UTF-8");
    is_refused(&imported, &below("dir%FF"), "not UTF-8");
    is_refused(&imported, &below("1/2/3/4"), "folders deep");
    is_refused(&imported, &below(&long), "more than 64 bytes");
    assert_eq!(imported.refused.len(), odd.len() + 3, "{:?}", imported.refused);
}

#[test]
fn sizes_and_counts_have_caps() {
    let class = Class::new();
    class.hand_in("ann", "02", &prints("one"));
    let huge = |path: &str, bytes: u64| {
        class.write(path, "");
        let file = fs::File::options().write(true).open(class.submissions().join(path));
        file.and_then(|file| file.set_len(bytes)).expect("make it large");
    };
    huge(&format!("{IN}/src/main.rs"), 4 << 30);
    huge(&format!("{IN}/core"), 4 << 30);
    let imported = taken(&class);
    is_refused(&imported, "exercises/ex-01-words/src/main.rs", "4294967296 bytes");
    assert!(imported.unusable["ex-01"].contains("4294967296 bytes"));
    is_refused(&imported, "exercises/ex-01-words/core", "4294967296 bytes");
    assert_eq!(names(&imported, "ex-02"), ["main.rs"]);

    // Each is small enough, all of them are not.
    class.write(&format!("{IN}/src/main.rs"), "");
    for name in ["a", "b", "c", "d", "e"] {
        huge(&format!("{IN}/src/{name}.rs"), 256 << 10);
    }
    let imported = taken(&class);
    assert_eq!(names(&imported, "ex-01").len(), 5);
    is_refused(&imported, "exercises/ex-01-words/src/e.rs", "all sources");
}

#[test]
fn thousands_of_files_cost_only_their_exercise() {
    let class = Class::new();
    class.hand_in("ann", "02", &prints("one"));
    class.write(&format!("{IN}/src/main.rs"), "");
    for number in 0..2500 {
        class.write(&format!("{IN}/src/m{number}.rs"), "");
    }
    let imported = taken(&class);
    is_refused(&imported, "exercises/ex-01-words/src", "more than 2000");
    assert!(names(&imported, "ex-01").is_empty() && imported.unusable.contains_key("ex-01"));
    assert_eq!(names(&imported, "ex-02"), ["main.rs"]);

    // Spread over folders, no one of them has too many.
    let class = Class::new();
    for number in 0..2500 {
        class.write(&format!("{IN}/src/d{}/m{number}.rs", number % 50), "");
    }
    class.write(&format!("{IN}/src/main.rs"), "");
    let imported = taken(&class);
    assert!(imported.unusable["ex-01"].contains("more than 2000"), "{imported:?}");
}

#[test]
fn a_folder_as_deep_as_a_path_may_be_is_refused() {
    let class = Class::new();
    class.write(&format!("{IN}/src/main.rs"), "");
    let mut deep = class.submissions().join(IN);
    for _ in 0..40 {
        deep.push("d".repeat(60));
    }
    fs::create_dir_all(&deep).expect("make folders");
    let imported = taken(&class);
    assert_eq!(names(&imported, "ex-01"), ["main.rs"]);
    assert!(imported.refused.iter().any(|refused| refused.why.contains("folders deep")));
}

#[test]
fn what_this_machine_may_not_read_is_not_held_against_anybody() {
    let class = Class::new();
    class.hand_in("ann", "02", &prints("one"));
    class.write(&format!("{IN}/src/main.rs"), "");
    let path = class.submissions().join(IN).join("src/main.rs");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("close it");
    fs::set_permissions(class.folder.path(), fs::Permissions::from_mode(0o755)).expect("open it");
    // Root may read everything: a thread that looks at files as somebody else may not.
    let looked = std::thread::scope(|scope| {
        let look = || {
            if we_are_root() {
                nix::unistd::setfsuid(nix::unistd::Uid::from_raw(65534));
            }
            taken(&class)
        };
        scope.spawn(look).join()
    });
    let imported = looked.expect("no panic");
    assert!(imported.unread["ex-01"].contains("chmod"), "{imported:?}");
    assert!(imported.unusable.is_empty());
    assert_eq!(names(&imported, "ex-02"), ["main.rs"]);
}

#[test]
fn whose_submission_it_is_is_said_by_its_name() {
    let class = Class::new();
    for name in ["ann/x", "bob.zip", "carl.TAR.GZ", "dora.tgz", "notes.txt", ".hidden/x", "x.rar"] {
        class.write(name, "");
    }
    symlink(class.submissions().join("ann"), class.submissions().join("eve")).expect("a link");
    let odd = OsStr::from_bytes(b"fr\xffed\n");
    fs::create_dir(class.submissions().join(odd)).expect("make a folder");
    let (students, remarks) = find(&class.submissions()).expect("find them");
    let names: Vec<&str> = students.iter().map(|student| student.name.as_str()).collect();
    assert_eq!(names, ["ann", "bob", "carl", "dora", "fr%FFed%0A", "x"]);
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    assert!(remarks.iter().any(|remark| remark == "eve is no submission: it is a link"));
}

#[test]
fn a_name_that_is_there_twice_counts_for_nothing_until_somebody_decides() {
    let class = Class::new();
    class.right("ann", 1);
    class.write("ann.zip", "");
    let (students, _) = find(&class.submissions()).expect("find them");
    assert_eq!(students.len(), 1);
    assert_eq!(students[0].others.len(), 1);
}

#[test]
fn a_single_submission_can_be_named() {
    let class = Class::new();
    class.right("ann", 1);
    let course = read_course();
    let one = |path: &Path| {
        let (students, _) = chosen(&course, path).expect("find it");
        assert_eq!(students.len(), 1);
        students[0].name.clone()
    };
    assert_eq!(one(&class.submissions()), "ann");
    assert_eq!(one(&class.submissions().join("ann")), "ann");
    assert_eq!(one(&class.submissions().join("ann/exercises/..")), "ann");
    class.write("bob.tar.gz", "");
    assert_eq!(one(&class.submissions().join("bob.tar.gz")), "bob");
    let error = chosen(&course, &class.submissions().join("nobody")).expect_err("it is not there");
    assert!(format!("{error:#}").contains("nobody"), "{error:#}");
}
