//! What the keys do, and what fits on the screen.

use fixture::terminal::Terminal;

use crate::course::Watched;

/// A course whose first exercise passes.
#[track_caller]
fn passing() -> (Watched, Terminal) {
    let watched = Watched::new();
    let mut terminal = watched.start();
    watched.save_words("one two");
    terminal.expect("PASSED after");
    (watched, terminal)
}

#[test]
fn the_next_one_comes_only_when_asked_for_and_only_after_this_one_passes() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    terminal.press("n");
    terminal.expect("ex-01 does not pass yet; N leaves it as it is and goes on");
    terminal.expect("ex-01 concept-01");
    watched.save_words("one two");
    terminal.expect("PASSED after");
    // Another save: it is still this one.
    watched.save_words("one two three");
    terminal.until("a check of the new program", |screen| !screen.contains("PASSED"));
    terminal.expect("PASSED after");
    assert!(terminal.screens.iter().all(|screen| screen.starts_with("ex-01 concept-01")));
    terminal.press("n");
    terminal.expect("exercises/ex-02-concept/src/main.rs");
    terminal.expect("FAILED after");
    terminal.expect("[####>---] 1/2");
}

#[test]
fn one_that_does_not_pass_is_skipped_with_a_capital() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    terminal.press("N");
    terminal.expect("exercises/ex-02-concept/src/main.rs");
    terminal.expect("FAILED after");
    // Round to the first one again.
    terminal.press("N");
    terminal.expect("exercises/ex-01-concept/src/main.rs");
}

#[test]
fn after_the_last_one_there_is_no_next_one() {
    let (watched, mut terminal) = passing();
    terminal.press("n");
    terminal.expect("exercises/ex-02-concept/src/main.rs");
    watched
        .course
        .write("exercises/ex-02-concept/src/main.rs", &fixture::checked::prints("one two"));
    terminal.expect("and so does every other exercise");
    terminal.expect("[########] 2/2");
    terminal.press("n");
    terminal.expect("That was the last: every exercise passes.");
}

#[test]
fn it_begins_at_the_first_that_is_open_or_at_the_one_that_is_named() {
    let (watched, mut terminal) = passing();
    terminal.press("q");
    assert!(terminal.wait().success());
    let mut first_open = Terminal::start(&watched.command(&[]));
    first_open.expect("exercises/ex-02-concept/src/main.rs");
    let mut named = Terminal::start(&watched.command(&["1"]));
    named.expect("exercises/ex-01-concept/src/main.rs");
    named.expect("PASSED after");
}

#[test]
fn a_list_to_choose_from() {
    let (_watched, mut terminal) = passing();
    terminal.press("l");
    terminal.expect("> ex-01  done         concept-01  Exercise 01");
    terminal.expect("  ex-02  never tried  concept-02  Exercise 02");
    terminal.press("\x1b[B");
    terminal.expect("> ex-02");
    terminal.press("k");
    terminal.expect("> ex-01");
    terminal.press("jj\r");
    terminal.expect("exercises/ex-02-concept/src/main.rs");
    terminal.expect("FAILED after");
    terminal.press("l");
    terminal.expect("> ex-02  open");
    // An escape alone, which begins other keys as well.
    terminal.press("\x1b");
    terminal.expect("FAILED after");
}

#[test]
fn each_hint_is_one_more_and_is_remembered() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    terminal.press("H");
    terminal.expect("You have seen no hint yet");
    terminal.press("h");
    terminal.expect("hint 1 of 3");
    terminal.expect("The hint 1.");
    terminal.press("h");
    terminal.expect("The hint 2.");
    terminal.press("q");
    assert!(terminal.wait().success());

    let mut again = watched.start();
    again.press("H");
    again.expect("hint 2 of 3");
    again.press("h");
    again.expect("The hint 3.");
    again.press("h");
    again.expect("cargo xtask solution ex-01 --anyway");
    // Whoever has read enough and saves wants to see the verdict.
    watched.save_words("one two");
    again.expect("PASSED after");
}

#[test]
fn the_task_the_keys_and_the_solution() {
    let (watched, mut terminal) = passing();
    terminal.press("t");
    terminal.expect("The task of 01.");
    terminal.press("?");
    terminal.expect("goes on although it does not pass yet");
    terminal.press("\x1b");
    terminal.expect("PASSED after");
    terminal.press("s");
    terminal.expect("Our program: solutions/ex-01-concept/src/main.rs");
    watched.save_words("two");
    terminal.expect("FAILED after");
    terminal.press("s");
    terminal.expect("named once yours passes");
    // Without a save, only because the key was pressed.
    let checks = terminal.screens.len();
    terminal.press("r");
    terminal.until("another check", |screen| screen.contains("checking"));
    terminal.expect("FAILED after");
    assert!(terminal.screens.len() > checks);
}

#[test]
fn another_exercise_that_is_saved_is_named_and_not_gone_to() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    watched.course.write("exercises/ex-02-concept/src/main.rs", "fn main() {}\n");
    terminal.expect("ex-02 was saved, but this is ex-01: l lists them");
    terminal.expect("exercises/ex-01-concept/src/main.rs");
}

#[test]
fn every_size_shows_what_matters() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    for (rows, columns) in [(20, 40), (10, 30), (5, 20), (24, 80), (60, 200), (2, 10), (24, 80)] {
        terminal.resize(rows, columns);
        let (rows, columns) = (usize::from(rows), usize::from(columns));
        terminal.until("a screen of the new size", |screen| {
            let mut lines = screen.lines();
            let fits = lines.all(|line| line.chars().count() <= columns);
            let has_title = rows < 6 || screen.starts_with("ex-01");
            fits && has_title && screen.contains("FAILED") && screen.lines().count() <= rows
        });
        if rows >= 20 {
            // Nothing is cut out of words.
            terminal.until("all of the explanation", |screen| {
                let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
                words.contains("means what it means") && words.contains("n next h hint")
            });
        }
    }
}

#[test]
fn what_does_not_fit_is_moved_through() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    terminal.resize(10, 80);
    terminal.until("a part", |screen| screen.contains("1-6 of"));
    terminal.press("j");
    terminal.expect("2-7 of");
    terminal.press(" ");
    terminal.expect("7-12 of");
    terminal.press("\x1b[5~");
    terminal.expect("2-7 of");
    terminal.press("G");
    terminal.until("the end", |screen| !screen.contains("expected") && screen.contains("later"));
    terminal.press("g");
    terminal.expect("1-6 of");
}
