//! Classes that are made up, to try the grader on: of right programs, wrong ones, ones that hang or
//! do not compile, missing ones, and many that are the same.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use course::{Course, Entry, Mutant};

/// A program of the course whose result is known.
pub struct Known<'a> {
    pub entry: &'a Entry,
    /// `solution`, `skeleton`, `mutant NAME`, `alternative NAME`.
    pub name: String,
    /// How it fails; `None` where it is right.
    pub record: Option<&'a Mutant>,
    /// Whether only hidden tests notice that it is wrong.
    pub is_subtle: bool,
    pub source: String,
}

/// All of them.
///
/// # Errors
/// When a file is missing, or a patch does not fit.
pub fn known(course: &Course) -> anyhow::Result<Vec<Known<'_>>> {
    let read = |path: &Path| {
        fs::read_to_string(course.root.join(path))
            .with_context(|| format!("read {}", path.display()))
    };
    let mut all = Vec::new();
    for entry in course.exercises() {
        let reference: PathBuf = ["solutions", entry.folder_name(), "src/main.rs"].iter().collect();
        let reference = read(&reference)?;
        let patched = |path: &Path| -> anyhow::Result<String> {
            let text = read(path)?;
            let context = || format!("apply {}", path.display());
            let patch = diffy::Patch::from_str(&text).with_context(context)?;
            diffy::apply(&reference, &patch).with_context(context)
        };
        let mut add = |name: String, record, is_subtle, source| {
            all.push(Known { entry, name, record, is_subtle, source });
        };
        add("solution".to_owned(), None, false, reference.clone());
        let skeleton = read(&entry.path.join("skeleton/main.rs"))?;
        add("skeleton".to_owned(), Some(&entry.skeleton), false, skeleton);
        for name in &entry.alternatives {
            let source = read(&entry.path.join("alternatives").join(format!("{name}.rs")))?;
            add(format!("alternative {name}"), None, false, source);
        }
        let visible = entry.mutants.iter().map(|mutant| ("mutants", mutant, false));
        let hidden = entry.hidden_mutants.iter().map(|mutant| ("hidden", mutant, true));
        for (folder, (name, record), is_subtle) in visible.chain(hidden) {
            let source = patched(&entry.path.join(folder).join(format!("{name}.patch")))?;
            add(format!("mutant {name}"), Some(record), is_subtle, source);
        }
    }
    Ok(all)
}

/// What a class is made of.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    pub students: usize,
    pub seed: u64,
    /// No two programs are the same, so that none is graded by knowing another.
    pub distinct: bool,
}

const NOT_COMPILING: &str = "fn main() { let number: u32 = \"text\"; }\n";
/// It hangs, and uses no processor.
const SLEEPING: &str =
    "fn main() { loop { std::thread::sleep(std::time::Duration::from_secs(1)); } }\n";
/// It hangs, and keeps one busy.
const SPINNING: &str = "fn main() { loop { std::hint::spin_loop(); } }\n";

/// Makes a folder of submissions `student-001`, `student-002` and so on; the same class gives the
/// same files.
///
/// # Errors
/// When a file cannot be read or written.
pub fn make(course: &Course, class: Class, folder: &Path) -> anyhow::Result<()> {
    let known = known(course)?;
    let mut random = fastrand::Rng::with_seed(class.seed);
    for number in 1..=class.students {
        let student = format!("student-{number:03}");
        for entry in course.exercises() {
            let of: Vec<&Known<'_>> =
                known.iter().filter(|known| known.entry.id == entry.id).collect();
            let (right, wrong): (Vec<&Known<'_>>, Vec<&Known<'_>>) =
                of.into_iter().partition(|known| known.record.is_none());
            ensure!(!right.is_empty() && !wrong.is_empty(), "{} has no programs", entry.id);
            let source = match random.usize(..100) {
                0..40 => right[0].source.as_str(),
                40..55 => right[random.usize(..right.len())].source.as_str(),
                55..88 => wrong[random.usize(..wrong.len())].source.as_str(),
                88..92 => NOT_COMPILING,
                92 => SLEEPING,
                93 => SPINNING,
                _ => continue,
            };
            let path =
                folder.join(&student).join("exercises").join(entry.folder_name()).join("src");
            fs::create_dir_all(&path).with_context(|| format!("make {}", path.display()))?;
            let mark = if class.distinct { format!("\n// {student}\n") } else { String::new() };
            let file = path.join("main.rs");
            fs::write(&file, format!("{source}{mark}"))
                .with_context(|| format!("write {}", file.display()))?;
        }
        fs::create_dir_all(folder.join(&student)).with_context(|| format!("make {student}"))?;
    }
    Ok(())
}
