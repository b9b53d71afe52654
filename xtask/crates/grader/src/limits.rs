//! The limits around submissions, as a file says them.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use launcher::Limits;
use sandbox::Config;
use toml::de::{DeTable, DeValue};

/// The file that holds where none is named.
pub const DEFAULT: &str = include_str!("../limits.toml");

const COMPILE: [&str; 8] = [
    "wall_seconds",
    "cpu_seconds",
    "memory_mib",
    "address_mib",
    "processes",
    "file_mib",
    "tmpfs_mib",
    "output_kib",
];
const TEST: [&str; 4] = ["address_mib", "processes", "file_mib", "tmpfs_mib"];

/// All limits that the grader itself sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GradeLimits {
    /// On the compiler.
    pub compile: Limits,
    /// On the sandbox around the compiler.
    pub around_compiler: Config,
    /// On the sandbox around the program under test.
    pub around_program: Config,
}

impl GradeLimits {
    /// Reads a file, or the one that comes with the course.
    ///
    /// # Errors
    /// When it cannot be read, or a key is missing, unknown, or no number above 0.
    pub fn read(file: Option<&Path>) -> anyhow::Result<GradeLimits> {
        let Some(path) = file else { return parse(DEFAULT).context("the course's own limits") };
        let context = || format!("read the limits in {}", path.display());
        let text = std::fs::read_to_string(path).with_context(context)?;
        parse(&text).with_context(context)
    }
}

fn parse(text: &str) -> anyhow::Result<GradeLimits> {
    let table = DeTable::parse(text)?.into_inner();
    for name in table.keys() {
        let name = name.get_ref();
        ensure!(["compile", "test"].contains(&name.as_ref()), "the unknown table [{name}]");
    }
    let number = |part: &str, key: &str, known: &[&str]| -> anyhow::Result<u64> {
        let context = || format!("[{part}] {key}");
        let part = table.get(part).and_then(|part| part.get_ref().as_table());
        let part = part.with_context(|| format!("the table of {} is missing", context()))?;
        if let Some(unknown) = part.keys().find(|name| !known.contains(&name.get_ref().as_ref())) {
            anyhow::bail!("the unknown key {}; known are {}", unknown.get_ref(), known.join(", "));
        }
        let value = part.get(key).with_context(|| format!("{} is missing", context()))?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().replace('_', "").parse::<u64>().ok(),
            _ => None,
        };
        number.filter(|&number| number > 0 && number < 1 << 30).with_context(|| {
            format!("{} is no whole number above 0 and below {}", context(), 1 << 30)
        })
    };
    let compile = |key: &str| number("compile", key, &COMPILE);
    let test = |key: &str| number("test", key, &TEST);
    Ok(GradeLimits {
        compile: Limits {
            wall: Some(Duration::from_secs(compile("wall_seconds")?)),
            cpu: Some(Duration::from_secs(compile("cpu_seconds")?)),
            memory_bytes: Some(compile("memory_mib")? << 20),
            processes: Some(usize::try_from(compile("processes")?)?),
            output_bytes: Some(compile("output_kib")? << 10),
            ..Limits::default()
        },
        around_compiler: Config {
            tmpfs_bytes: compile("tmpfs_mib")? << 20,
            file_bytes: compile("file_mib")? << 20,
            address_bytes: compile("address_mib")? << 20,
            user_processes: compile("processes")?,
            ..Config::default()
        },
        around_program: Config {
            tmpfs_bytes: test("tmpfs_mib")? << 20,
            file_bytes: test("file_mib")? << 20,
            address_bytes: test("address_mib")? << 20,
            user_processes: test("processes")?,
            ..Config::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_the_course_is_complete() {
        let limits = parse(DEFAULT).expect("read it");
        assert_eq!(limits.compile.wall, Some(Duration::from_secs(60)));
        assert_eq!(limits.around_program.tmpfs_bytes, 256 << 20);
    }

    #[test]
    fn a_wrong_file_names_what_is_wrong() {
        let error = |text: &str| format!("{:#}", parse(text).expect_err("a wrong file"));
        assert!(error("[compil]").contains("compil"));
        assert!(error(&DEFAULT.replace("output_kib", "output")).contains("unknown key output"));
        assert!(error(&DEFAULT.replace("= 40 ", "= 0 ")).contains("[compile] cpu_seconds"));
        assert!(error(&DEFAULT.replace("= 40 ", "= \"x\" ")).contains("[compile] cpu_seconds"));
    }
}
