//! `reset`: nothing of the student's is lost, whatever goes wrong.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use assert_cmd::assert::Assert;
use course::progress;

use super::exercises::{MINE, SKELETON, SOURCE, checked, course, states};
use super::{run, stderr, stdout};

/// Where the last `reset` says that it keeps the student's files.
#[track_caller]
fn kept_in(outcome: &Assert) -> PathBuf {
    let said = stdout(outcome);
    let first = said.lines().next().unwrap_or_default();
    first.strip_prefix("your files are kept in ").expect(&said).into()
}

/// Runs a shell script in a mount namespace of its own, with the binary as `$0`; `None`, and a
/// word about it, where this user cannot have one.
fn in_own_mounts(folder: &Path, script: &str) -> Option<Output> {
    // A user without rights gets them inside a user namespace, where there may be such.
    let how = if nix::unistd::geteuid().is_root() { "-m" } else { "-rm" };
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args([how, "sh", "-c", script, env!("CARGO_BIN_EXE_xtask")]).current_dir(folder);
        command.output().ok()
    };
    let can = unshare("mount -t tmpfs none .").is_some_and(|output| output.status.success());
    if !can {
        // On a line of its own, past the harness, which would keep it to itself.
        let why = b"\nSKIPPED: mounts of its own: needs root, or unshare(1) as an ordinary user\n";
        std::io::stderr().write_all(why).expect("say that a test is skipped");
        return None;
    }
    unshare(script)
}

