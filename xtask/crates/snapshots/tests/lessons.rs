//! Plain `cargo test` compares all lessons with their snapshots, by the same program as the verb.

use std::time::Duration;

use assert_cmd::Command;

/// Building the lessons is part of it.
const DEADLINE: Duration = Duration::from_secs(600);

#[test]
fn every_lesson_prints_what_is_stored() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_snapshots"));
    command.current_dir(root).timeout(DEADLINE).assert().success();
}
