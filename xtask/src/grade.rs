//! `grade`: starts the program that grades; it is built when it is first used.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;

use anyhow::Context;
use course::Course;

use crate::args::{Class, Grade};
use crate::status::Status;

pub fn grade(args: &Grade) -> anyhow::Result<Status> {
    let course = Course::here()?;
    // The program works at the root: what was typed is relative to where it was typed.
    let here = std::env::current_dir().context("find the working directory")?;
    let words = match args {
        Grade::Class(class) => of_class(class, &here),
        Grade::Diff { old, new } => {
            vec!["diff".into(), here.join(old).into(), here.join(new).into()]
        }
        Grade::Merge { parts, out } => {
            let paths = [out].into_iter().chain(parts).map(|path| here.join(path).into());
            [OsString::from("merge")].into_iter().chain(paths).collect()
        }
        Grade::Report { report, formats } => {
            let words = ["report".into(), here.join(report).into()].into_iter();
            words.chain(formats.iter().map(OsString::from)).collect()
        }
        Grade::Sources { submissions, out } => {
            vec!["sources".into(), here.join(submissions).into(), here.join(out).into()]
        }
        Grade::SelfTest => vec!["self-test".into()],
    };
    let mut command = crate::helper::program(&course.root, "grader")?;
    // exec returns only when it failed.
    Err(command.args(words).exec()).context("start the program that grades")
}

fn of_class(class: &Class, here: &Path) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["class".into()];
    let mut option = |name: &str, value: Option<OsString>| {
        if let Some(value) = value {
            words.extend([name.into(), value]);
        }
    };
    let at = |path: &Path| Some(here.join(path).into_os_string());
    option("--submissions", at(&class.submissions));
    option("--out", class.out.as_deref().and_then(at));
    option("--limits", class.limits.as_deref().and_then(at));
    option("--seed", class.seed.map(|seed| seed.to_string().into()));
    option("--shard", class.shard.as_ref().map(OsString::from));
    option("--jobs", class.jobs.map(|jobs| jobs.to_string().into()));
    let flags = [(class.dry_run, "--dry-run"), (class.no_sandbox, "--no-sandbox")];
    words.extend(flags.iter().filter(|(is_set, _)| *is_set).map(|(_, name)| name.into()));
    words
}
