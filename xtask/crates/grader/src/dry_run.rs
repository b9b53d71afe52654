//! `grade DIR --dry-run`: what would be taken, refused and run, and under which limits.

use std::io::Write;

use course::Course;

use crate::import::{Student, import};
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
        writeln!(out, "{} ({})", student.name, student.path.display())?;
        for other in &student.others {
            writeln!(out, "  ungraded: there is {} as well", other.display())?;
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
                    let files: Vec<String> =
                        sources.keys().map(|path| format!("src/{}", path.display())).collect();
                    let tests = entry.tests.len();
                    writeln!(out, "  take     {}: {}; {tests} tests", entry.id, files.join(" "))?;
                }
                (None, Some(why)) => writeln!(out, "  refuse   {}: {why}", entry.id)?,
                (None, None) => writeln!(out, "  missing  {}", entry.id)?,
            }
        }
        for refused in &imported.refused {
            writeln!(out, "  refused  {}: {}", refused.path, refused.why)?;
        }
    }
    writeln!(out, "\ncompiler  {}", words(limits))?;
    let around = &limits.around_program;
    writeln!(
        out,
        "program   {} MiB of files, {} MiB in one file, {} processes; the rest is said by each test",
        around.tmpfs_bytes >> 20,
        around.file_bytes >> 20,
        around.user_processes,
    )?;
    Ok(())
}

fn words(limits: &GradeLimits) -> String {
    let compile = &limits.compile;
    let seconds = |time: Option<std::time::Duration>| time.unwrap_or_default().as_secs();
    format!(
        "{} s, {} s of processor time, {} MiB of memory, {} KiB of output",
        seconds(compile.wall),
        seconds(compile.cpu),
        compile.memory_bytes.unwrap_or_default() >> 20,
        compile.output_bytes.unwrap_or_default() >> 10,
    )
}
