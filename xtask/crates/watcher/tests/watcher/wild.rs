//! Programs that hang, flood, and print what a terminal would obey.

use fixture::terminal::Terminal;

use crate::course::Watched;

/// It ignores every signal that can be ignored, and so does a child in a session of its own.
const HANGS: &str = r#"
fn main() {
    let script = "trap '' TERM INT HUP QUIT TSTP; while :; do sleep 1000; done";
    let _ = std::process::Command::new("setsid").args(["sh", "-c", script]).spawn();
    let _ = std::process::Command::new("sh").args(["-c", script]).status();
}
"#;

#[test]
fn a_program_that_hangs_keeps_no_key_waiting_and_ends_with_the_next_save() {
    let watched = Watched::new();
    watched.save(HANGS);
    let mut terminal = Terminal::start(&watched.command(&[]));
    watched.until_it_runs_as("sleep 1000");
    terminal.press("h");
    terminal.expect("The hint 1.");
    terminal.press("\x1b");
    // The time goes on.
    terminal.until("its time", |screen| screen.contains("checking for "));
    watched.save_words("one two");
    terminal.expect("PASSED after");
    assert_eq!(watched.running().len(), 1, "{:#?}", watched.running());

    watched.save(HANGS);
    watched.until_it_runs_as("sleep 1000");
    terminal.press("q");
    assert!(terminal.wait().success());
    terminal.assert_given_back();
    watched.assert_nothing_runs();
}

#[test]
fn a_program_that_floods_is_shown_as_far_as_anybody_reads() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    watched.save("fn main() { for n in 0..100_000 { println!(\"line {n}\"); } }\n");
    terminal.until("lines of it", |screen| screen.contains("line 3\n"));
    terminal.expect("FAILED after");
    terminal.press("G");
    terminal.expect("bytes more; all of it: cargo xtask check ex-01");
    terminal.press("l");
    terminal.expect("> ex-01  open");
}

#[test]
fn control_characters_are_shown_and_not_obeyed() {
    let watched = Watched::new();
    let mut terminal = watched.start();
    let wild = r"\x1b[2J\x1b[H\x1b]0;title\x07\x1b[?1049lA\rB\x08\u{9b}2J\u{202e}C";
    watched.save(&format!("fn main() {{ print!(\"{wild}\"); }}\n"));
    terminal.expect(r"\u{1b}[2J\u{1b}[H\u{1b}]0;title\u{7}\u{1b}[?1049l");
    terminal.until("all of it", |screen| {
        let screen: String = screen.split_whitespace().collect();
        screen.contains(r"A\u{d}B\u{8}\u{9b}2J\u{202e}C") && screen.starts_with("ex-01")
    });
    terminal.assert_taken();
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    for (setting, wanted) in [(None, true), (Some("NO_COLOR"), false)] {
        let watched = Watched::new();
        let mut command = watched.command(&[]);
        if let Some(setting) = setting {
            command.env(setting, "1");
        }
        let mut terminal = Terminal::start(&command);
        terminal.expect("FAILED after");
        assert_eq!(terminal.has_colours(), wanted);
    }
}
