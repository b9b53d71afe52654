//! What is taken from a .zip and a .tar.gz, and what is refused.

use std::fs;
use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::EntryType;
use zip::write::SimpleFileOptions;

use crate::folders::{is_refused, names, taken};
use crate::kit::Class;

const MAIN: &str = "exercises/ex-01-words/src/main.rs";
const OTHER: &str = "exercises/ex-02-words/src/main.rs";

/// A zip archive with these files.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).expect("begin a file");
        zip.write_all(text).expect("write a file");
    }
    zip.finish().expect("end the archive").into_inner()
}

/// A tar.gz archive with these entries, their names as they stand here.
fn tar(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut tar = tar::Builder::new(encoder);
    for (name, kind, text) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        if matches!(*kind, EntryType::Symlink | EntryType::Link) {
            header.set_link_name("/etc/passwd").expect("name the link's target");
        }
        header.set_cksum();
        tar.append(&header, *text).expect("add an entry");
    }
    tar.into_inner().expect("end the archive").finish().expect("end the stream")
}

fn handed_in(name: &str, bytes: &[u8]) -> Class {
    let class = Class::new();
    fs::write(class.submissions().join(name), bytes).expect("write the archive");
    class
}

#[test]
fn archives_are_taken_like_folders() {
    let files: &[(&str, &[u8])] = &[("./pipe/exercises/ex-01-words/src/main.rs", b"// zip")];
    let imported = taken(&handed_in("ann.zip", &zip(files)));
    assert_eq!(imported.exercises["ex-01"].values().next().expect("a file"), b"// zip");
    let files: &[(&str, EntryType, &[u8])] = &[
        ("exercises/", EntryType::Directory, b""),
        (MAIN, EntryType::Regular, b"// tar"),
        ("exercises/ex-01-words/src/part.rs", EntryType::Regular, b""),
    ];
    for name in ["ann.tar.gz", "ann.tgz"] {
        let imported = taken(&handed_in(name, &tar(files)));
        assert_eq!(names(&imported, "ex-01"), ["main.rs", "part.rs"]);
        assert!(imported.refused.is_empty(), "{imported:?}");
    }
}

#[test]
fn a_folder_may_hold_the_archive_that_was_uploaded() {
    let class = Class::new();
    class.write("ann/.DS_Store", "");
    fs::write(class.submissions().join("ann/upload.zip"), zip(&[(MAIN, b"")])).expect("write it");
    assert_eq!(names(&taken(&class), "ex-01"), ["main.rs"]);
    // Of two nobody knows which counts.
    fs::write(class.submissions().join("ann/other.zip"), zip(&[(MAIN, b"")])).expect("write it");
    is_refused(&taken(&class), "ann", "several archives");
}

/// What cannot be read must not go unseen, nor be worth nothing.
#[test]
fn an_archive_of_an_unknown_kind_is_ungraded() {
    for name in ["ann.rar", "ann.tar", "ann.7Z"] {
        let imported = taken(&handed_in(name, b"?"));
        assert_eq!(imported.unread.len(), 2, "{name}: {imported:?}");
        assert!(imported.remarks[0].contains("no archive of this kind is read"), "{imported:?}");
    }
    let class = Class::new();
    class.write("ann/upload.rar", "?");
    is_refused(&taken(&class), "ann", "no archive of this kind is read");
    fs::write(class.submissions().join("ann/upload.zip"), zip(&[(MAIN, b"")])).expect("write it");
    assert_eq!(names(&taken(&class), "ex-01"), ["main.rs"]);
}

