//! `test --breaks`: breaks every lesson by one line at a time and sees the snapshots notice.
//!
//! Two kinds of line are tried: each `drop(…)` that stands under a comment with its reason is left
//! out, and each constant is made one larger and one smaller (a byte more or less of text, one more
//! or less of a number). A constant whose comment says "(any will do)" carries no fact and is left
//! alone, as is a claim. The lessons are broken in a copy; the repository's own are not touched.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;
use course::Course;
use launcher::{XTASK_VARIABLE, xtask_path};

use crate::output;
use crate::status::Status;
use crate::tidy::Tree;

/// A broken lesson may hang; this ends it.
const DEADLINE_SECONDS: &str = "6";

/// One line, broken.
struct Break {
    line: usize,
    what: String,
    text: String,
}

pub fn breaks(course: &Course, ids: &[String]) -> anyhow::Result<Status> {
    let lessons = course.lessons_named(ids)?;
    let built = build::binaries(&course.root, &["snapshots"])?;
    let snapshots = built.get("snapshots").context("cargo named no binary")?;
    let tree = Tree::read(&course.root)?;
    let copy = Copy::new(course, &tree)?;

    let (mut noticed, mut survived, mut skipped) = (0, 0, 0);
    for entry in lessons {
        for (path, text) in tree.rust_below(&entry.path.join("src")) {
            for broken in breaks_of(text) {
                copy.write(path, &broken.text)?;
                let outcome = copy.outcome(snapshots, &entry.id)?;
                copy.write(path, text)?;
                match outcome {
                    Outcome::Noticed => noticed += 1,
                    Outcome::NotCompiled => skipped += 1,
                    Outcome::Survived => survived += 1,
                }
                let place = format!("{}:{}", path.display(), broken.line);
                let mut out = output::stdout();
                writeln!(out, "{:<12} {place}: {}", outcome.words(), broken.what)?;
                out.flush()?;
            }
        }
    }
    // The plain closing line: a break that is noticed is a test that passes.
    writeln!(output::stdout(), "{noticed} passed, {survived} failed, {skipped} skipped")?;
    Ok(if survived == 0 { Status::Holds } else { Status::Failed })
}

enum Outcome {
    /// The snapshots differ, or a limit ended the lesson.
    Noticed,
    /// The compiler noticed: nothing was run.
    NotCompiled,
    /// The lesson printed what is stored. That is what must not happen.
    Survived,
}

impl Outcome {
    fn words(&self) -> &'static str {
        match self {
            Outcome::Noticed => "noticed",
            Outcome::NotCompiled => "SKIPPED: does not compile",
            Outcome::Survived => "SURVIVED",
        }
    }
}

/// The course once more, to be broken.
struct Copy {
    root: PathBuf,
    target: PathBuf,
    xtask: PathBuf,
}

impl Copy {
    /// Below the target directory, so that the dependencies need be built only once.
    fn new(course: &Course, tree: &Tree) -> anyhow::Result<Copy> {
        let below = course.root.join("target/breaks");
        let copy =
            Copy { root: below.join("course"), target: below.join("target"), xtask: xtask_path()? };
        if copy.root.exists() {
            fs::remove_dir_all(&copy.root).context("remove the copy of an earlier run")?;
        }
        for (path, text) in &tree.texts {
            copy.write(path, text)?;
        }
        Ok(copy)
    }

    fn write(&self, path: &Path, text: &str) -> anyhow::Result<()> {
        let path = self.root.join(path);
        let context = || format!("write {}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(&self.root)).with_context(context)?;
        fs::write(&path, text).with_context(context)
    }

    fn outcome(&self, snapshots: &Path, id: &str) -> anyhow::Result<Outcome> {
        let status = Command::new(snapshots)
            .args([id, "--deadline", DEADLINE_SECONDS])
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .env(XTASK_VARIABLE, &self.xtask)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .with_context(|| format!("start {}", snapshots.display()))?;
        Ok(match status.code() {
            Some(0) => Outcome::Survived,
            Some(1) => Outcome::Noticed,
            _ => Outcome::NotCompiled,
        })
    }
}

/// Every way to break one line of a file.
fn breaks_of(text: &str) -> Vec<Break> {
    let lines: Vec<&str> = text.lines().collect();
    let mut breaks = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let has_reason = index > 0 && lines[index - 1].trim_start().starts_with("//");
        let trimmed = line.trim();
        let mut add = |what: String, new_line: &str| {
            let mut changed = lines.clone();
            changed[index] = new_line;
            breaks.push(Break { line: index + 1, what, text: changed.join("\n") + "\n" });
        };
        if has_reason && trimmed.starts_with("drop(") && trimmed.ends_with(");") {
            add(format!("without `{trimmed}`"), "");
        }
        let carries_no_fact = index > 0 && lines[index - 1].contains("(any will do)")
            || line.contains("const CLAIM: ");
        if carries_no_fact {
            continue;
        }
        for changed in changed_constants(line) {
            add(format!("`{trimmed}` as `{}`", changed.trim()), &changed);
        }
    }
    breaks
}

/// `const` lines with a text or a number, one more and one less.
fn changed_constants(line: &str) -> Vec<String> {
    let Some((before, value)) = line.split_once(" = ") else { return Vec::new() };
    let declares = before.trim_start().trim_start_matches("pub ").starts_with("const ");
    let Some(value) = value.strip_suffix(';').filter(|_| declares) else { return Vec::new() };
    if let Ok(number) = value.replace('_', "").parse::<u64>() {
        return [number + 1, number.saturating_sub(1)]
            .map(|number| format!("{before} = {number};"))
            .to_vec();
    }
    let opening = value.trim_start_matches(['b', 'c']);
    let Some(inner) = opening.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Vec::new();
    };
    let prefix = &value[..value.len() - opening.len()];
    let mut changed = vec![format!("{before} = {prefix}\"x{inner}\";")];
    if inner.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        changed.push(format!("{before} = {prefix}\"{}\";", &inner[1..]));
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::{breaks_of, changed_constants};

    #[test]
    fn constants_are_made_larger_and_smaller() {
        assert_eq!(
            changed_constants("const A: usize = 4_096;"),
            ["const A: usize = 4097;", "const A: usize = 4095;"]
        );
        assert_eq!(
            changed_constants("pub const B: &[u8] = b\"hi\\n\";"),
            ["pub const B: &[u8] = b\"xhi\\n\";", "pub const B: &[u8] = b\"i\\n\";"]
        );
        assert!(changed_constants("let a = 4;").is_empty());
    }

    #[test]
    fn a_constant_without_a_fact_is_left_alone() {
        assert!(breaks_of("/// A deadline (any will do).\nconst A: u64 = 5;\n").is_empty());
    }

    #[test]
    fn only_a_drop_with_a_reason_is_left_out() {
        let text = "// because\ndrop(a);\ndrop(b);\n";
        let breaks = breaks_of(text);
        assert_eq!(breaks.len(), 1);
        assert_eq!(breaks[0].text, "// because\n\ndrop(b);\n");
    }
}
