//! Whether a binary that cargo built is still what cargo would build: no call of cargo then.
//!
//! Asking cargo costs about as much as all the rest of starting a lesson. So what cargo named is
//! written down, with the size and the time of every file that went into it: the sources from
//! cargo's own dep-info file (`target/debug/NAME.d`), the manifests above them, the lock file,
//! cargo's settings, cargo itself, and the variables that steer a build. One that differs, appears
//! or vanishes means: ask cargo. That is done for what a student runs, and for the runner's own
//! programs and the exercises' tests; the programs under test are always built by cargo.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::cargo;

/// The binary of `package`, where nothing has changed since [`remember`].
#[must_use]
pub fn known(root: &Path, package: &str) -> Option<PathBuf> {
    let text = fs::read(note(root, package)).ok()?;
    let noted: Value = serde_json::from_slice(&text).ok()?;
    let binary = PathBuf::from(noted["binary"].as_str()?);
    (noted == state(root, &binary)?).then_some(binary)
}

/// Writes down what the binary was made of. That it cannot be written costs time, no more.
pub fn remember(root: &Path, package: &str, binary: &Path) {
    let Some(state) = state(root, binary).filter(is_settled) else { return };
    let path = note(root, package);
    let aside = path.with_extension(format!("{}", std::process::id()));
    let folder = path.parent().unwrap_or(root);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&aside, state.to_string()));
    if written.and_then(|()| fs::rename(&aside, &path)).is_err() {
        // Nothing depends on it.
        let _ = fs::remove_file(&aside);
    }
}

fn note(root: &Path, package: &str) -> PathBuf {
    root.join(".pipeworks/built").join(format!("{package}.json"))
}

/// Everything that decides what cargo would build, as it is now.
fn state(root: &Path, binary: &Path) -> Option<Value> {
    let sources = sources(binary)?;
    let mut files: BTreeSet<PathBuf> = sources.iter().cloned().collect();
    for source in &sources {
        files.extend(source.ancestors().skip(1).map(|folder| folder.join("Cargo.toml")));
    }
    // Where CARGO_HOME is not set it is ~/.cargo.
    let home = env::var_os("CARGO_HOME").or_else(|| env::var_os("HOME")).map(PathBuf::from);
    for folder in root.ancestors().chain(home.as_deref()) {
        let names = [".cargo/config.toml", ".cargo/config", "config.toml", "rust-toolchain.toml"];
        files.extend(names.map(|name| folder.join(name)));
    }
    files.extend([root.join("Cargo.lock"), PathBuf::from(cargo()), binary.to_owned()]);
    let files: Vec<Value> =
        files.iter().map(|path| json!([path.to_string_lossy(), stamp(path)])).collect();
    let steers = |name: &str| name.starts_with("CARGO") || name.starts_with("RUST");
    let variables: BTreeSet<(String, String)> = env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into(), value.to_string_lossy().into()))
        .filter(|(name, _): &(String, String)| steers(name))
        .collect();
    Some(json!({"binary": binary.to_str()?, "files": files, "variables": variables}))
}

/// The files that cargo's dep-info names. A space in a name is written `\ `.
fn sources(binary: &Path) -> Option<Vec<PathBuf>> {
    let text = fs::read_to_string(binary.with_extension("d")).ok()?;
    let (_, list) = text.lines().next()?.split_once(": ")?;
    let list = list.replace("\\ ", "\0");
    Some(list.split(' ').map(|name| PathBuf::from(name.replace('\0', " "))).collect())
}

/// Inode, size and time of change; null where there is no such file.
fn stamp(path: &Path) -> Value {
    fs::metadata(path).map_or(Value::Null, |file| {
        json!([file.ino(), file.size(), file.mtime(), file.mtime_nsec(), file.ctime_nsec()])
    })
}

/// A file that has changed in this very moment could change again within the clock's resolution,
/// or while cargo was reading it.
fn is_settled(state: &Value) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let newest = state["files"].as_array().into_iter().flatten().filter_map(|entry| {
        let is_source = entry[0].as_str().is_some_and(|name| {
            [".rs", ".toml", ".lock"].iter().any(|ending| name.ends_with(ending))
        });
        is_source.then(|| entry[1][2].as_u64()).flatten()
    });
    newest.max().is_some_and(|newest| newest + 2 <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_spaces_are_read_from_dep_info() {
        let folder = tempfile::tempdir().expect("make a directory");
        let binary = folder.path().join("lesson");
        fs::write(folder.path().join("lesson.d"), "/t/lesson: /a/my\\ file.rs /b.rs\n")
            .expect("write dep-info");
        let expected = ["/a/my file.rs", "/b.rs"].map(PathBuf::from);
        assert_eq!(sources(&binary), Some(expected.to_vec()));
    }

    #[test]
    fn a_change_of_any_source_is_noticed() {
        let folder = tempfile::tempdir().expect("make a directory");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a.rs"), "old").expect("write a source");
        fs::write(at("lesson"), "binary").expect("write a binary");
        let dep_info = format!("{}: {}\n", at("lesson").display(), at("a.rs").display());
        fs::write(at("lesson.d"), dep_info).expect("write dep-info");
        let before = state(folder.path(), &at("lesson")).expect("a state");
        assert!(!is_settled(&before), "a source that is as new as this is not trusted");
        assert_eq!(state(folder.path(), &at("lesson")), Some(before.clone()));
        fs::write(at("a.rs"), "new").expect("change the source");
        assert_ne!(state(folder.path(), &at("lesson")), Some(before.clone()));
        fs::write(at("Cargo.toml"), "").expect("add a manifest");
        fs::write(at("a.rs"), "old").expect("change it back");
        assert_ne!(state(folder.path(), &at("lesson")), Some(before));
    }
}