#[test]
fn paths_that_lead_elsewhere_are_refused_and_the_rest_is_graded() {
    let odd = [
        "exercises/ex-01-words/src/../../../../slipped.rs",
        "/exercises/ex-01-words/src/main.rs",
        "exercises\\ex-01-words\\src\\main.rs",
        "../exercises/ex-01-words/src/main.rs",
    ];
    for name in odd {
        let archives = [
            ("ann.zip", zip(&[(name, b"// odd"), (OTHER, b"")])),
            (
                "ann.tar.gz",
                tar(&[(name, EntryType::Regular, b"// odd"), (OTHER, EntryType::Regular, b"")]),
            ),
        ];
        for (archive, bytes) in archives {
            let imported = taken(&handed_in(archive, &bytes));
            let why = if name.contains('\\') { "backslash" } else { "leads out of its folder" };
            is_refused(&imported, name, why);
            assert!(names(&imported, "ex-01").is_empty(), "{archive} {name}");
            assert_eq!(names(&imported, "ex-02"), ["main.rs"], "{archive} {name}");
        }
    }
}

#[test]
fn an_archive_has_no_links_fifos_or_devices_that_count() {
    for (kind, why) in [
        (EntryType::Symlink, "a symbolic link"),
        (EntryType::Link, "a hard link"),
        (EntryType::Fifo, "a FIFO"),
        (EntryType::Char, "a device"),
        (EntryType::Block, "a device"),
    ] {
        let imported = taken(&handed_in(
            "ann.tar.gz",
            &tar(&[(MAIN, kind, b""), (OTHER, EntryType::Regular, b"")]),
        ));
        is_refused(&imported, MAIN, why);
        assert!(imported.unusable["ex-01"].contains(why));
        assert_eq!(names(&imported, "ex-02"), ["main.rs"], "{why}");
    }
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    zip.add_symlink(MAIN, "/etc/passwd", options).expect("add a link");
    let bytes = zip.finish().expect("end the archive").into_inner();
    is_refused(&taken(&handed_in("ann.zip", &bytes)), MAIN, "a symbolic link");
}

#[test]
fn a_link_to_a_folder_in_an_archive_holds_nothing() {
    let imported = taken(&handed_in(
        "ann.tar.gz",
        &tar(&[
            ("exercises/ex-01-words/src", EntryType::Symlink, b""),
            (MAIN, EntryType::Regular, b"// through the link"),
        ]),
    ));
    assert!(names(&imported, "ex-01").is_empty());
    is_refused(&imported, "exercises/ex-01-words/src", "a symbolic link");
    is_refused(&imported, MAIN, "below something that is no folder");
}

#[test]
fn a_file_that_is_there_twice_is_neither_of_them() {
    let imported = taken(&handed_in(
        "ann.tar.gz",
        &tar(&[
            (MAIN, EntryType::Regular, b"// one"),
            (MAIN, EntryType::Regular, b"// other"),
            (OTHER, EntryType::Regular, b""),
        ]),
    ));
    is_refused(&imported, MAIN, "more than once");
    assert_eq!(names(&imported, "ex-02"), ["main.rs"]);
    // A name that is changed afterwards, since no writer would write it twice.
    let bytes = zip(&[(MAIN, b"// one"), (&MAIN.replace("main", "mainx")[..], b"")]);
    let twice = replaced(&bytes, b"src/mainx.rs", b"src/main.rsx");
    let same = zip(&[("a-name-1", b"x"), ("a-name-2", b"y")]);
    let same = replaced(&same, b"a-name-2", b"a-name-1");
    assert!(names(&taken(&handed_in("ann.zip", &twice)), "ex-01") == ["main.rs"]);
    is_refused(&taken(&handed_in("ann.zip", &same)), "ann.zip", "several files of one name");
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while at + from.len() <= bytes.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
        at += 1;
    }
    bytes
}

#[test]
fn bombs_do_not_go_off() {
    // 300 MiB of zeros, as one file and as a stream that is no archive.
    let zeros = vec![0; 300 << 20];
    let bomb = tar(&[(MAIN, EntryType::Regular, &zeros)]);
    let imported = taken(&handed_in("ann.tar.gz", &bomb));
    is_refused(&imported, "ann.tar.gz", "expands to more than 256 MiB");
    assert_eq!(imported.unusable.len(), 2);
    let imported = taken(&handed_in("ann.zip", &zip(&[(MAIN, &zeros), (OTHER, b"")])));
    is_refused(&imported, MAIN, "314572800 bytes");
    assert_eq!(names(&imported, "ex-02"), ["main.rs"]);
}

