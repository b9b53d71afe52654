//! A class in parts, and the parts merged: the same bytes as one run of all, or a refusal that says
//! why.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value;

use crate::kit::{
    Class, Graded, course, grader, has_sandbox, own_course, prints, right, run, same_files,
};
use crate::real::killed;

/// Students of all kinds.
fn mixed() -> Class {
    let class = Class::of(9);
    for number in 1..=6 {
        class.hand_in(&format!("half-{number}"), "01", &prints("one three"));
        class.hand_in(&format!("half-{number}"), "02", "fn main() {");
    }
    class.hand_in("=1+1", "01", &prints("one"));
    class.write("refuses/exercises/ex-02-words/src/data.txt", "x");
    class.write("broken.zip", "none");
    fs::create_dir(class.submissions().join("nothing")).expect("make a folder");
    class
}

/// Grades one shard to `part-I`.
#[track_caller]
fn part(class: &Class, shard: &str, more: &[&str]) -> Graded {
    let out = format!("part-{}", &shard[..1]);
    let mut command = class.command(&out);
    command.args(["--shard", shard]).args(more);
    run(command)
}

#[track_caller]
fn merge(class: &Class, parts: &[&str], out: &str) -> Graded {
    let mut command = grader(course());
    command.arg("merge").arg(class.out(out));
    command.args(parts.iter().map(|part| class.out(part)));
    run(command)
}

/// It is refused in these words, and nothing is written.
#[track_caller]
fn refused(class: &Class, parts: &[&str], words: &[&str]) {
    let said = merge(class, parts, "refused").ends(2).stderr;
    for word in words {
        assert!(said.contains(word), "no `{word}` in: {said}");
    }
    assert!(!class.out("refused").exists());
}

#[test]
fn four_shards_merged_are_the_whole_run() {
    if !has_sandbox() {
        return;
    }
    let class = mixed();
    let whole = class.grade("whole").ends(0).stdout;
    let parts = ["part-3", "part-1", "part-4", "part-2"];
    for shard in ["1/4", "2/4", "3/4", "4/4"] {
        part(&class, shard, &[]).ends(0);
    }
    let students = |out: &str| class.results(out)["submissions"].as_array().map_or(0, Vec::len);
    let sizes = parts.map(students);
    assert!(sizes.iter().all(|&size| size > 0) && sizes.iter().sum::<usize>() == 19, "{sizes:?}");
    let merged = merge(&class, &parts, "merged").ends(0).stdout;
    same_files(&class.out("whole"), &class.out("merged"));
    assert_eq!(merged, whole.replace("whole/results.json", "merged/results.json"));
    // Once more to the same folder, and graded from there: all is known.
    merge(&class, &parts, "merged").ends(0);
    class.grade("merged").ends(0);
    same_files(&class.out("whole"), &class.out("merged"));
}

/// In the small course, whose programs do the same each time.
#[test]
#[ignore = "takes minutes, up to half an hour"]
fn a_class_of_1000_killed_or_in_four_shards_comes_to_the_same_bytes() {
    if !has_sandbox() {
        return;
    }
    let class = Class::new();
    for number in 0..1000 {
        let student = format!("student-{number:04}");
        class.hand_in(&student, "01", &right(number % 40));
        let half = format!("{}// {}", prints("one three"), number % 30);
        class.hand_in(&student, "02", if number % 7 == 0 { "fn main() {" } else { &half });
    }
    let started = Instant::now();
    class.grade("whole").ends(0);
    let seconds = started.elapsed().as_secs();
    let times = killed(|| class.command("killed"), &class.out("killed"), &[500]);
    assert_eq!(times, 1, "it was over before");
    class.grade("killed").ends(0);
    same_files(&class.out("whole"), &class.out("killed"));
    for shard in ["1/4", "2/4", "3/4", "4/4"] {
        part(&class, shard, &[]).ends(0);
    }
    merge(&class, &["part-1", "part-2", "part-3", "part-4"], "merged").ends(0);
    same_files(&class.out("whole"), &class.out("merged"));
    println!("1000 submissions, {seconds} s; killed in the middle, and in four shards: same bytes");
}

#[test]
fn a_shard_without_students_is_a_part_like_any_other() {
    if !has_sandbox() {
        return;
    }
    let class = Class::of(1);
    for shard in ["1/2", "2/2"] {
        part(&class, shard, &[]).ends(0);
    }
    merge(&class, &["part-1", "part-2"], "merged").ends(0);
    class.grade("whole").ends(0);
    same_files(&class.out("whole"), &class.out("merged"));
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    if !has_sandbox() {
        return;
    }
    let class = Class::of(4);
    part(&class, "1/2", &[]).ends(0);
    refused(&class, &["part-1"], &["missing shards: 2/2"]);
    refused(&class, &["part-1", "part-1"], &["are both shard 1/2"]);
    refused(&class, &["part-1", "part-2"], &["part-2/run.json", "the folder of a report?"]);
    class.grade("whole").ends(0);
    refused(&class, &["part-1", "whole"], &["whole is the report of a whole class"]);
    part(&class, "2/3", &[]).ends(0);
    refused(&class, &["part-1", "part-2"], &["Different are: number of shards (2 and 3)"]);
    let again = |more: &[&str]| {
        fs::remove_dir_all(class.out("part-2")).expect("remove it");
        part(&class, "2/2", more).ends(0);
    };
    again(&["--seed", "8"]);
    refused(&class, &["part-1", "part-2"], &["Different are: seed (7 and 8)\n"]);
    let limits = class.out("limits.toml");
    let text = include_str!("../../limits.toml").replace("cpu_seconds = 40", "cpu_seconds = 39");
    fs::write(&limits, text).expect("write limits");
    again(&["--limits", limits.to_str().expect("a path")]);
    refused(&class, &["part-1", "part-2"], &["Different are: limits\n"]);
    class.right("late", 77);
    again(&[]);
    let words = "Different are: class (4 students and 5 students)\n";
    refused(&class, &["part-1", "part-2"], &[words]);
}

