//! What counts as a save, and which verdict is shown after it.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::process::Command;

use fixture::checked::{SOURCE, prints};
use fixture::terminal::Terminal;

use crate::course::{WAITS, Watched};

const GOOD: &str = "one two";

/// A save that is noticed ends in this verdict, since the program before it fails.
#[track_caller]
fn assert_is_noticed(save: impl FnOnce(&Watched)) {
    let watched = Watched::new();
    let mut terminal = watched.start();
    save(&watched);
    terminal.expect("PASSED after");
    terminal.expect("n goes on to ex-02 concept-02");
    terminal.expect("[####>---] 1/2");
}

#[test]
fn a_save_into_the_same_file() {
    assert_is_noticed(|watched| watched.save_words(GOOD));
}

/// Written beside it and renamed: VS Code on some systems, cargo, many scripts.
#[test]
fn a_save_that_renames() {
    assert_is_noticed(|watched| {
        let beside = watched.course.at("exercises/ex-01-concept/src/main.rs.tmp.4711");
        fs::write(&beside, prints(GOOD)).expect("write a file");
        fs::rename(beside, watched.course.at(SOURCE)).expect("rename it");
    });
}

/// The old file is taken away, the new one written in its place: vim with a backup.
#[test]
fn a_save_as_vim_does_it() {
    assert_is_noticed(|watched| {
        let source = watched.course.at(SOURCE);
        let folder = source.parent().expect("its folder");
        fs::write(folder.join("4913"), "").expect("try whether it can be written");
        fs::remove_file(folder.join("4913")).expect("and take it away");
        let backup = folder.join("main.rs~");
        fs::rename(&source, &backup).expect("keep the old one");
        fs::write(&source, prints(GOOD)).expect("write the new one");
        fs::remove_file(backup).expect("remove the old one");
    });
}

/// As JetBrains calls its safe write.
#[test]
fn a_save_with_two_renames() {
    assert_is_noticed(|watched| {
        let source = watched.course.at(SOURCE);
        let beside = |name: &str| source.with_file_name(name);
        fs::write(beside("main.rs___jb_tmp___"), prints(GOOD)).expect("write the new one");
        fs::rename(&source, beside("main.rs___jb_old___")).expect("keep the old one");
        fs::rename(beside("main.rs___jb_tmp___"), &source).expect("put the new one there");
        fs::remove_file(beside("main.rs___jb_old___")).expect("remove the old one");
    });
}

#[test]
fn a_save_by_sed() {
    assert_is_noticed(|watched| {
        let mut sed = Command::new("sed");
        sed.args(["-i", "s/print.*;/print!(\"one two\");/"]).arg(watched.course.at(SOURCE));
        assert!(sed.status().expect("start sed").success());
    });
}

#[test]
fn a_folder_that_is_replaced() {
    assert_is_noticed(|watched| {
        let source = watched.course.at("exercises/ex-01-concept/src");
        fs::rename(&source, watched.course.at("old")).expect("take the folder away");
        watched.save_words(GOOD);
    });
}

#[test]
fn an_exercise_that_is_replaced() {
    assert_is_noticed(|watched| {
        let exercise = watched.course.at("exercises/ex-01-concept");
        let elsewhere = watched.course.at("elsewhere");
        fs::rename(&exercise, &elsewhere).expect("take the exercise away");
        fs::write(elsewhere.join("src/main.rs"), prints(GOOD)).expect("change it there");
        fs::rename(elsewhere, exercise).expect("put it back");
    });
}

/// Also afterwards events have to come from the new one.
#[test]
fn all_exercises_that_are_replaced() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    let exercises = watched.course.at("exercises");
    let copy = |from: &std::path::Path, to: &std::path::Path| {
        let status = Command::new("cp").arg("-r").arg(from).arg(to).status().expect("start cp");
        assert!(status.success());
    };
    copy(&exercises, &watched.course.at("new"));
    fs::rename(&exercises, watched.course.at("old")).expect("take all away");
    fs::rename(watched.course.at("new"), &exercises).expect("put a copy there");
    watched.save_words(GOOD);
    terminal.expect("PASSED after");
    watched.save_words("two");
    terminal.expect("FAILED after");
}

#[test]
fn a_program_that_is_removed_and_comes_back() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    fs::remove_file(watched.course.at(SOURCE)).expect("remove it");
    terminal.expect("exercises/ex-01-concept/src/main.rs is missing");
    terminal.expect("FAILED after");
    watched.save_words(GOOD);
    terminal.expect("PASSED after");
}