#[test]
fn a_size_that_is_a_lie_is_found_out() {
    let honest = zip(&[(MAIN, &[b'/'; 1000]), (OTHER, b"")]);
    // 1000 in the headers becomes 10; the data stay.
    let lying = replaced(&honest, &1000_u32.to_le_bytes(), &10_u32.to_le_bytes());
    assert_ne!(honest, lying);
    let imported = taken(&handed_in("ann.zip", &lying));
    is_refused(&imported, MAIN, "damaged in the archive");
    assert_eq!(names(&imported, "ex-02"), ["main.rs"]);
}

#[test]
fn a_damaged_archive_is_refused_as_a_whole() {
    let good_zip = zip(&[(MAIN, b"// text")]);
    let good_tar = tar(&[(MAIN, EntryType::Regular, b"// text")]);
    let many: Vec<(String, EntryType)> =
        (0..20_100).map(|number| (format!("f{number}"), EntryType::Regular)).collect();
    let many: Vec<(&str, EntryType, &[u8])> =
        many.iter().map(|(name, kind)| (name.as_str(), *kind, b"" as &[u8])).collect();
    for (name, bytes, why) in [
        ("ann.zip", b"no archive".to_vec(), "no zip archive"),
        ("ann.zip", Vec::new(), "no zip archive"),
        ("ann.zip", good_zip[..good_zip.len() / 2].to_vec(), "no zip archive"),
        ("ann.tar.gz", b"no archive".to_vec(), "no tar.gz archive"),
        ("ann.tar.gz", good_tar[..good_tar.len() / 2].to_vec(), "no tar.gz archive"),
        ("ann.tar.gz", tar(&[(MAIN, EntryType::GNUSparse, b"")]), "no tar.gz archive"),
        ("ann.tar.gz", tar(&many), "more than 20000"),
        ("ann.zip", vec![0; (64 << 20) + 1], "leave out the folder `target`"),
    ] {
        let imported = taken(&handed_in(name, &bytes));
        is_refused(&imported, name, why);
        assert_eq!(imported.unusable.len(), 2, "{why}");
    }
}

#[test]
fn thousands_of_refused_files_and_endless_paths_are_told_in_short() {
    let mut odd: Vec<String> = (0..5000).map(|number| format!("../{number}")).collect();
    odd.push("a/".repeat(30_000) + "x");
    odd.push("a/".repeat(40) + "x");
    let odd = odd.iter().map(|name| (name.as_str(), b"" as &[u8]));
    let files: Vec<(&str, &[u8])> = odd.chain([(OTHER, b"" as &[u8])]).collect();
    let imported = taken(&handed_in("ann.zip", &zip(&files)));
    assert_eq!(imported.refused.len(), 100);
    assert_eq!(imported.remarks, ["4902 more files and folders were refused"]);
    assert!(imported.refused.iter().all(|refused| refused.path.len() < 1000));
    assert_eq!(names(&imported, "ex-02"), ["main.rs"]);
    let imported = taken(&handed_in("ann.zip", &zip(&files[5000..])));
    let mut why: Vec<&str> = imported.refused.iter().map(|refused| refused.why.as_str()).collect();
    why.sort_unstable();
    assert_eq!(why, ["a path of too many folders", "a path that is too long"]);
}

#[test]
fn an_encrypted_file_is_refused() {
    let bytes = zip(&[(MAIN, b"// text"), (OTHER, b"")]);
    // The first bit of the flags, in the local header and in the directory (APPNOTE 4.4.4).
    let mut locked = bytes.clone();
    let at = |signature: &[u8], from: usize| {
        (from..bytes.len()).find(|&at| bytes[at..].starts_with(signature)).expect("a header")
    };
    locked[at(b"PK\x03\x04", 0) + 6] |= 1;
    locked[at(b"PK\x01\x02", 0) + 8] |= 1;
    let imported = taken(&handed_in("ann.zip", &locked));
    is_refused(&imported, MAIN, "encrypted");
    assert_eq!(names(&imported, "ex-02"), ["main.rs"]);
}
