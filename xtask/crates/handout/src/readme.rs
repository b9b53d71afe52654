//! The README of the students' copy: words of its own, and the tables of the course's.

use anyhow::Context;

const TEMPLATE: &str = include_str!("README.md.template");

/// Made from the course's README, whose tables `tidy` keeps right.
pub fn readme(course: &str) -> anyhow::Result<String> {
    let table = |name: &str| {
        let begin = format!("<!-- {name}: ");
        let end = format!("<!-- end of {name} -->");
        let (_, rest) = course.split_once(&begin)?;
        let (_, rest) = rest.split_once('\n')?;
        rest.split_once(&end).map(|(table, _)| table.trim_end().to_owned())
    };
    let mut text = TEMPLATE.to_owned();
    for name in ["lessons", "exercises"] {
        let table = table(name).with_context(|| format!("README.md has no table of {name}"))?;
        text = text.replace(&format!("{{{name}}}"), &table);
    }
    Ok(text)
}