#[test]
fn what_does_not_compile_is_told_in_the_compilers_words() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    watched.save("fn main() { let x: u8 = \"text\"; }\n");
    terminal.expect("error[E0308]");
    terminal.expect("ex-01 does not compile");
    watched.save_words(GOOD);
    terminal.expect("PASSED after");
}

/// The check itself fails, which says nothing about the program.
#[test]
fn what_cannot_be_checked_says_why() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    let manifest = "exercises/ex-01-concept/Cargo.toml";
    let good = watched.course.read(manifest);
    watched.course.write(manifest, &good.replace("title", "titel"));
    terminal.expect("NOT CHECKED: exit code 125");
    terminal.expect("titel");
    watched.course.write(manifest, &good);
    terminal.expect("FAILED after");
}

/// After the first verdict, and a check after that, there is no verdict but the last one.
#[track_caller]
fn assert_no_other_verdict(terminal: &Terminal) {
    let mut later = terminal.screens.iter().skip_while(|screen| !screen.contains("FAILED after"));
    let later: Vec<_> = later.by_ref().skip_while(|screen| !screen.contains("checking")).collect();
    assert!(later.len() > 1, "{:#?}", terminal.screens);
    for screen in later {
        assert!(!screen.contains("FAILED"), "a verdict of what was saved before:\n{screen}");
    }
}

/// Several saves in quick succession have one verdict: the last one's. No check of the others is
/// ever over, however late this process notices that one has begun.
#[test]
fn saves_in_quick_succession() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    let save_one_that_waits = |number: u32| watched.save(&format!("// {number}\n{WAITS}"));
    (1..=3).for_each(save_one_that_waits);
    // From here on the old verdict is gone, and a check may have begun.
    terminal.expect("checking");
    (4..=5).for_each(save_one_that_waits);
    watched.save_words(GOOD);
    terminal.expect("PASSED after");
    assert_no_other_verdict(&terminal);
}

/// The check is in the middle of a test that would never end; a save ends it.
#[test]
fn a_save_during_a_check() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    watched.save(WAITS);
    terminal.expect("checking");
    watched.until_it_runs();
    watched.save_words(GOOD);
    terminal.expect("PASSED after");
    assert_no_other_verdict(&terminal);
    let left = watched.running();
    assert_eq!(left.len(), 1, "only the one who watches is left: {left:#?}");
}

/// Nobody has noticed the save before the check is over: there is no event, and no look in between.
#[test]
fn a_save_that_is_noticed_only_after_the_check() {
    let watched = Watched::new();
    let gate = watched.course.at("gate");
    nix::unistd::mkfifo(&gate, nix::sys::stat::Mode::S_IRWXU).expect("make a FIFO");
    // Opening it waits for whoever opens the other end: see fifo(7).
    let opens = format!("fn main() {{ std::fs::read({gate:?}).unwrap(); }}\n");
    watched.save(&opens);
    let mut terminal = Terminal::start(&watched.command(&["--poll", "60000"]));
    watched.until_it_runs();
    watched.save_words(GOOD);
    // One test runs the program, and the other one is not tried after it. Until the program waits
    // for it, this end cannot be opened, and is not waited for.
    let mut this_end = fs::File::options();
    this_end.write(true).custom_flags(libc::O_NONBLOCK);
    crate::course::until("the program waits", || this_end.open(&gate).is_ok());
    terminal.expect("PASSED after");
    for screen in &terminal.screens {
        assert!(!screen.contains("FAILED"), "a verdict of what was saved before:\n{screen}");
    }
}

/// Changed and changed back during a check: nobody knows which of the two was built.
#[test]
fn a_save_during_a_check_that_changes_nothing() {
    let watched = Watched::new();
    watched.save(WAITS);
    let mut terminal = Terminal::start(&watched.command(&[]));
    watched.until_it_runs();
    let before = watched.running();
    watched.save(WAITS);
    crate::course::until("another check", || {
        let now = watched.running();
        let is_check = |line: &&String| line.contains("--watched");
        let check = |lines: &[String]| lines.iter().find(is_check).cloned();
        check(&now).is_some() && check(&now) != check(&before)
    });
    terminal.press("q");
    assert!(terminal.wait().success());
    watched.assert_nothing_runs();
}