#[test]
fn parts_with_other_tests_or_another_toolchain_are_refused() {
    if !has_sandbox() {
        return;
    }
    let class = Class::of(3);
    part(&class, "1/2", &[]).ends(0);
    let changed = own_course();
    let tests = changed.read("exercises/ex-02-words/tests/main.rs") + "// changed\n";
    changed.write("exercises/ex-02-words/tests/main.rs", &tests);
    let mut command = class.command_in(changed.root(), "part-2");
    command.args(["--shard", "2/2"]);
    run(command).ends(0);
    refused(&class, &["part-1", "part-2"], &["Different are: tests of ex-02\n"]);

    fs::remove_dir_all(class.out("part-2")).expect("remove it");
    part(&class, "2/2", &[]).ends(0);
    let path = class.out("part-2/run.json");
    let before: Value = read(&path);
    let with = |change: &dyn Fn(&mut Value), words: &str| {
        let mut run = before.clone();
        change(&mut run);
        fs::write(&path, run.to_string()).expect("write it");
        refused(&class, &["part-1", "part-2"], &[words]);
    };
    let other = |run: &mut Value| {
        run["made"]["common"]["toolchain"] = "other".into();
        run["environment"]["toolchain"] = "rustc 1.0".into();
    };
    with(&other, " and rustc 1.0)\n");
    with(&|run| run["made"]["common"]["grader"] = "other".into(), "Different are: grader\n");
    with(&|run| run["finished"] = false.into(), "shard 2/2 in ");
    fs::write(&path, before.to_string()).expect("write it");

    a_part_that_was_changed(&class);
}

fn read(path: &PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).expect("read it")).expect("understand it")
}

/// Submissions that are not the shard's, are gone, or are of another run.
fn a_part_that_was_changed(class: &Class) {
    let parts = ["part-1", "part-2"];
    let folder = |part: &str| class.out(part).join("submissions");
    let mut of_1 = fs::read_dir(folder("part-1")).expect("list").map(|e| e.expect("list").path());
    let one = of_1.next().expect("a submission of the first shard");
    let name = one.file_name().expect("a name");
    let moved = folder("part-2").join(name);
    fs::copy(&one, &moved).expect("copy it");
    refused(class, &parts, &["does not belong to shard 2/2"]);
    fs::rename(&moved, class.out("aside")).expect("move it");
    fs::remove_file(&one).expect("remove it");
    refused(class, &parts, &["the class has 3 students, and the shards have 2 of them"]);
    let mut grade = read(&class.out("aside"));
    grade["exercises"][0]["made"]["tests"] = "other".into();
    fs::write(&one, grade.to_string()).expect("write it");
    refused(class, &parts, &["ex-01 in ", "was not made with what shard 1/2 was made with"]);
    fs::copy(class.out("aside"), &one).expect("put it back");
    merge(class, &parts, "merged").ends(0);
}

#[test]
fn machines_with_several_kernels_are_all_named() {
    if !has_sandbox() {
        return;
    }
    let class = Class::of(2);
    for shard in ["1/2", "2/2"] {
        part(&class, shard, &[]).ends(0);
    }
    let path = class.out("part-2/run.json");
    let mut run = read(&path);
    run["environment"]["kernel"] = "0.0.0-other".into();
    fs::write(&path, run.to_string()).expect("write it");
    merge(&class, &["part-1", "part-2"], "merged").ends(0);
    let results = class.results("merged");
    let kernel = results["environment"]["kernel"].as_str().expect("kernels");
    assert!(kernel.starts_with("0.0.0-other, ") && kernel.len() > 16, "{kernel}");
}

#[test]
fn a_shard_that_is_none_is_refused_and_so_is_another_one_in_its_place() {
    let class = Class::of(2);
    for wrong in ["0/4", "5/4", "x", "1/0"] {
        let mut command = class.command("out");
        command.args(["--shard", wrong]);
        let said = run(command).ends(2).stderr;
        assert!(said.contains("the first of four is 1/4"), "{said}");
    }
    let mut command = grader(course());
    command.args(["class", "--shard", "1/2", "--submissions"]).arg(class.submissions());
    command.arg("--out").arg(class.out("seedless"));
    let said = run(command).ends(2).stderr;
    assert!(said.contains("shard 1/2 needs --seed N, the same for all"), "{said}");
    if !has_sandbox() {
        return;
    }
    part(&class, "1/2", &[]).ends(0);
    for (more, asked) in [(&["--shard", "2/2"][..], "shard 2/2"), (&[], "the whole class")] {
        let mut command = class.command("part-1");
        command.args(more);
        let said = run(command).ends(2).stderr;
        let words = format!("is of shard 1/2, and this run is of {asked}: name another folder");
        assert!(said.contains(&words), "{said}");
    }
    // Nobody has taken it away.
    part(&class, "1/2", &[]).ends(0);
}
