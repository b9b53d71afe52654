//! What a student is told of each wrong program, recorded beside it: `told/NAME.txt`.
//!
//! So a change of the kit, of the doctor or of a test that makes a message worse, or false, is seen
//! before it lands. Numbers are masked: times and random sizes differ from run to run.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use course::{Course, Entry};
use trial::Failure;

/// The seed of the records; random inputs may show in a message.
pub const SEED: u64 = 1;

/// The folder of an exercise's records.
pub fn folder(entry: &Entry) -> PathBuf {
    entry.path.join("told")
}

/// Compares with what is recorded, or records it; tells of a difference.
pub fn compare(
    course: &Course,
    entry: &Entry,
    name: &str,
    failure: &Failure,
    accept: bool,
) -> anyhow::Result<Option<String>> {
    let path = folder(entry).join(format!("{}.txt", name.replace(' ', "-")));
    let full = course.root.join(&path);
    let now = text(failure);
    let before = fs::read_to_string(&full).unwrap_or_default();
    if before == now {
        return Ok(None);
    }
    if accept {
        record(&full, &now).with_context(|| format!("write {}", path.display()))?;
        return Ok(None);
    }
    let mut said = format!("{} is not what is told now:\n", path.display());
    for line in now.lines().filter(|line| !before.lines().any(|old| old == *line)) {
        let _ = writeln!(said, "  + {line}");
    }
    for line in before.lines().filter(|line| !now.lines().any(|new| new == *line)) {
        let _ = writeln!(said, "  - {line}");
    }
    let _ = write!(said, "  if it is right now: cargo xtask check --gate --accept {}", entry.id);
    Ok(Some(said))
}

fn record(path: &Path, text: &str) -> std::io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    fs::write(path, text)
}

/// Everything but the difference of the outputs, which shows the inputs more than the mistake.
fn text(failure: &Failure) -> String {
    let Failure { verdict, expected, came, means, by_hand, .. } = failure;
    let all = format!(
        "verdict: {verdict}\n\nexpected: {expected}\n\ncame: {came}\n\nmeans: {means}\n\n\
         by hand: {by_hand}\n"
    );
    masked(&all)
}

/// Each number as `N`.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for c in text.chars() {
        if !c.is_ascii_digit() {
            masked.push(c);
        } else if !masked.ends_with('N') {
            masked.push('N');
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn numbers_are_masked() {
        assert_eq!(masked("after 25 ms, read(3)"), "after N ms, read(N)");
    }
}
