//! What `watch` knows, and what it does about it: which exercise, its check, what is shown.
//!
//! A verdict belongs to a look. It is shown only if a look after the check sees the same as the one
//! before it, and it goes as soon as a look sees something else.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use course::progress::{self, Progress};
use course::{Course, Entry, State};

use crate::check::{Check, Checker, Kind, Outcome};
use crate::look::Look;
use crate::text::{harmless, plain};
use crate::view::View;

/// After an event, for others that belong to it: most saves empty a file before they fill it.
/// Where an editor takes longer, a check that has begun too early is ended, which costs less than
/// to wait for it at each save.
const SETTLE: Duration = Duration::from_millis(1);
/// However many events come, there is a look after this time.
const SETTLE_AT_MOST: Duration = Duration::from_millis(50);
/// An editor may take the old file away before it puts the new one there.
const MISSING_FOR: Duration = Duration::from_millis(250);

/// How an exercise stands, by the last check of what is there now.
pub struct Verdict {
    pub kind: Kind,
    pub took: Duration,
    /// What the check said, harmless.
    pub text: String,
}

pub struct App {
    pub root: PathBuf,
    pub exercises: Vec<Entry>,
    pub states: Vec<State>,
    /// Which exercise this is about.
    pub at: usize,
    pub view: View,
    /// The first row of the body that is shown.
    pub scroll: usize,
    /// Said once, below everything else, until a key is pressed.
    pub note: Option<String>,
    pub check: Option<Check>,
    pub verdict: Option<Verdict>,
    /// What the check that runs has told of a failure already, harmless.
    pub early: Option<String>,
    /// How many checks have begun.
    pub begun: u64,
    checker: Checker,
    /// What the check that runs, or the verdict, belongs to.
    look: Option<Look>,
    /// When the first event came that no look has answered, and when to look.
    due: Option<(Instant, Instant)>,
    missing_since: Option<Instant>,
}

impl App {
    pub fn new(course: Course, at: usize, checker: Checker) -> App {
        let exercises: Vec<Entry> = course.exercises().cloned().collect();
        let mut app = App {
            root: course.root,
            exercises,
            states: Vec::new(),
            at,
            view: View::Verdict,
            scroll: 0,
            note: None,
            check: None,
            verdict: None,
            early: None,
            begun: 0,
            checker,
            look: None,
            due: None,
            missing_since: None,
        };
        app.read_states();
        app
    }

    pub fn exercise(&self) -> &Entry {
        &self.exercises[self.at]
    }

    fn folder(&self) -> PathBuf {
        self.root.join(&self.exercise().path)
    }

    pub fn colours(&self) -> bool {
        self.checker.colours
    }

    /// How far the student is, also by checks elsewhere.
    pub fn read_states(&mut self) {
        let progress = Progress::read(&self.root);
        let state = |entry: &Entry| progress::state(&self.root, entry, &progress);
        self.states = self.exercises.iter().map(state).collect();
    }

    /// The next one that is not done, after this one or before it.
    pub fn next_open(&self) -> Option<usize> {
        let count = self.exercises.len();
        let others = (1..count).map(|step| (self.at + step) % count);
        others.into_iter().find(|&other| self.states[other] != State::Done)
    }

    pub fn passes(&self) -> bool {
        self.verdict.as_ref().is_some_and(|verdict| verdict.kind == Kind::Passed)
    }

    /// Turns to another exercise, and checks it.
    pub fn go_to(&mut self, at: usize) {
        self.at = at;
        self.view = View::Verdict;
        self.note = None;
        self.again();
    }

    /// Checks once more, whatever is known.
    pub fn again(&mut self) {
        self.look = None;
        self.missing_since = None;
        self.look_now();
    }

    /// Something has happened to these paths.
    pub fn heard(&mut self, paths: &[PathBuf]) {
        let folder = self.folder();
        let exercises = folder.parent().unwrap_or(&self.root).to_owned();
        let mut is_ours = false;
        for path in paths {
            if path.starts_with(&folder) {
                let inside = path.strip_prefix(&folder).unwrap_or(path);
                is_ours |= inside.starts_with("src") || inside == Path::new("Cargo.toml");
                is_ours |= inside == Path::new("");
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                self.heard_of_another(path);
            } else {
                // A folder above it.
                is_ours |= folder.starts_with(path) && exercises.starts_with(path);
            }
        }
        if is_ours {
            let now = Instant::now();
            let first = self.due.map_or(now, |(first, _)| first);
            self.due = Some((first, (now + SETTLE).min(first + SETTLE_AT_MOST)));
        }
    }

    fn heard_of_another(&mut self, path: &Path) {
        let holds = |entry: &&Entry| path.starts_with(self.root.join(&entry.path).join("src"));
        if let Some(other) = self.exercises.iter().find(holds) {
            let (other, this) = (&other.id, &self.exercise().id);
            self.note = Some(format!("{other} was saved, but this is {this}: l lists them"));
        }
    }

    /// When to call [`App::look_now`] at the latest, where there is a reason.
    pub fn due(&self) -> Option<Instant> {
        let missing = self.missing_since.map(|since| since + MISSING_FOR);
        [self.due.map(|(_, due)| due), missing].into_iter().flatten().min()
    }

