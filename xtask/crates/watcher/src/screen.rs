//! The screen: a few lines above, a few below, and in the middle what there is to read.
//!
//! It is drawn whole, from what is known, so that nothing old can be left on it; and only where
//! something on it has changed.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use anyhow::Context;
use course::State;

use crate::app::App;
use crate::check::Kind;
use crate::terminal::Terminal;
use crate::text::{bar, columns_of, cut, cut_before, plain, rows};
use crate::view::{Page, View, line_of};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const BUSY: Style = AnsiColor::Yellow.on_default();
/// Of a note below the screen, however long it is.
const NOTE_ROWS: usize = 4;

pub struct Screen {
    pub terminal: Terminal,
    /// What the terminal shows.
    shown: String,
    pub page: Page,
}

impl Screen {
    pub fn take() -> anyhow::Result<Screen> {
        let terminal = Terminal::take()?;
        Ok(Screen { terminal, shown: String::new(), page: Page::default() })
    }

    /// Shows how things stand, where that is not what is shown already.
    pub fn draw(&mut self, app: &mut App) -> anyhow::Result<()> {
        let (height, columns) = self.terminal.size();
        let (frame, page) = frame(app, height, columns);
        self.page = page;
        let mut text = String::from("\x1b[H");
        for (index, row) in frame.iter().enumerate() {
            // Cleared first: behind a full row the cursor still stands on its last character.
            let end = if index + 1 < frame.len() { "\r\n" } else { "" };
            text += &format!("\x1b[K{row}{end}");
        }
        text += "\x1b[J";
        if text == self.shown {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("draw the screen")?;
        self.shown = text;
        Ok(())
    }

    /// Draws all of it next time: the terminal may show something else by now.
    pub fn forget(&mut self) {
        self.shown.clear();
        // Another size leaves rows of the old one behind.
        let _ = io::stdout().lock().write_all(b"\x1b[2J");
    }
}

/// All rows, and how the middle was filled.
fn frame(app: &mut App, height: usize, columns: usize) -> (Vec<String>, Page) {
    let mut below = match &app.note {
        Some(note) => {
            let mut rows = rows(&plain(note), columns);
            rows.truncate(NOTE_ROWS.min(height / 3));
            rows
        }
        None => Vec::new(),
    };
    // In very few rows, what is most important.
    if below.is_empty() && height >= 4 {
        below.push(styled(app, DIM, &keys(&app.view, columns)));
    }
    let mut above = Vec::new();
    if height >= 6 {
        above.push(title(app, columns));
    }
    if height >= 8 {
        let path = app.exercise().path.join("src/main.rs").display().to_string();
        let told = format!("{path}: each save is checked");
        let is_room = columns_of(&told) <= columns;
        above.push(if is_room { told } else { cut_before(&path, columns) });
    }
    let room = height.saturating_sub(above.len() + below.len() + 1);
    let body = body(app, room, columns);
    let page = Page { height: room, rows: body.len() };
    app.scroll = app.scroll.min(page.rows.saturating_sub(page.height));
    above.push(status(app, page, columns));
    let mut frame = above;
    let shown = body.into_iter().skip(app.scroll).take(room);
    frame.extend(shown);
    frame.resize(height.saturating_sub(below.len()), String::new());
    frame.extend(below);
    frame.truncate(height.max(1));
    (frame, page)
}

fn styled(app: &App, style: Style, text: &str) -> String {
    if app.colours() { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

fn title(app: &App, columns: usize) -> String {
    let exercise = app.exercise();
    let name = format!("{} {}", exercise.id, exercise.concept);
    let done = app.states.iter().filter(|&&state| state == State::Done).count();
    let used = columns_of(&name) + 2;
    let bar = bar(done, app.states.len(), columns.saturating_sub(used));
    let gap = columns.saturating_sub(columns_of(&name) + bar.len());
    let name = cut(&name, columns);
    if gap == 0 {
        return styled(app, BOLD, &name);
    }
    format!("{}{}{bar}", styled(app, BOLD, &name), " ".repeat(gap))
}

/// How it stands, in a line, and which part of the middle is shown.
fn status(app: &App, page: Page, columns: usize) -> String {
    let place = if page.rows > page.height {
        let last = (app.scroll + page.height).min(page.rows);
        format!(" {}-{last} of {}", app.scroll + 1, page.rows)
    } else {
        String::new()
    };
    let (style, text) = standing(app);
    let room = columns.saturating_sub(place.len());
    let text = cut(&text, room);
    let gap = " ".repeat(room.saturating_sub(columns_of(&text)));
    format!("{}{gap}{}", styled(app, style, &text), cut(&place, columns))
}

fn standing(app: &App) -> (Style, String) {
    match &app.view {
        View::Text { title, .. } => return (BOLD, format!("{title} (Esc: back)")),
        View::List { .. } => return (BOLD, "the exercises".to_owned()),
        View::Verdict => {}
    }
    if let Some(check) = &app.check {
        let doing = plain(&check.doing()).trim().to_owned();
        let seconds = check.started.elapsed().as_secs();
        let since = if seconds < 2 { String::new() } else { format!(" for {seconds} s") };
        let (style, so_far) = match app.early {
            Some(_) => (BAD, "FAILED; "),
            None => (BUSY, ""),
        };
        return (style, format!("{so_far}checking{since}... {doing}"));
    }
    let Some(verdict) = &app.verdict else { return (BUSY, "checking...".to_owned()) };
    let after = format!("after {:.1} s", verdict.took.as_secs_f64());
    match &verdict.kind {
        Kind::Passed => match app.next_open() {
            Some(next) => {
                let next = &app.exercises[next];
                (GOOD, format!("PASSED {after}; n goes on to {} {}", next.id, next.concept))
            }
            None => (GOOD, format!("PASSED {after}, and so does every other exercise")),
        },
        Kind::Failed => (BAD, format!("FAILED {after}")),
        Kind::Broken(why) => (BAD, format!("NOT CHECKED: {}", plain(why))),
    }
}

fn body(app: &mut App, room: usize, columns: usize) -> Vec<String> {
    match &app.view {
        View::Text { text, .. } => rows(text, columns),
        View::List { chosen } => {
            let chosen = *chosen;
            // The chosen one is always in sight.
            app.scroll = app.scroll.clamp((chosen + 1).saturating_sub(room), chosen);
            let width = app.exercises.iter().map(|entry| entry.concept.len()).max().unwrap_or(0);
            let lines = app.exercises.iter().zip(&app.states).enumerate();
            lines
                .map(|(index, (entry, state))| {
                    let mark = if index == chosen { ">" } else { " " };
                    let line = cut(&format!("{mark} {}", line_of(entry, *state, width)), columns);
                    let style = if index == chosen { BOLD.invert() } else { Style::new() };
                    styled(app, style, &line)
                })
                .collect()
        }
        View::Verdict => match (&app.verdict, &app.early) {
            (Some(verdict), _) => rows(&verdict.text, columns),
            (None, Some(early)) => rows(early, columns),
            (None, None) => rows(&where_to_begin(app), columns),
        },
    }
}

/// While nothing is known yet.
fn where_to_begin(app: &App) -> String {
    let exercise = app.exercise();
    format!(
        "\n{}\n\ntask      {} (t shows it here)\nprogram   {}\n          Change it and save it: \
         each save is checked.\n",
        exercise.title,
        exercise.path.join("README.md").display(),
        exercise.path.join("src/main.rs").display(),
    )
}

fn keys(view: &View, columns: usize) -> String {
    let all = match view {
        View::List { .. } => [
            "arrows or j and k choose  Enter takes one  Esc goes back  q quit  ? all keys",
            "j k choose  Enter take  Esc back",
            "j k Enter Esc",
        ],
        _ => [
            "n next  h hint  t task  l list  r run again  s solution  q quit  ? all keys",
            "n next  h hint  l list  q quit  ? keys",
            "n h t l r s q ?",
        ],
    };
    let fitting = all.into_iter().find(|keys| columns_of(keys) <= columns);
    fitting.unwrap_or("?").to_owned()
}
