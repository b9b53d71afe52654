//! Watches one exercise. Its command line comes from the verb `watch` and is checked there.
//!
//! ```text
//! watcher --checker PROGRAM [--poll MILLISECONDS] [--times] [ID]
//! ```

use std::env;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use watcher::{Asked, End};

fn main() -> ExitCode {
    match parse(env::args().skip(1)).and_then(watcher::watch) {
        Ok(End::Quit) => ExitCode::SUCCESS,
        Ok(End::Signal(number)) => {
            watcher::end_by(number);
            ExitCode::FAILURE
        }
        Err(error) => {
            // Standard error may be closed; the status says it as well.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(if error.is::<course::WrongId>() { 2 } else { 125 })
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> anyhow::Result<Asked> {
    let (mut id, mut checker, mut poll, mut times) = (None, None, None, false);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} takes a value"));
        match word.as_str() {
            "--checker" => checker = Some(value()?.into()),
            "--poll" => {
                let millis = value()?.parse().context("--poll takes a number")?;
                poll = Some(Duration::from_millis(millis));
            }
            "--times" => times = true,
            _ => id = Some(word),
        }
    }
    Ok(Asked { id, checker: checker.context("--checker is missing")?, poll, times })
}
