//! The autograder of Gradescope: the course, and the scripts that Gradescope starts.

use course::Course;

use crate::shipped::{self, Files};

const SCRIPTS: &[(&str, &str)] = &[
    ("setup.sh", include_str!("gradescope/setup.sh")),
    ("build.sh", include_str!("gradescope/build.sh")),
    ("run_autograder", include_str!("gradescope/run_autograder")),
];

pub fn files(course: &Course) -> anyhow::Result<Files> {
    let mut files = shipped::graders(course)?;
    for (name, text) in SCRIPTS {
        files.insert((*name).into(), text.as_bytes().to_vec());
    }
    Ok(files)
}
