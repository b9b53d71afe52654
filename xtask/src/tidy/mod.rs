//! `tidy`: the repository's own rules. Each check is a module; each finding names file and line.

mod anchors;
mod book;
mod draft;
mod exercises;
mod generated;
mod lessons;
mod manifests;
mod sources;
mod tree;

use std::io::Write;

pub use book::page;
use course::Course;
pub use draft::unfinished;
pub use sources::is_the_students;
pub use tree::Tree;

use crate::args::Tidy;
use crate::output;
use crate::status::Status;

pub fn tidy(args: &Tidy) -> anyhow::Result<Status> {
    let course = Course::here()?;
    if args.write {
        write_tables(&course)?;
    }
    let findings = findings(&course)?;
    let mut out = output::stdout();
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    match findings.len() {
        0 => writeln!(out, "tidy: nothing to say")?,
        count => writeln!(out, "tidy: {count} to mend")?,
    }
    out.flush()?;
    Ok(if findings.is_empty() { Status::Holds } else { Status::Failed })
}

/// Renews what is generated.
pub fn write_tables(course: &Course) -> anyhow::Result<()> {
    generated::write(course)?;
    book::write_lines(course)
}

/// What every check has found.
fn findings(course: &Course) -> anyhow::Result<Vec<String>> {
    let tree = Tree::read(&course.root)?;
    let mut findings = tree.strays();
    findings.extend(generated::check(course));
    findings.extend(manifests::check(&tree));
    findings.extend(sources::check(&tree));
    findings.extend(lessons::check(course, &tree));
    findings.extend(exercises::check(course, &tree));
    findings.extend(anchors::check(&tree));
    findings.extend(book::check(&tree));
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let course = Course::here().expect("the tests run inside the course");
        let findings = findings(&course).expect("every file can be read");
        assert!(findings.is_empty(), "\n{}", findings.join("\n"));
    }
}
