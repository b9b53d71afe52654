//! What a program is made of, at this moment.
//!
//! Events say that something has happened, not what: several come for one save, some for none, and
//! some file systems have none at all. So they are only a reason to look, and what counts is what
//! a look sees.

use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use course::progress::files_below;

/// Of a larger file only the size and the time are compared.
const LARGE_BYTES: u64 = 1 << 20;

/// The manifest and all below `src/`, as one look saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Names and bytes.
    pub content: u64,
    /// Which files they are and when they were changed: another one after a change and a change
    /// back.
    pub stamp: u64,
    /// Whether there is a program at all.
    pub is_there: bool,
}

impl Look {
    /// At the exercise in this folder.
    pub fn at(folder: &Path) -> Look {
        let mut files = vec![folder.join("Cargo.toml")];
        // A folder that vanishes at this moment has no files.
        files.extend(files_below(&folder.join("src")).unwrap_or_default());
        let (mut content, mut stamp) = (DefaultHasher::new(), DefaultHasher::new());
        let mut is_there = false;
        let main = folder.join("src/main.rs");
        for file in files {
            let Ok(metadata) = fs::metadata(&file) else { continue };
            is_there |= file == main;
            let mark = [metadata.ino(), metadata.size(), time_of(&metadata)];
            content.write(file.as_os_str().as_encoded_bytes());
            stamp.write(file.as_os_str().as_encoded_bytes());
            mark.iter().for_each(|&number| stamp.write_u64(number));
            let is_small = metadata.size() <= LARGE_BYTES;
            if let Some(bytes) = is_small.then(|| fs::read(&file).ok()).flatten() {
                content.write_usize(bytes.len());
                content.write(&bytes);
            } else {
                // It is too large, or nobody may read it.
                mark.iter().for_each(|&number| content.write_u64(number));
            }
        }
        Look { content: content.finish(), stamp: stamp.finish(), is_there }
    }
}

fn time_of(metadata: &Metadata) -> u64 {
    // Only compared; a time before 1970 is as good as any.
    metadata.mtime().cast_unsigned().rotate_left(32) ^ metadata.mtime_nsec().cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_sees_changes_changes_back_and_what_is_missing() {
        let place = tempfile::tempdir().expect("make a directory");
        let folder = place.path();
        let main = folder.join("src/main.rs");
        fs::create_dir(folder.join("src")).expect("make a folder");
        fs::write(folder.join("Cargo.toml"), "").expect("write a file");
        assert!(!Look::at(folder).is_there);
        fs::write(&main, "one").expect("write a file");
        let one = Look::at(folder);
        assert!(one.is_there);
        assert_eq!(Look::at(folder), one);

        fs::write(&main, "two").expect("write a file");
        let two = Look::at(folder);
        assert_ne!(two.content, one.content);
        // Written anew, as many editors do it.
        fs::write(folder.join("new"), "one").expect("write a file");
        fs::rename(folder.join("new"), &main).expect("rename it");
        let again = Look::at(folder);
        assert_eq!(again.content, one.content);
        assert_ne!(again.stamp, one.stamp);

        fs::write(folder.join("src/.main.rs.swp"), "an editor's").expect("write a file");
        fs::write(folder.join("README.md"), "the task").expect("write a file");
        assert_eq!(Look::at(folder), again);
        fs::write(folder.join("src/wire.rs"), "a module").expect("write a file");
        assert_ne!(Look::at(folder).content, again.content);
    }

    #[test]
    fn of_a_large_file_the_size_and_the_time_are_compared() {
        let place = tempfile::tempdir().expect("make a directory");
        let folder = place.path();
        fs::create_dir(folder.join("src")).expect("make a folder");
        let file = fs::File::create(folder.join("src/large")).expect("make a file");
        file.set_len(LARGE_BYTES + 1).expect("make it large");
        let before = Look::at(folder);
        assert_eq!(Look::at(folder), before);
        file.set_len(LARGE_BYTES + 2).expect("make it larger");
        assert_ne!(Look::at(folder).content, before.content);
    }
}
