//! What the report says of time and memory.

use crate::case::Case;
use crate::machine::User;

each_user!(
    wall_and_cpu_time,
    cpu_time_of_children,
    a_small_program_has_a_small_peak,
    a_large_program_has_a_large_peak,
    bytes_are_counted,
);

fn wall_and_cpu_time(user: User) {
    let report = Case::program(user, &["sleep", "0.2"]).run().report().clone();
    assert!(report.wall_ms >= 200, "{report:?}");
    assert!(report.cpu_ms < 200, "{report:?}");
}

fn cpu_time_of_children(user: User) {
    let report = Case::misbehave(user, &["spin-in-children", "4"]).run().report().clone();
    assert!((200..2000).contains(&report.cpu_ms), "{report:?}");
}

/// `ru_maxrss` after fork and exec starts from the size of whoever forked. That is the launcher, so
/// a large program that starts the launcher does not show.
fn a_small_program_has_a_small_peak(user: User) {
    // The launcher's own words stand behind those of the large program.
    let case = Case::program(user, &["true"]);
    let misbehave = case.binaries.misbehave.display().to_string();
    let done = case.through(&[&misbehave, "start-from", "200"]).run();
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.report().peak_memory_kib < 16 * 1024, "{done:?}");
}

fn a_large_program_has_a_large_peak(user: User) {
    let report = Case::misbehave(user, &["memory", "64"]).run().report().clone();
    assert!((64 * 1024..96 * 1024).contains(&report.peak_memory_kib), "{report:?}");
}

fn bytes_are_counted(user: User) {
    let report = Case::misbehave(user, &["bytes", "70000", "30"]).run().report().clone();
    assert_eq!((report.stdout_bytes, report.stderr_bytes), (70_000, 30));
}
