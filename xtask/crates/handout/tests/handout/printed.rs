//! Who has the copy and knows nothing of it: each command that is typed was printed before, and so
//! was the key that is pressed and the file that is changed.

use std::fs;
use std::path::Path;
use std::process::Command;

use fixture::terminal::Terminal;

use crate::kit::{copy, course};
use crate::works::{EXERCISE, fresh, solution, target};

const PROMPT: &str = "READY>";

/// A shell in the copy, on a terminal of 80 columns and 24 rows.
struct Shell {
    terminal: Terminal,
}

impl Shell {
    #[track_caller]
    fn open() -> Shell {
        let mut bash = Command::new("bash");
        bash.args(["--norc", "--noprofile", "--noediting", "-i"]).current_dir(copy());
        let cargo = Path::new(env!("CARGO")).parent().expect("its folder").display();
        let path = std::env::var("PATH").unwrap_or_default();
        bash.env("PATH", format!("{cargo}:{path}")).env("CARGO_TARGET_DIR", target());
        bash.env("PS1", format!("{PROMPT} ")).env("HISTFILE", "").env("TERM", "xterm");
        for name in ["CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUSTC", "PIPEWORKS_XTASK"] {
            bash.env_remove(name);
        }
        let mut terminal = Terminal::start(&bash);
        terminal.expect(PROMPT);
        Shell { terminal }
    }

    /// Types a command, which does not end by itself.
    #[track_caller]
    fn begins(&mut self, command: &str) {
        self.terminal.press(command);
        let typed = format!("{PROMPT} {command}");
        self.terminal.until("what is typed", |screen| screen.trim_end().ends_with(&typed));
        self.terminal.press("\n");
    }

    /// Types a command; what is to be seen of its output when it has ended.
    #[track_caller]
    fn types(&mut self, command: &str) -> String {
        self.begins(command);
        self.prompted(command)
    }

    /// What is to be seen since this command was typed, when there is a prompt again.
    #[track_caller]
    fn prompted(&mut self, command: &str) -> String {
        self.terminal.until(command, |screen| screen.trim_end().ends_with(PROMPT));
        let screen = self.terminal.screen();
        let typed = format!("{PROMPT} {command}\n");
        screen.rsplit_once(&typed).map_or(screen.as_str(), |(_, after)| after).to_owned()
    }

    /// Presses a key that the screen names with these words.
    #[track_caller]
    fn presses(&mut self, key: &str, named: &str) {
        self.terminal.expect(named);
        self.terminal.press(key);
    }
}

/// The command that stands on a line behind this label.
#[track_caller]
fn behind(label: &str, text: &str) -> String {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix(label));
    let mut commands = lines.filter_map(|line| line.trim_start().strip_prefix("cargo xtask"));
    let words = commands.next().unwrap_or_else(|| panic!("no command behind `{label}`:\n{text}"));
    format!("cargo xtask{}", words.trim_end())
}

/// The program that a screen tells to change.
#[track_caller]
fn program(screen: &str) -> &str {
    let is_program = |word: &&str| word.ends_with("src/main.rs") && word.starts_with("exercises/");
    let mut words = screen.split([' ', '\n', ':']);
    words.find(is_program).unwrap_or_else(|| panic!("no program is named:\n{screen}"))
}

/// The first command of a README.
#[track_caller]
fn first_of(readme: &Path) -> String {
    let text = fs::read_to_string(readme).expect("read it");
    let (_, code) = text.split_once("```sh\n").expect("a command");
    let line = code.lines().next().unwrap_or_default();
    line.split('#').next().unwrap_or_default().trim_end().to_owned()
}

#[test]
fn from_the_readme_to_a_solved_exercise_by_what_is_printed() {
    let _alone = fresh();
    let mut shell = Shell::open();
    let first = first_of(&copy().join("README.md"));
    assert_eq!(first, first_of(&course().join("README.md")), "the same in the whole course");
    // Who has not even read that.
    let help = shell.types("cargo xtask");
    assert_eq!(behind("", &help).split("  ").next(), Some(&*first), "{help}");

    let lesson = shell.types(&first);
    let watch = behind("then try", &lesson);
    shell.begins(&watch);
    shell.terminal.expect("FAILED after");
    let of_watch = program(&shell.terminal.screen()).to_owned();
    shell.terminal.expect("src/main.rs: each save is checked");
    shell.presses("h", "h hint");
    shell.terminal.expect("hint 1 of 3");
    shell.presses("?", "? all keys");
    shell.terminal.expect("g and G move through");
    shell.presses("\x1b", "Esc comes back");
    // Together with the next key it would be another one.
    shell.terminal.expect("FAILED after");
    shell.presses("t", "t task");
    shell.presses("G", "the task: ");
    shell.terminal.expect("cargo xtask check");
    let check = behind("", &shell.terminal.screen());
    shell.presses("q", "q quit");
    assert_eq!(behind("ex-01 does not pass yet; go on:", &shell.prompted(&watch)), watch);

    let told = shell.types(&check);
    assert_eq!(program(&told), of_watch);
    let hint = shell.types(&behind("hint", &told));
    assert_eq!(behind("Check it at each save:", &hint), watch);
    shell.begins(&watch);
    shell.terminal.expect("FAILED after");
    assert!(of_watch.starts_with(EXERCISE), "{of_watch}");
    fs::copy(solution(), copy().join(&of_watch)).expect("solve it");
    shell.terminal.expect("PASSED after");
    shell.presses("n", "n goes on to ex-02");
    shell.terminal.expect("exercises/ex-02-fifo-rendezvous/src/main.rs");
    shell.terminal.expect("FAILED after");
    shell.presses("q", "q quit");
    let second = behind("ex-02 does not pass yet; go on:", &shell.prompted(&watch));

    // The other ways to get there.
    assert_eq!(behind("", &shell.types(&check)), second);
    assert_eq!(behind("", &shell.types("cargo xtask list | tail -1")), second);
    shell.begins("exit");
    assert!(shell.terminal.wait().success());
}
