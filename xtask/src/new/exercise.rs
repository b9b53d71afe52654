//! `new exercise NAME`: folders that pass tidy, and a gate that says what is still to be written.

use course::{Course, Form, Kind};

use super::{Template, check_concept, free_number, make};
use crate::tidy;

/// What belongs into each hint.
const HINTS: [(&str, &str); 3] = [
    ("hints/1.md", "a nudge: where to look"),
    ("hints/2.md", "the idea: what to do there, and why"),
    ("hints/3.md", "nearly the answer: everything but the code"),
];

/// Makes the exercise's folder and its solution's; returns the ID.
pub fn exercise(course: &Course, name: &str, form: Form) -> anyhow::Result<String> {
    check_concept(course, name)?;
    let number = free_number(course, Kind::Exercise)?;
    let (id, solution) = (format!("ex-{number:02}"), format!("sol-{number:02}"));
    // Most exercises belong to what was shown last; the author knows better.
    let lesson = course.lessons().last().map_or("lesson-01", |lesson| lesson.id.as_str());
    let form = match form {
        Form::Repair => "repair",
        Form::Build => "build",
    };
    let number = number.to_string();
    let fill = |template: &str| {
        template
            .replace("{id}", &id)
            .replace("{number}", &number)
            .replace("{concept}", name)
            .replace("{solution}", &solution)
            .replace("{lesson}", lesson)
            .replace("{form}", form)
    };
    let skeleton = fill(include_str!("exercise/skeleton.rs.template"));
    let mut files: Vec<Template> = vec![
        ("Cargo.toml", fill(include_str!("exercise/Cargo.toml.template"))),
        ("README.md", fill(include_str!("exercise/README.md.template"))),
        ("skeleton/main.rs", skeleton.clone()),
        ("src/main.rs", skeleton),
        ("tests/main.rs", fill(include_str!("exercise/tests.rs.template"))),
    ];
    for (file, what) in HINTS {
        files.push((file, include_str!("exercise/hint.md.template").replace("{what}", what)));
    }
    let reference = [
        ("Cargo.toml", fill(include_str!("exercise/solution.toml.template"))),
        ("src/main.rs", fill(include_str!("exercise/solution.rs.template"))),
    ];
    // The solution first: a folder there without an exercise breaks nothing.
    make(course, &format!("solutions/{id}-{name}"), &reference)?;
    make(course, &format!("exercises/{id}-{name}"), &files)?;
    tidy::write_tables(&Course::read(course.root.clone())?)?;
    Ok(id)
}
