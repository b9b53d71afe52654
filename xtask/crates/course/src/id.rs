//! From what a user typed to the entry they mean.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;

use crate::{Entry, Kind};

/// No entry, or more than one, has the name that was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrongId {
    typed: String,
    /// The IDs that fit equally well; empty where none fits.
    ambiguous: Vec<String>,
    /// Names that are near, best first.
    near: Vec<String>,
    /// What the name stands for, where the other kind is wanted.
    other_kind: Option<Kind>,
}

impl WrongId {
    /// The name is an exercise's where a lesson's is wanted, or the other way round.
    pub(crate) fn other_kind(typed: &str, kind: Kind) -> WrongId {
        WrongId { typed: typed.to_owned(), other_kind: Some(kind), ..WrongId::default() }
    }
}

/// More suggestions than this are a list, not a help.
const SUGGESTIONS: usize = 3;

pub fn resolve<'a>(entries: &'a [Entry], typed: &str, bare: Kind) -> Result<&'a Entry, WrongId> {
    let wanted = typed.trim_end_matches('/').to_lowercase();
    let number = wanted.parse::<u32>().ok();
    // A path, as completion in a shell leaves it, names its last folder.
    let wanted = wanted.rsplit('/').next().unwrap_or_default();
    let fits = |entry: &&Entry| {
        number.is_some_and(|number| entry.kind == bare && entry.number == number)
            || names(entry).any(|name| name == wanted)
            || unpadded(entry) == wanted
    };
    let found: Vec<&Entry> = entries.iter().filter(fits).collect();
    match found[..] {
        [entry] => Ok(entry),
        [] => Err(WrongId {
            typed: typed.to_owned(),
            near: near(entries, wanted, bare),
            ..WrongId::default()
        }),
        _ => {
            let ambiguous = found.iter().map(|entry| entry.id.clone()).collect();
            Err(WrongId { typed: typed.to_owned(), ambiguous, ..WrongId::default() })
        }
    }
}

/// `lesson-04`, `lesson-04-poll`, `poll`.
fn names(entry: &Entry) -> impl Iterator<Item = &str> {
    [entry.id.as_str(), entry.folder_name(), entry.concept.as_str()].into_iter()
}

/// `lesson-4`.
fn unpadded(entry: &Entry) -> String {
    format!("{}-{}", entry.kind.prefix(), entry.number)
}

/// The nearest names, best first: by distance for a number, by likeness for a word.
fn near(entries: &[Entry], wanted: &str, bare: Kind) -> Vec<String> {
    if let Ok(number) = wanted.parse::<u32>() {
        let mut same_kind: Vec<&Entry> = entries.iter().filter(|e| e.kind == bare).collect();
        same_kind.sort_by_key(|entry| entry.number.abs_diff(number));
        return same_kind.into_iter().take(SUGGESTIONS).map(|entry| entry.id.clone()).collect();
    }
    let mut ranked: Vec<(f64, &str)> = entries
        .iter()
        .flat_map(names)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|name| (strsim::jaro_winkler(name, wanted), name))
        .filter(|(likeness, _)| *likeness > 0.0)
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.into_iter().take(SUGGESTIONS).map(|(_, name)| name.to_owned()).collect()
}

impl fmt::Display for WrongId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.other_kind {
            Some(Kind::Exercise) => {
                return write!(f, "`{}` is an exercise, and this is for lessons", self.typed);
            }
            Some(Kind::Lesson) => {
                return write!(f, "`{}` is a lesson, and this is for exercises", self.typed);
            }
            None => {}
        }
        if !self.ambiguous.is_empty() {
            return write!(
                f,
                "`{}` could be {}: name one of them",
                self.typed,
                self.ambiguous.join(" or ")
            );
        }
        write!(f, "there is no lesson or exercise `{}`", self.typed)?;
        if !self.near.is_empty() {
            write!(f, "\n  near it: {}", self.near.join(", "))?;
        }
        write!(f, "\n  all of them: cargo xtask list")
    }
}

impl Error for WrongId {}
