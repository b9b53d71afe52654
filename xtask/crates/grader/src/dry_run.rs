//! `grade DIR --dry-run`: what would be taken, refused and run, and under which limits.

use std::io::Write;
use std::path::Path;

use course::{Course, Entry};

use crate::import::{Sources, Student, harmless, import};
use crate::limits::GradeLimits;

/// Says it of every submission. Nothing is built, run or written.
///
/// # Errors
/// When it cannot be printed.
pub fn dry_run(
    out: &mut dyn Write,
    course: &Course,
    students: &[Student],
    limits: &GradeLimits,
) -> anyhow::Result<()> {
    for student in students {
        writeln!(out, "{} ({})", student.name, shown(&student.path))?;
        for other in &student.others {
            writeln!(out, "  ungraded: there is {} as well", shown(other))?;
        }
        if !student.others.is_empty() {
            continue;
        }
        let imported = match import(course, student) {
            Ok(imported) => imported,
            Err(error) => {
                writeln!(out, "  ungraded: {error:#}")?;
                continue;
            }
        };
        for remark in &imported.remarks {
            writeln!(out, "  note: {remark}")?;
        }
        for entry in course.exercises() {
            match (imported.exercises.get(&entry.id), imported.unusable.get(&entry.id)) {
                (Some(sources), _) => {
                    writeln!(out, "  take     {}: {}", entry.id, taken(entry, sources))?;
                }
                (None, Some(why)) => writeln!(out, "  refuse   {}: {why}", entry.id)?,
                (None, None) => match imported.unread.get(&entry.id) {
                    Some(why) => writeln!(out, "  ungraded {}: {why}", entry.id)?,
                    None => writeln!(out, "  missing  {}", entry.id)?,
                },
            }
        }
        for refused in &imported.refused {
            writeln!(out, "  refused  {}: {}", refused.path, refused.why)?;
        }
    }
    limits_of(out, limits)
}

/// A path may have in it what a terminal would take for a command.
fn shown(path: &Path) -> String {
    harmless(&path.to_string_lossy()).replace(['\n', '\t'], "?")
}

/// Files that are named one by one.
const NAMED: usize = 4;

fn taken(entry: &Entry, sources: &Sources) -> String {
    let mut files: Vec<String> =
        sources.keys().take(NAMED).map(|path| format!("src/{}", path.display())).collect();
    if sources.len() > NAMED {
        files.push(format!("and {} more", sources.len() - NAMED));
    }
    let hidden = match entry.hidden.len() {
        0 => String::new(),
        number => format!(" and {number} hidden"),
    };
    format!("{}; {} tests{hidden}", files.join(", "), entry.tests.len())
}

fn limits_of(out: &mut dyn Write, limits: &GradeLimits) -> anyhow::Result<()> {
    let GradeLimits { compile, around_compiler, around_program } = limits;
    let seconds = |time: Option<std::time::Duration>| time.unwrap_or_default().as_secs();
    writeln!(out, "\nlimits")?;
    writeln!(
        out,
        "  compiler {} s, {} s of processor time, {} MiB of memory, {} KiB of output",
        seconds(compile.wall),
        seconds(compile.cpu),
        compile.memory_bytes.unwrap_or_default() >> 20,
        compile.output_bytes.unwrap_or_default() >> 10,
    )?;
    for (name, around) in [("compiler", around_compiler), ("program ", around_program)] {
        writeln!(
            out,
            "  {name} {} MiB of files, {} in one; {} processes with {} MiB of addresses",
            around.tmpfs_bytes >> 20,
            around.file_bytes >> 20,
            around.user_processes,
            around.address_bytes >> 20,
        )?;
    }
    writeln!(out, "  program  time, memory and output as each test says")?;
    Ok(())
}
