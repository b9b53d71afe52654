//! Without a terminal: plain lines, one after the other, and no keys.

use std::io::{self, Write};

use crate::app::App;
use crate::check::Kind;

/// What has been told already.
#[derive(Default)]
pub struct Lines {
    begun: u64,
    told: u64,
    /// What has been told of the check that runs.
    early: String,
}

impl Lines {
    /// Tells what is new.
    pub fn tell(&mut self, app: &App) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let (id, concept) = (&app.exercise().id, &app.exercise().concept);
        if app.begun > self.begun {
            if self.begun == 0 {
                let path = app.exercise().path.join("src/main.rs");
                writeln!(out, "{id} {concept}: checked at each save of {}", path.display())?;
            }
            writeln!(out, "== {id}: checking")?;
            self.begun = app.begun;
            self.early.clear();
        }
        if let Some(early) = app.early.as_ref().filter(|_| self.early.is_empty()) {
            writeln!(out, "{}", early.trim_end())?;
            self.early.clone_from(early);
        }
        let Some(verdict) = app.verdict.as_ref().filter(|_| self.told < app.begun) else {
            return out.flush();
        };
        self.told = app.begun;
        // It begins with what was told before.
        let rest = verdict.text.strip_prefix(&self.early).unwrap_or(&verdict.text);
        writeln!(out, "{}", rest.trim_end())?;
        let after = format!("after {:.1} s", verdict.took.as_secs_f64());
        match &verdict.kind {
            Kind::Passed => {
                writeln!(out, "== {id}: PASSED {after}")?;
                if let Some(next) = app.next_open() {
                    writeln!(out, "next: cargo xtask watch {}", app.exercises[next].id)?;
                }
            }
            Kind::Failed => writeln!(out, "== {id}: FAILED {after}")?,
            Kind::Broken(why) => writeln!(out, "== {id}: NOT CHECKED: {why}")?,
        }
        out.flush()
    }
}
