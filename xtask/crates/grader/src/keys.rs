//! What a grade was made of. A grade of the same things is the same grade.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use course::{Course, Entry};
use sandbox::Level;

use crate::import::Sources;
use crate::limits::GradeLimits;
use crate::toolchain::Toolchain;

/// A digest of each, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub submission: String,
    pub tests: String,
    pub toolchain: String,
    pub limits: String,
    pub seed: String,
    pub grader: String,
}

impl Made {
    /// By name, as reports have them.
    #[must_use]
    pub fn parts(&self) -> Vec<(String, String)> {
        let parts = [
            ("submission", &self.submission),
            ("tests", &self.tests),
            ("toolchain", &self.toolchain),
            ("limits", &self.limits),
            ("seed", &self.seed),
            ("grader", &self.grader),
        ];
        parts.into_iter().map(|(name, digest)| (name.to_owned(), digest.clone())).collect()
    }

    /// One digest for all.
    #[must_use]
    pub fn key(&self) -> String {
        let mut digest = Digest::default();
        for (name, part) in self.parts() {
            digest.add(name.as_bytes()).add(part.as_bytes());
        }
        digest.hex()
    }
}

/// What is the same for all submissions of one run.
pub struct Common {
    toolchain: String,
    limits: String,
    seed: u64,
    grader: String,
}

/// The workspace that the grader was built in: its own sources, also when it grades another course.
pub const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");

impl Common {
    /// # Errors
    /// When the grader's own sources cannot be read.
    pub fn of(
        toolchain: &Toolchain,
        limits: &GradeLimits,
        level: &Level,
        seed: u64,
    ) -> anyhow::Result<Common> {
        let mut tools = Digest::default();
        tools.add(toolchain.version.as_bytes());
        for (name, file) in &toolchain.externs {
            tools.add(name.as_bytes()).add(file.as_bytes());
        }
        let mut given = Digest::default();
        given.add(format!("{limits:?}").as_bytes());
        let mut grader = Digest::default();
        grader.add(format!("{level:?}").as_bytes());
        let own = Path::new(OWN);
        for name in ["course", "doctor", "files", "grader", "launcher", "sandbox", "trial"] {
            grader.add_folder(own, &Path::new("xtask/crates").join(name).join("src"))?;
        }
        // Which versions all of it is built with.
        grader.add(&fs::read(own.join("Cargo.lock")).context("read the grader's Cargo.lock")?);
        Ok(Common { toolchain: tools.hex(), limits: given.hex(), seed, grader: grader.hex() })
    }

    /// By name, as [`Made::parts`] has them.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, &str); 3] {
        [("toolchain", &self.toolchain), ("limits", &self.limits), ("grader", &self.grader)]
    }

    /// With one submission of one exercise, whose tests have this digest.
    #[must_use]
    pub fn with(&self, tests: &str, sources: &Sources) -> Made {
        let mut submission = Digest::default();
        for (path, text) in sources {
            submission.add(path.as_os_str().as_encoded_bytes()).add(text);
        }
        Made {
            submission: submission.hex(),
            tests: tests.to_owned(),
            toolchain: self.toolchain.clone(),
            limits: self.limits.clone(),
            seed: self.seed.to_string(),
            grader: self.grader.clone(),
        }
    }
}

/// The digest of an exercise's tests and of what each is worth.
///
/// # Errors
/// When they cannot be read.
pub fn of_tests(course: &Course, entry: &Entry) -> anyhow::Result<String> {
    let mut digest = Digest::default();
    for folder in ["tests", "hidden"] {
        digest.add_folder(&course.root, &entry.path.join(folder))?;
    }
    digest.add(format!("{:?} {:?}", entry.tests, entry.hidden).as_bytes());
    Ok(digest.hex())
}

/// Each part with its length before it, so that no two lists of parts are the same bytes.
#[derive(Default)]
pub struct Digest(blake3::Hasher);

impl Digest {
    pub fn add(&mut self, part: &[u8]) -> &mut Digest {
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }

    /// All files below a folder, in the order of their paths; nothing where there is none.
    fn add_folder(&mut self, root: &Path, folder: &Path) -> anyhow::Result<()> {
        let mut files: Vec<PathBuf> = Vec::new();
        let mut waiting = vec![folder.to_owned()];
        while let Some(path) = waiting.pop() {
            let Ok(entries) = fs::read_dir(root.join(&path)) else { continue };
            for entry in entries {
                let entry = entry.with_context(|| format!("list {}", path.display()))?;
                let below = path.join(entry.file_name());
                let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                if is_folder { waiting.push(below) } else { files.push(below) }
            }
        }
        files.sort();
        for file in files {
            let text = fs::read(root.join(&file));
            let text = text.with_context(|| format!("read {}", file.display()))?;
            self.add(file.as_os_str().as_encoded_bytes()).add(&text);
        }
        Ok(())
    }

    #[must_use]
    pub fn hex(&self) -> String {
        self.0.finalize().to_hex()[..32].to_owned()
    }
}
