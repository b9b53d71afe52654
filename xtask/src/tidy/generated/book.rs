//! What is generated of the book: its contents, its tables, and a page for each exercise.

use std::path::{Path, PathBuf};

use anyhow::Context;
use course::{Course, Entry, Kind as EntryKind};
use doctor::Kind;

use super::read;

const LEVELS: [(u8, &str); 3] = [(1, "a nudge"), (2, "the idea"), (3, "nearly the answer")];

/// The contents of the part "Lessons": a lesson without a chapter has no line.
pub fn chapters(course: &Course) -> anyhow::Result<String> {
    let mut list = String::new();
    for entry in course.lessons().filter(|entry| has_chapter(course, entry)) {
        let page = chapter(entry);
        let heading = heading(course, &format!("book/src/{page}"))?;
        list.push_str(&format!("- [{heading}]({page})\n"));
    }
    Ok(list)
}

/// The contents of the part "Exercises".
pub fn tasks(course: &Course) -> anyhow::Result<String> {
    let page = "exercises/README.md";
    let mut list = format!("- [{}]({page})\n", heading(course, &format!("book/src/{page}"))?);
    for entry in course.exercises() {
        list.push_str(&format!("  - [{0} {1}](exercises/{0}.md)\n", entry.id, entry.concept));
    }
    Ok(list)
}

/// The lessons with their exercises, as the introduction shows them.
pub fn overview(course: &Course) -> anyhow::Result<String> {
    let mut table = String::from("| lesson | what it shows | exercises |\n| --- | --- | --- |\n");
    for entry in course.lessons() {
        let name = if has_chapter(course, entry) {
            format!("[{}]({})", entry.concept, chapter(entry))
        } else {
            entry.concept.clone()
        };
        let tasks: Vec<String> = course
            .exercises()
            .filter(|task| task.lesson.as_ref() == Some(&entry.id))
            .map(|task| format!("[{0}](exercises/{0}.md)", task.id))
            .collect();
        table.push_str(&format!("| {name} | {} | {} |\n", entry.title, tasks.join(", ")));
    }
    Ok(table)
}

/// All exercises, as the page about them shows them.
pub fn tasks_table(course: &Course) -> anyhow::Result<String> {
    let mut table = String::from(
        "| exercise | what it is about | lesson | points |\n| --- | --- | --- | --- |\n",
    );
    for entry in course.exercises() {
        let (id, lesson) = (&entry.id, entry.lesson.as_deref().unwrap_or_default());
        let (title, points) = (&entry.title, entry.points());
        table.push_str(&format!("| [{id}]({id}.md) | {title} | {lesson} | {points} |\n"));
    }
    Ok(table)
}

/// The contents of the part "Why does it hang?".
pub fn hangs(course: &Course) -> anyhow::Result<String> {
    let mut list =
        format!("- [{}](hangs/README.md)\n", heading(course, "book/src/hangs/README.md")?);
    for kind in Kind::ALL {
        list.push_str(&format!("  - [{0}](hangs/{0}.md)\n", kind.id()));
    }
    Ok(list)
}

/// What each kind of hang is, from its page's heading.
pub fn kinds(course: &Course) -> anyhow::Result<String> {
    let mut table = String::from("| kind | what happens | lesson |\n| --- | --- | --- |\n");
    for kind in Kind::ALL {
        let (id, page) = (kind.id(), kind.page());
        let heading = heading(course, &page)?;
        let what = heading.strip_prefix(&format!("{id}: "));
        let what = what.with_context(|| format!("{page} does not begin with `# {id}: …`"))?;
        let lesson = kind.lesson().map_or("none", |(lesson, _)| lesson);
        table.push_str(&format!("| [{id}]({id}.md) | {what} | {lesson} |\n"));
    }
    Ok(table)
}

/// A page for each exercise, all of it from the exercise's folder.
pub fn pages(course: &Course) -> Vec<(PathBuf, String)> {
    let page = |entry: &Entry| {
        let path = Path::new("book/src/exercises").join(format!("{}.md", entry.id));
        (path, page_of(course, entry))
    };
    course.exercises().map(page).collect()
}

fn page_of(course: &Course, entry: &Entry) -> String {
    let folder = format!("../../../{}", entry.path.display());
    let mut page = format!(
        "{{{{#include {folder}/README.md}}}}\n\n## Hints\n\n{} points. The program to change is \
         `{}/src/main.rs`.",
        entry.points(),
        entry.path.display()
    );
    let lesson = course.lessons().find(|lesson| entry.lesson.as_ref() == Some(&lesson.id));
    if let Some(lesson) = lesson.filter(|lesson| has_chapter(course, lesson)) {
        let link = format!("[Lesson {}](../{})", lesson.number, chapter(lesson));
        page.push_str(&format!(" {link} has what is needed for it."));
    }
    page.push_str(" Try first without these: each one says more than the one before.\n");
    for (level, name) in LEVELS {
        page.push_str(&format!(
            "\n<details class=\"hint\">\n<summary>Hint {level}: {name}</summary>\n\n\
             {{{{#include {folder}/hints/{level}.md}}}}\n\n</details>\n"
        ));
    }
    page
}

fn has_chapter(course: &Course, lesson: &Entry) -> bool {
    lesson.kind == EntryKind::Lesson && course.root.join("book/src").join(chapter(lesson)).exists()
}

/// A lesson's chapter, from the book's sources.
fn chapter(lesson: &Entry) -> String {
    format!("lessons/{}.md", lesson.concept)
}

/// The heading of a page.
fn heading(course: &Course, page: &str) -> anyhow::Result<String> {
    let text = read(course, page)?;
    let heading = text.lines().next().and_then(|line| line.strip_prefix("# "));
    Ok(heading.with_context(|| format!("{page} does not begin with a heading"))?.to_owned())
}
