//! bwrap's command line.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// How to get it where it is missing.
pub const INSTALL: &str = "apt-get install bubblewrap";

/// Where commands are looked for behind a wall.
pub const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Arguments for bwrap(1), in the order in which it carries them out.
#[derive(Clone, Debug, Default)]
pub struct Bubblewrap {
    arguments: Vec<OsString>,
}

impl Bubblewrap {
    /// The installed program.
    ///
    /// # Errors
    /// When there is none; the message says how to install it.
    pub fn find() -> anyhow::Result<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_else(|| OsString::from(PATH));
        let found = std::env::split_paths(&path).map(|folder| folder.join("bwrap"));
        match found.into_iter().find(|file| file.is_file()) {
            Some(file) => file.canonicalize().with_context(|| file.display().to_string()),
            None => bail!(
                "bubblewrap is not installed, and nothing that students have written is run without \
                 it: {INSTALL}"
            ),
        }
    }

    #[must_use]
    pub fn flag(mut self, name: &str) -> Bubblewrap {
        self.arguments.push(name.into());
        self
    }

    #[must_use]
    pub fn option<W: AsRef<OsStr>>(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = W>,
    ) -> Bubblewrap {
        self.arguments.push(name.into());
        self.arguments.extend(values.into_iter().map(|value| value.as_ref().to_owned()));
        self
    }

    /// A file or folder that can be read there.
    #[must_use]
    pub fn reads(self, from: impl AsRef<Path>, at: impl AsRef<Path>) -> Bubblewrap {
        self.option("--ro-bind", [from.as_ref(), at.as_ref()])
    }

    /// A folder that can be written there.
    #[must_use]
    pub fn writes(self, from: impl AsRef<Path>, at: impl AsRef<Path>) -> Bubblewrap {
        self.option("--bind", [from.as_ref(), at.as_ref()])
    }

    /// Memory as a folder, of this size or as large as the kernel allows.
    #[must_use]
    pub fn tmpfs(self, size_bytes: Option<u64>, at: &str) -> Bubblewrap {
        let sized = match size_bytes {
            Some(bytes) => self.option("--size", [bytes.to_string()]),
            None => self,
        };
        sized.option("--tmpfs", [at])
    }

    /// The system's programs and libraries, to read.
    #[must_use]
    pub fn system(self) -> Bubblewrap {
        let mut with = self.reads("/usr", "/usr");
        for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
            let path = Path::new("/").join(name);
            // A link into /usr, or on older systems a folder of its own.
            with = match std::fs::read_link(&path) {
                Ok(target) => with.option("--symlink", [target.as_path(), path.as_path()]),
                Err(_) if path.is_dir() => with.reads(&path, &path),
                Err(_) => with,
            };
        }
        // Links from /usr into /usr by way of /etc: `cc` and `awk` are such.
        let alternatives = Path::new("/etc/alternatives");
        if alternatives.is_dir() { with.reads(alternatives, alternatives) } else { with }
    }

    /// What a sandbox keeps from a program, to read: for a test that it does.
    #[must_use]
    pub fn machine(self) -> Bubblewrap {
        let folders = ["/etc", "/home", "/opt", "/root", "/srv", "/var"];
        let folders = folders.into_iter().filter(|folder| Path::new(folder).is_dir());
        folders.fold(self, |with, folder| with.reads(folder, folder))
    }

    /// The command of this bwrap and these arguments, for a program and its own.
    #[must_use]
    pub fn command(&self, bwrap: &Path) -> Command {
        let mut command = Command::new(bwrap);
        command.args(&self.arguments).arg("--");
        command
    }

    /// The same as words.
    #[must_use]
    pub fn words(&self, bwrap: &Path) -> Vec<OsString> {
        let mut words = vec![bwrap.as_os_str().to_owned()];
        words.extend(self.arguments.iter().cloned());
        words.push("--".into());
        words
    }
}