/// A script with the folder that it mounts something on, and the student's text, in variables.
fn with_words(script: &str, source: &Path) -> String {
    // Both are free of single quotes.
    format!("SOURCE='{}'\nMINE='{MINE}'\n{script}", source.display())
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn what_an_editor_leaves_beside_the_source_changes_no_state() {
    let course = course();
    checked(&course, "ex-01", true);
    course.write("exercises/ex-01-close/src/.main.rs.swp", "vim is here");
    let lock = course.at("exercises/ex-01-close/src/.#main.rs");
    std::os::unix::fs::symlink("emacs@here.4711", lock).expect("make a link that leads nowhere");
    let fifo = course.at("exercises/ex-01-close/src/try.fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("make a FIFO");
    assert_eq!(states(&course), ["done", "never tried"]);
    let said = stdout(&run(course.root(), ["reset", "ex-01"]).success());
    assert!(said.contains("nothing to do"), "{said}");
    assert!(fifo.exists());
}

#[test]
fn a_reset_of_nothing_does_nothing() {
    let course = course();
    let said = stdout(&run(course.root(), ["reset", "ex-01"]).success());
    assert_eq!(said, "ex-01 is as it was at the beginning: nothing to do\n");
    assert!(!course.at(".pipeworks/backups").exists());
}

#[test]
fn a_reset_keeps_what_was_there_and_tells_where() {
    let course = course();
    course.write(SOURCE, MINE);
    let outcome = run(course.root(), ["reset", "ex-01"]).success();
    let kept = kept_in(&outcome);
    let copy = course.root().join(&kept).join("main.rs");
    assert_eq!(fs::read_to_string(copy).expect("read the backup"), MINE);
    assert_eq!(course.read(SOURCE), SKELETON);
    let date = kept.file_name().and_then(|name| name.to_str()).expect("a date");
    let is_date = date.len() == "2026-02-28T23-59-59Z".len() && date.ends_with('Z');
    assert!(kept.starts_with(".pipeworks/backups/ex-01") && is_date, "{}", kept.display());
    let last = "exercises/ex-01-close/src is as it was at the beginning\n";
    assert!(stdout(&outcome).ends_with(last), "{}", stdout(&outcome));
}

#[test]
fn a_reset_of_several_files_keeps_all_of_them_and_removes_what_is_not_ours() {
    let course = course();
    let folder = "exercises/ex-02-frames";
    course.write(&format!("{folder}/src/main.rs"), MINE);
    course.write(&format!("{folder}/src/wire/mod.rs"), "// My wire.\n");
    course.write(&format!("{folder}/src/wire/deep/extra.rs"), "// Extra.\n");
    course.write(&format!("{folder}/src/notes.txt"), "Notes.\n");
    let kept = course.root().join(kept_in(&run(course.root(), ["reset", "ex-02"]).success()));
    for (file, text) in [
        ("main.rs", MINE),
        ("wire/mod.rs", "// My wire.\n"),
        ("wire/deep/extra.rs", "// Extra.\n"),
        ("notes.txt", "Notes.\n"),
    ] {
        assert_eq!(fs::read_to_string(kept.join(file)).expect(file), text);
    }
    let files = |of: &str| {
        progress::files_below(&course.at(&format!("{folder}/{of}"))).expect("list a folder")
    };
    assert_eq!(files("src").len(), files("skeleton").len());
    assert_eq!(course.read(&format!("{folder}/src/main.rs")), SKELETON);
    assert_eq!(course.read(&format!("{folder}/src/wire/mod.rs")), "// The wire.\n");
    let again = stdout(&run(course.root(), ["reset", "ex-02"]).success());
    assert!(again.contains("nothing to do"), "{again}");
}

#[test]
fn a_source_that_is_gone_comes_back() {
    let course = course();
    fs::remove_dir_all(course.at("exercises/ex-02-frames/src")).expect("remove src/");
    let said = stdout(&run(course.root(), ["reset", "ex-02"]).success());
    assert_eq!(said, "exercises/ex-02-frames/src is as it was at the beginning\n");
    assert_eq!(course.read("exercises/ex-02-frames/src/wire/mod.rs"), "// The wire.\n");
}

#[test]
fn resets_within_a_second_keep_each_others_files() {
    let course = course();
    let mut kept = Vec::new();
    // Quicker than one a second, whatever the second: of four two have the same.
    for round in 0..4 {
        let mine = MINE.replace("mine", &round.to_string());
        course.write(SOURCE, &mine);
        kept.push((kept_in(&run(course.root(), ["reset", "ex-01"]).success()), mine));
    }
    for (folder, mine) in &kept {
        let file = course.root().join(folder).join("main.rs");
        assert_eq!(&fs::read_to_string(file).expect("read a backup"), mine);
    }
    let backups = fs::read_dir(course.at(".pipeworks/backups/ex-01")).expect("list backups");
    assert_eq!(backups.count(), kept.len());
}

#[test]
fn a_path_that_reset_prints_leads_there_from_where_it_was_called() {
    let course = course();
    course.write(SOURCE, MINE);
    let below = course.at("exercises/ex-01-close/src");
    let kept = below.join(kept_in(&run(&below, ["reset", "1"]).success()));
    assert_eq!(fs::read_to_string(kept.join("main.rs")).expect("read the backup"), MINE);
}

#[test]
fn after_a_reset_nothing_is_done_any_more() {
    let course = course();
    course.write(SOURCE, MINE);
    checked(&course, "ex-01", true);
    run(course.root(), ["reset", "ex-01"]).success();
    assert_eq!(states(&course), ["open", "never tried"]);
    run(course.root(), ["solution", "ex-01"]).code(1);
}

#[test]
fn an_exercise_without_a_skeleton_is_not_reset() {
    let course = course();
    course.write(SOURCE, MINE);
    fs::remove_dir_all(course.at("exercises/ex-01-close/skeleton")).expect("remove it");
    let said = stderr(&run(course.root(), ["reset", "ex-01"]).code(125));
    assert!(said.contains("ex-01 has no skeleton"), "{said}");
    assert_eq!(course.read(SOURCE), MINE);
}

#[test]
fn a_source_that_cannot_be_written_stays_as_it_is() {
    let course = course();
    course.write(SOURCE, MINE);
    let source = course.at("exercises/ex-01-close/src");
    let script = r#"mount -t tmpfs none "$SOURCE" && printf %s "$MINE" > "$SOURCE/main.rs" &&
        mount -o remount,bind,ro "$SOURCE" && { "$0" reset ex-01; echo "status $?"; } &&
        cat "$SOURCE/main.rs""#;
    let script = with_words(script, &source);
    let Some(output) = in_own_mounts(course.root(), &script) else {
        return;
    };
    let (said, wrong) = texts(&output);
    assert!(said.contains("status 125") && said.ends_with(MINE), "{said}{wrong}");
    assert!(wrong.contains("Read-only file system"), "{wrong}");
}

#[test]
fn a_full_disk_leaves_the_source_whole() {
    let course = course();
    let skeleton = format!("{SKELETON}{}", "// A line of the skeleton.\n".repeat(1000));
    course.write("exercises/ex-01-close/skeleton/main.rs", &skeleton);
    let source = course.at("exercises/ex-01-close/src");
    let script = r#"mount -t tmpfs -o size=8k none "$SOURCE" &&
        printf %s "$MINE" > "$SOURCE/main.rs" && { "$0" reset ex-01; echo "status $?"; } &&
        cat .pipeworks/backups/ex-01/*/main.rs && ls "$SOURCE" && cat "$SOURCE/main.rs""#;
    let script = with_words(script, &source);
    let Some(output) = in_own_mounts(course.root(), &script) else { return };
    let (said, wrong) = texts(&output);
    // The backup was made before, and told; nothing of the new file is left beside the old one.
    assert!(said.starts_with("your files are kept in .pipeworks/backups/ex-01/"), "{said}{wrong}");
    assert!(said.ends_with(&format!("status 125\n{MINE}main.rs\n{MINE}")), "{said}{wrong}");
    assert!(wrong.contains("No space left on device"), "{wrong}");
}

#[test]
fn without_room_for_a_backup_nothing_is_reset() {
    let course = course();
    let mine = format!("{MINE}{}", "// A line of mine.\n".repeat(1000));
    course.write(SOURCE, &mine);
    course.write(".pipeworks/backups/here", "");
    let script = r#"mount -t tmpfs -o size=8k none .pipeworks/backups &&
        { "$0" reset ex-01; echo "status $?"; }"#;
    let Some(output) = in_own_mounts(course.root(), script) else { return };
    let (said, wrong) = texts(&output);
    assert_eq!(said, "status 125\n", "{wrong}");
    assert!(wrong.contains("No space left on device"), "{wrong}");
    assert_eq!(course.read(SOURCE), mine);
}

#[test]
fn a_backup_folder_that_cannot_be_made_is_told_with_its_reason() {
    let course = course();
    course.write(SOURCE, MINE);
    course.write(".pipeworks/backups", "a file in the way");
    let said = stderr(&run(course.root(), ["reset", "ex-01"]).code(125));
    assert!(said.contains(".pipeworks/backups/ex-01"), "{said}");
    assert_eq!(course.read(SOURCE), MINE);
}

#[test]
fn a_backup_has_the_bytes_and_the_permissions() {
    let course = course();
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    fs::write(course.at(SOURCE), &bytes).expect("write a source that is no text");
    fs::set_permissions(course.at(SOURCE), fs::Permissions::from_mode(0o600)).expect("chmod");
    let kept = kept_in(&run(course.root(), ["reset", "ex-01"]).success());
    let kept = course.root().join(kept).join("main.rs");
    assert_eq!(fs::read(&kept).expect("read the backup"), bytes);
    let mode = fs::metadata(&kept).expect("look at the backup").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
