//! What is shown in the middle of the screen, and what the keys do.

use std::fs;
use std::path::PathBuf;

use course::progress::Progress;
use course::{Entry, State};

use crate::app::App;
use crate::keys::Key;
use crate::text::plain;

/// A nudge, the idea, nearly the answer.
const HINTS: u8 = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// How the exercise stands.
    Verdict,
    /// Something to read.
    Text { title: String, text: String },
    /// All exercises, one of them chosen.
    List { chosen: usize },
}

/// What the screen has last shown of the middle.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page {
    /// Rows that there is room for.
    pub height: usize,
    /// Rows that there are.
    pub rows: usize,
}

/// Of all keys, in the order in which they are told.
const KEYS: &str = "\
n  goes on to the next open exercise, once this one passes
N  goes on although it does not pass yet
h  shows the next hint: a nudge, the idea, nearly the answer
H  shows again the hints that you have seen
t  shows the task
l  lists the exercises; arrows or j and k choose, Enter takes one
r  checks again what is saved
s  says where our program is, once yours passes
q  quits, and so does Ctrl-C

Arrows, j and k, space and b, g and G move through what does not fit.
Esc comes back to the check. Ctrl-Z stops all this; `fg` continues it.

A save of the program is all that a check needs.";

impl App {
    /// Does what a key means; false where it means to quit.
    pub fn press(&mut self, key: Key, page: Page) -> bool {
        self.note = None;
        match (key, &mut self.view) {
            (Key::Char('q' | '\u{4}'), _) => return false,
            (Key::Down | Key::Char('j'), View::List { chosen }) => {
                *chosen = (*chosen + 1).min(self.exercises.len().saturating_sub(1));
            }
            (Key::Up | Key::Char('k'), View::List { chosen }) => {
                *chosen = chosen.saturating_sub(1);
            }
            (Key::Home | Key::Char('g'), View::List { chosen }) => *chosen = 0,
            (Key::End | Key::Char('G'), View::List { chosen }) => {
                *chosen = self.exercises.len().saturating_sub(1);
            }
            (Key::Enter, View::List { chosen }) => {
                let chosen = *chosen;
                self.go_to(chosen);
            }
            (Key::Char('l'), View::List { .. }) | (Key::Escape, _) => self.show(View::Verdict),
            (Key::Char('l'), _) => {
                self.read_states();
                self.show(View::List { chosen: self.at });
            }
            (Key::Char('n'), _) => self.next(),
            (Key::Char('N'), _) => self.skip(),
            (Key::Char('h'), _) => self.hint(),
            (Key::Char('H'), _) => self.hints_again(),
            (Key::Char('t'), _) => self.task(),
            (Key::Char('r'), _) => self.again(),
            (Key::Char('s'), _) => self.solution(),
            (Key::Char('?'), _) => self.read("the keys", KEYS),
            (key, _) => self.move_by(key, page),
        }
        true
    }

    fn move_by(&mut self, key: Key, page: Page) {
        let last = page.rows.saturating_sub(page.height);
        let step = page.height.saturating_sub(1).max(1);
        self.scroll = match key {
            Key::Down | Key::Char('j') | Key::Enter => self.scroll + 1,
            Key::Up | Key::Char('k') => self.scroll.saturating_sub(1),
            Key::PageDown | Key::Char(' ') => self.scroll + step,
            Key::PageUp | Key::Char('b') => self.scroll.saturating_sub(step),
            Key::Home | Key::Char('g') => 0,
            Key::End | Key::Char('G') => last,
            _ => self.scroll,
        }
        .min(last);
    }

    fn show(&mut self, view: View) {
        self.view = view;
        self.scroll = 0;
    }

    fn read(&mut self, title: impl Into<String>, text: impl Into<String>) {
        self.show(View::Text { title: title.into(), text: text.into() });
    }

    fn next(&mut self) {
        let id = self.exercise().id.clone();
        if !self.passes() {
            let stands =
                if self.check.is_some() { "is being checked" } else { "does not pass yet" };
            self.note = Some(format!("{id} {stands}; N leaves it as it is and goes on"));
            return;
        }
        match self.next_open() {
            Some(next) => self.go_to(next),
            None => self.note = Some("That was the last: every exercise passes.".to_owned()),
        }
    }

    fn skip(&mut self) {
        match self.next_open() {
            Some(next) => self.go_to(next),
            None => self.note = Some("No other exercise is open.".to_owned()),
        }
    }

    fn hint(&mut self) {
        let (root, id) = (self.root.clone(), self.exercise().id.clone());
        let seen = self.hints_seen();
        if seen >= HINTS {
            self.hints_again();
            let command = format!(" Our program: cargo xtask solution {id} --anyway");
            let ours = if course::has_solutions(&root) { command } else { String::new() };
            self.note = Some(format!("That was the last hint.{ours}"));
            return;
        }
        self.read_hints(seen + 1);
        if let Err(error) = Progress::change(&root, &id, |mark| mark.hints = seen + 1) {
            self.note = Some(format!("This hint is not remembered: {error:#}"));
        }
    }

    fn hints_again(&mut self) {
        match self.hints_seen() {
            0 => self.note = Some("You have seen no hint yet; h shows one.".to_owned()),
            seen => self.read_hints(seen),
        }
    }

    fn hints_seen(&self) -> u8 {
        let progress = Progress::read(&self.root);
        progress.marks.get(&self.exercise().id).map_or(0, |mark| mark.hints.min(HINTS))
    }

    /// The hints up to this one, the last one first.
    fn read_hints(&mut self, last: u8) {
        let mut text = String::new();
        for level in (1..=last).rev() {
            if level < last {
                text += &format!("\n--- hint {level} of {HINTS}\n\n");
            }
            let path = self.exercise().path.join(format!("hints/{level}.md"));
            text += self.file(path).trim_end();
            text.push('\n');
        }
        let more = if last < HINTS { ", h shows the next one" } else { "" };
        self.read(format!("hint {last} of {HINTS}{more}"), text);
    }

    fn task(&mut self) {
        let path = self.exercise().path.join("README.md");
        let text = self.file(path.clone());
        self.read(format!("the task: {}", path.display()), text);
    }

    /// What stands in a file of the course, or why that is not known.
    fn file(&self, path: PathBuf) -> String {
        match fs::read_to_string(self.root.join(&path)) {
            Ok(text) => plain(&text),
            Err(error) => format!("{} cannot be read: {error}", path.display()),
        }
    }

    fn solution(&mut self) {
        let exercise = self.exercise();
        let path = PathBuf::from("solutions").join(exercise.folder_name()).join("src/main.rs");
        self.note = Some(if !self.passes() {
            "Our program is named once yours passes; h shows a hint.".to_owned()
        } else if self.root.join(&path).is_file() {
            format!("Our program: {}", path.display())
        } else {
            "This copy of the course has no solutions in it.".to_owned()
        });
    }
}

/// A line of the list.
pub fn line_of(entry: &Entry, state: State, width: usize) -> String {
    format!("{}  {state:<11}  {:<width$}  {}", entry.id, entry.concept, entry.title)
}
