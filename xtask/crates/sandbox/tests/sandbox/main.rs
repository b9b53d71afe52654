//! What a program in the sandbox can see and do, and what it cannot.

mod boxed;

use std::os::unix::fs::PermissionsExt;

use boxed::run;
use launcher::{Ended, Limit};

#[test]
fn a_program_runs_and_ends_with_its_own_status() {
    let ran = run("echo out; echo err >&2; exit 3");
    assert_eq!(ran.report.ended, Ended::Exited { code: 3 }, "{}", ran.said());
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("out\n", "err\n"));
    assert_eq!(ran.report.unreaped, Some(0));
}

#[test]
fn a_pipeline_of_real_commands_runs() {
    let ran = run("seq 100000 | sort -n | awk '{ print $1 + 1 }' | tail -1 > f; cat f");
    assert_eq!(ran.stdout, "100001\n", "{}", ran.said());
}

#[test]
fn a_deadlock_is_proved_behind_the_wall() {
    let ran = run("mkfifo f; cat f");
    assert!(
        matches!(ran.report.ended, Ended::Deadlock | Ended::Limit { limit: Limit::Quiet }),
        "{}",
        ran.said()
    );
    let told = ran.report.diagnosis.as_ref().map(|told| told.text(true)).unwrap_or_default();
    assert!(told.contains("open"), "{told}");
}

#[test]
fn what_is_written_outside_of_the_folder_is_refused_and_a_sized_tmpfs_is_full() {
    let ran =
        run("(echo x > /usr/x) 2>&1; (echo x > /x) 2>&1; head -c 400000000 /dev/zero > /tmp/x");
    assert_eq!(ran.stdout.matches("Read-only file system").count(), 2, "{}", ran.said());
    assert!(
        ran.stderr.contains("No space left") || ran.stderr.contains("File size"),
        "{}",
        ran.said()
    );
}

#[test]
fn nothing_of_the_callers_is_there() {
    let ran =
        run("echo $$; ls /proc | grep -c '^[0-9]'; env | cut -d= -f1 | sort | tr '\\n' ' '; ls /");
    assert!(
        ran.stdout.contains("HOME LANG OLDPWD PATH PWD")
            || ran.stdout.contains("HOME LANG PATH PWD"),
        "{}",
        ran.said()
    );
    assert!(!ran.stdout.contains("etc\nhome"), "{}", ran.said());
}

#[test]
fn root_gives_a_box_a_control_group_where_it_can() {
    let memory = std::path::Path::new("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    if !nix::unistd::Uid::effective().is_root() || !memory.exists() {
        eprintln!("skipped: needs root and control groups of version 1");
        return;
    }
    let groups = boxed::in_box("cat /proc/self/cgroup");
    assert!(groups.contains("memory:") && groups.contains("/pipeworks-grade-"), "{groups}");
}

#[test]
fn what_cannot_be_executed_is_the_programs_own_fault() {
    // A loader that does not exist.
    let ended = boxed::run_as_program("#!/no/such/loader\n").ended;
    assert_eq!(ended, Ended::Exited { code: 126 });
}

#[test]
fn nobody_else_on_the_machine_can_look_into_a_place() {
    let sandboxed = std::path::Path::new(env!("CARGO_BIN_EXE_sandboxed"));
    let place = sandbox::Place::new(sandboxed, Default::default(), Default::default());
    let place = place.expect("make a place");
    let mode = std::fs::metadata(place.path()).expect("look at it").permissions().mode();
    assert_eq!(mode & 0o007, 0, "{mode:o}");
}

#[test]
fn the_launcher_takes_no_orders_from_the_program() {
    let ran = run("prlimit --pid 1 --nofile=0:0; renice -n 19 -p 1; chrt --idle --pid 0 1; \
                   taskset -p 1 1; ionice -c 3 -p 1; sleep 0.1; prlimit --nofile=100:100 true; \
                   nice -n 5 true; echo $?");
    assert_eq!(ran.report.ended, Ended::Exited { code: 0 }, "{}", ran.said());
    assert_eq!(ran.stderr.matches("not permitted").count(), 5, "{}", ran.said());
    assert_eq!(ran.stdout.lines().last(), Some("0"), "{}", ran.said());
}

#[test]
fn no_megabytes_wait_in_sockets() {
    let ran = run("perl -MSocket -e 'socketpair(A, B, AF_UNIX, SOCK_STREAM, 0) or die 1; \
                   setsockopt(A, SOL_SOCKET, SO_SNDBUF, 1 << 20) or die \"$!\"'");
    assert!(ran.stderr.contains("not permitted"), "{}", ran.said());
}
