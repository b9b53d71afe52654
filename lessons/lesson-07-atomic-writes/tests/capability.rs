//! The right capability is given up, and no other, whoever runs this and whatever root has here.

#![expect(unsafe_code, reason = "the module under test calls capset")]

use std::fs;
use std::io::{self, Write};
use std::thread;

#[path = "../src/capability.rs"]
mod capability;

/// CAP_SYS_RESOURCE is capability 24 (linux/capability.h).
const SYS_RESOURCE: u64 = 1 << 24;

/// The effective set of the calling thread (proc_pid_status(5)).
fn effective() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").expect("read the status");
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    u64::from_str_radix(line.expect("a line CapEff").trim(), 16).expect("a number in it")
}

#[test]
fn only_sys_resource_is_given_up() {
    // A thread of its own: the set is a thread's, not a process's.
    let sets = thread::spawn(|| {
        let before = effective();
        capability::drop_sys_resource().expect("giving up needs no privilege");
        (before, effective())
    });
    let (before, after) = sets.join().expect("the thread does not panic");
    assert_eq!(after, before & !SYS_RESOURCE, "{before:x} became {after:x}");
    if before == 0 {
        let line = b"\nSKIPPED: that no other capability is given up: needs root\n";
        io::stderr().write_all(line).expect("say so");
    }
}
