//! What a box tells the walls in it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

/// One thing that keeps a program from doing harm. A self-test takes one away at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Defence {
    /// No network but a loopback of its own.
    Network,
    /// Processes of its own: none outside can be seen or signalled.
    Processes,
    /// System V and POSIX queues of its own.
    Queues,
    /// No further user namespaces.
    UserNamespaces,
    /// The list of refused system calls.
    SystemCalls,
    /// Only the test's folder and `/tmp` can be written.
    ReadOnly,
    /// Nothing but `/usr` can be read.
    Files,
    /// `/tmp` and the test's folder have a fixed size.
    TmpfsSize,
    /// `RLIMIT_NPROC`, and the launcher's own count.
    ProcessCount,
    /// `RLIMIT_AS`, and the launcher's own sum of resident memory.
    Memory,
    /// `RLIMIT_FSIZE`.
    FileSize,
    /// The caller's variables are not passed on.
    Environment,
    /// The launcher is the first process, and cannot be traced.
    HiddenLauncher,
    /// The launcher's limit of time.
    Time,
    /// The launcher's limit of output.
    Output,
}

impl Defence {
    pub const ALL: [Defence; 15] = [
        Defence::Network,
        Defence::Processes,
        Defence::Queues,
        Defence::UserNamespaces,
        Defence::SystemCalls,
        Defence::ReadOnly,
        Defence::Files,
        Defence::TmpfsSize,
        Defence::ProcessCount,
        Defence::Memory,
        Defence::FileSize,
        Defence::Environment,
        Defence::HiddenLauncher,
        Defence::Time,
        Defence::Output,
    ];

    /// In reports and in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Defence::Network => "network",
            Defence::Processes => "processes",
            Defence::Queues => "queues",
            Defence::UserNamespaces => "user-namespaces",
            Defence::SystemCalls => "system-calls",
            Defence::ReadOnly => "read-only",
            Defence::Files => "files",
            Defence::TmpfsSize => "tmpfs-size",
            Defence::ProcessCount => "process-count",
            Defence::Memory => "memory",
            Defence::FileSize => "file-size",
            Defence::Environment => "environment",
            Defence::HiddenLauncher => "hidden-launcher",
            Defence::Time => "time",
            Defence::Output => "output",
        }
    }

    fn from_name(name: &str) -> Option<Defence> {
        Defence::ALL.into_iter().find(|defence| defence.name() == name)
    }
}

/// Sizes and defences behind a wall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Size of `/tmp`, and of the box's own tmpfs.
    pub tmpfs_bytes: u64,
    /// Size of any one file.
    pub file_bytes: u64,
    /// Address space of each process.
    pub address_bytes: u64,
    /// Processes of the program's user, beyond the launcher's own limit.
    pub user_processes: u64,
    /// Defences that this machine does not have, or that a self-test has taken away.
    pub without: BTreeSet<Defence>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            tmpfs_bytes: 256 << 20,
            file_bytes: 128 << 20,
            address_bytes: 4 << 30,
            user_processes: 128,
            without: BTreeSet::new(),
        }
    }
}

impl Config {
    /// Whether this defence stands.
    #[must_use]
    pub fn has(&self, defence: Defence) -> bool {
        !self.without.contains(&defence)
    }

    pub(crate) fn to_json(&self) -> Value {
        let without: Vec<&str> = self.without.iter().map(|defence| defence.name()).collect();
        json!({
            "tmpfs_bytes": self.tmpfs_bytes, "file_bytes": self.file_bytes,
            "address_bytes": self.address_bytes, "user_processes": self.user_processes,
            "without": without,
        })
    }

    pub(crate) fn read(path: &Path) -> anyhow::Result<Config> {
        let context = || format!("read {}", path.display());
        let text = std::fs::read(path).with_context(context)?;
        let json: Value = serde_json::from_slice(&text).with_context(context)?;
        let number =
            |key: &str| json[key].as_u64().with_context(|| format!("the key `{key}` is missing"));
        let without = json["without"].as_array().context("the key `without` is missing")?;
        let defence = |value: &Value| {
            let name = value.as_str().unwrap_or_default();
            Defence::from_name(name).with_context(|| format!("no defence `{name}`"))
        };
        Ok(Config {
            tmpfs_bytes: number("tmpfs_bytes")?,
            file_bytes: number("file_bytes")?,
            address_bytes: number("address_bytes")?,
            user_processes: number("user_processes")?,
            without: without.iter().map(defence).collect::<anyhow::Result<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let config = Config { without: Defence::ALL.into_iter().collect(), ..Config::default() };
        let file = tempfile::NamedTempFile::new().expect("make a file");
        std::fs::write(file.path(), config.to_json().to_string()).expect("write it");
        assert_eq!(Config::read(file.path()).expect("read it"), config);
        std::fs::write(file.path(), r#"{"without": ["sleep"]}"#).expect("write it");
        let error = format!("{:#}", Config::read(file.path()).expect_err("no such defence"));
        assert!(error.contains("tmpfs_bytes") || error.contains("sleep"), "{error}");
    }
}
