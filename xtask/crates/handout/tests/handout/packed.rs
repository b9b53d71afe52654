//! Packed copies, and places where none may be written.

use std::fs::{self, File};
use std::process::Command;

use crate::kit::{copy, handout, run, texts};

#[test]
fn a_packed_copy_is_the_same_and_the_same_bytes_each_time() {
    let place = tempfile::tempdir().expect("make a folder");
    let at = |name: &str| place.path().join(name);
    for name in ["pipes.tar.gz", "again.tar.gz", "pipes.zip"] {
        handout(&at(name), 0);
    }
    let unpacked = at("pipes");
    let mut tar = Command::new("tar");
    tar.arg("xzf").arg(at("pipes.tar.gz")).arg("-C").arg(place.path());
    let output = run(tar);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(texts(&unpacked), texts(copy()));
    fs::remove_dir_all(&unpacked).expect("remove it");
    let file = File::open(at("pipes.zip")).expect("open it");
    let mut archive = zip::ZipArchive::new(file).expect("read it");
    archive.extract(place.path()).expect("unpack it");
    assert_eq!(texts(&unpacked), texts(copy()));
    handout(&at("other/pipes.zip"), 0);
    let read = |name: &str| fs::read(at(name)).expect("read it");
    assert!(read("pipes.zip") == read("other/pipes.zip"));
}

#[test]
fn what_is_there_is_not_written_over() {
    let place = tempfile::tempdir().expect("make a folder");
    fs::write(place.path().join("thesis.txt"), "years").expect("write a file");
    let packed = place.path().join("pipes.zip");
    fs::write(&packed, "mine").expect("write a file");
    for out in [place.path(), &packed, &place.path().join("thesis.txt")] {
        let said = handout(out, 2);
        assert!(said.contains("it is there already"), "{said}");
    }
    assert_eq!(fs::read(&packed).expect("read it"), b"mine");
    assert_eq!(fs::read_dir(place.path()).expect("list").count(), 2);
}
