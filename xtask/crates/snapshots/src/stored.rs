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

/// Whether a stored file holds these bytes and no others, where insta takes them for the same: it
/// forgives blank lines at both ends, and line ends.
pub fn same_bytes(folder: &Path, name: &str, bytes: &[u8], accepted: bool) -> Result<(), String> {
    let path = folder.join(format!("{name}.snap"));
    let say = |what: String| format!("{}: {what}", path.display());
    let file = fs::read_to_string(&path).map_err(|error| say(error.to_string()))?;
    let body = body_of(&file).map_err(|error| say(error.to_string()))?;
    if body.as_bytes() == bytes {
        return Ok(());
    }
    Err(if accepted {
        "standard output is not UTF-8, begins or ends with a blank line, or does not end with one \
         newline: it cannot be stored to the byte"
            .to_owned()
    } else {
        say("differs from the output in line ends or in blank lines at its ends only".to_owned())
    })
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