    /// Looks at the program, and checks it where it is not what it was.
    pub fn look_now(&mut self) {
        self.due = None;
        let look = Look::at(&self.folder());
        if look.is_there {
            self.missing_since = None;
        } else if self.look != Some(look) {
            let since = *self.missing_since.get_or_insert_with(Instant::now);
            if since.elapsed() < MISSING_FOR {
                // What is shown is of a program that is gone.
                self.verdict = None;
                return;
            }
            self.missing_since = None;
        }
        let is_known = self.verdict.is_some() && self.has(look.content);
        match &mut self.check {
            // The new one begins when the old one is gone.
            Some(check) if check.is_ending() => {}
            Some(check) if self.look != Some(look) => {
                check.end();
                self.begin_anew();
            }
            Some(_) => {}
            None if is_known => self.look = Some(look),
            None => self.begin(look),
        }
    }

    fn has(&self, content: u64) -> bool {
        self.look.is_some_and(|look| look.content == content)
    }

    fn begin(&mut self, look: Look) {
        self.begin_anew();
        self.look = Some(look);
        self.begun += 1;
        match self.checker.start(&self.exercise().id) {
            Ok(check) => self.check = Some(check),
            Err(error) => self.broken(format!("{error:#} (start `cargo xtask watch` anew)")),
        }
    }

    /// Nothing is known any more.
    fn begin_anew(&mut self) {
        self.verdict = None;
        self.early = None;
        self.look = None;
        if !matches!(self.view, View::List { .. }) {
            self.view = View::Verdict;
            self.scroll = 0;
        }
    }

    fn broken(&mut self, why: String) {
        let verdict =
            Verdict { kind: Kind::Broken(why), took: Duration::ZERO, text: String::new() };
        self.verdict = Some(verdict);
    }

    /// Sees to the check that runs.
    pub fn turn(&mut self) {
        let Some(outcome) = self.check.as_mut().and_then(Check::turn) else {
            return self.look_for_failure();
        };
        let was_ended = self.check.take().is_some_and(|check| check.is_ending());
        self.read_states();
        if was_ended || self.look != Some(Look::at(&self.folder())) {
            self.begin_anew();
            return self.look_now();
        }
        self.early = None;
        self.verdict = Some(self.verdict_of(outcome));
    }

    /// Shows the first failure while other tests still run: also that belongs to a look.
    fn look_for_failure(&mut self) {
        let check = self.check.as_ref().filter(|check| !check.is_ending());
        let Some(early) = check.filter(|_| self.early.is_none()).and_then(Check::early) else {
            return;
        };
        if self.look == Some(Look::at(&self.folder())) {
            self.early = Some(harmless(&early, self.colours()));
        } else {
            self.look_now();
        }
    }

    fn verdict_of(&self, outcome: Outcome) -> Verdict {
        let mut text = String::new();
        if matches!(outcome.kind, Kind::Broken(_)) {
            text += &outcome.stderr;
        }
        text += &outcome.stdout;
        if !matches!(outcome.kind, Kind::Broken(_)) {
            // What cargo says of its progress is of no interest any more.
            let is_said = |line: &&str| plain(line).starts_with("warning: ");
            outcome.stderr.lines().filter(is_said).for_each(|line| text += &format!("\n{line}\n"));
        }
        let mut text = harmless(&text, self.colours());
        if outcome.left_out_bytes > 0 {
            let (count, id) = (outcome.left_out_bytes, &self.exercise().id);
            text += &format!("\n\n({count} bytes more; all of it: cargo xtask check {id})\n");
        }
        Verdict { kind: outcome.kind, took: outcome.took, text }
    }

    /// Ends the check that runs. Whoever calls this calls [`App::again`] later.
    pub fn pause(&mut self) {
        if self.check.take().is_some() {
            self.begin_anew();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a look follows an event at this path, and what is noted then.
    fn hears(path: &str) -> (bool, Option<String>) {
        let fixture = fixture::checked::course();
        fixture::checked::exercise(&fixture, 2);
        let course = Course::read(fixture.root().to_owned()).expect("read the course");
        // Nothing is started here.
        let (root, xtask) = (course.root.clone(), PathBuf::new());
        let program = PathBuf::new();
        let checker = Checker { root, program, xtask, colours: false, times: false };
        let mut app = App::new(course, 0, checker);
        app.heard(&[fixture.at(path)]);
        (app.due().is_some(), app.note)
    }

    #[test]
    fn a_look_follows_what_may_change_the_program_and_nothing_else() {
        let ours = "exercises/ex-01-concept";
        for path in ["src/main.rs", "src/wire/mod.rs", "src/data.txt", "src", "Cargo.toml", ""] {
            assert_eq!(hears(&format!("{ours}/{path}")), (true, None), "{path}");
        }
        assert_eq!(hears("exercises"), (true, None));
        for path in ["README.md", "hints/1.md", "tests/main.rs", "skeleton/main.rs", "hints"] {
            assert_eq!(hears(&format!("{ours}/{path}")), (false, None), "{path}");
        }
        for path in ["README.md", "ex-02-concept/README.md", "ex-02-concept/tests/main.rs"] {
            assert_eq!(hears(&format!("exercises/{path}")), (false, None), "{path}");
        }
    }

    #[test]
    fn a_save_of_another_exercise_is_only_noted() {
        let (looks, note) = hears("exercises/ex-02-concept/src/main.rs");
        assert!(!looks && note.is_some_and(|note| note.contains("ex-02 was saved")));
    }
}
