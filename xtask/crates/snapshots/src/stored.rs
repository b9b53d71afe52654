//! The snapshot files: which there are, and what stands in them to the last byte.

use std::fs;
use std::path::Path;

use anyhow::Context;
use course::Course;

use crate::compare::body_of;

/// The names of a lesson's two snapshots, without `.snap`.
pub const STDOUT: &str = "stdout";
pub const FACTS: &str = "facts";

/// How the lines of a header begin. Their number is fixed, since the book includes these files by
/// line.
pub const HEADER: [&str; 3] = ["---", "source: ", "---"];

/// Whether the stored transcript is `stdout` to the byte. After `--accept` this tells whether the
/// transcript can be stored at all: insta strips blank lines at both ends.
pub fn same_bytes(folder: &Path, stdout: &[u8], accepted: bool) -> Result<(), String> {
    let path = folder.join(format!("{STDOUT}.snap"));
    // insta has said that there is none.
    let Ok(file) = fs::read_to_string(&path) else { return Ok(()) };
    let body = body_of(&file).map_err(|error| format!("{}: {error}", path.display()))?;
    if body.as_bytes() == stdout {
        return Ok(());
    }
    if accepted || body.trim() == String::from_utf8_lossy(stdout).trim() {
        return Err("standard output begins or ends with a blank line, or does not end with one \
                    newline: it cannot be stored to the byte"
            .to_owned());
    }
    // insta has shown the difference.
    Ok(())
}

/// Snapshot files that belong to nothing, as sentences.
pub fn strays(course: &Course) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    for entry in course.lessons() {
        let folder = entry.path.join("snapshots");
        let Ok(files) = fs::read_dir(course.root.join(&folder)) else { continue };
        for file in files {
            let name = file.with_context(|| format!("list {}", folder.display()))?.file_name();
            let name = name.to_string_lossy();
            if ![STDOUT, FACTS].iter().any(|known| name == format!("{known}.snap")) {
                wrong.push(format!(
                    "{}: nothing is compared with this file; delete it",
                    folder.join(&*name).display()
                ));
            }
        }
    }
    Ok(wrong)
}
