//! Where the file system tells of nothing, or cannot be asked to.

use std::fs;

use fixture::terminal::Terminal;

use crate::course::Watched;

/// Whether this process, or one below it, hears of events.
fn hears_of_events(pid: u32) -> bool {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).expect("list its descriptors").flatten();
    open.filter_map(|entry| fs::read_link(entry.path()).ok())
        .any(|target| target.to_string_lossy().contains("inotify"))
}

#[test]
fn asked_to_it_looks_and_hears_of_no_event() {
    let watched = Watched::new();
    let mut terminal = Terminal::start(&watched.command(&["--poll", "50"]));
    terminal.expect("FAILED after");
    assert!(!hears_of_events(terminal.pid()));
    watched.save_words("one two");
    terminal.expect("PASSED after");
    let other = watched.start_at("ex-02");
    assert!(hears_of_events(other.pid()), "otherwise this test would say nothing");
}

/// In a user namespace of its own the limit is its own, and nothing may be asked for.
#[test]
fn where_the_limit_is_reached_it_says_so_and_looks() {
    let watched = Watched::new();
    let limit = |variable: &str| {
        let script = format!("echo 0 > /proc/sys/user/{variable} && exec \"$@\"");
        let mut command = watched.command_of("unshare");
        command.args(["--user", "--map-root-user", "sh", "-c", &script, "sh"]);
        command
    };
    for variable in ["max_inotify_instances", "max_inotify_watches"] {
        let mut probe = limit(variable);
        let output = probe.arg("true").output();
        if !output.is_ok_and(|output| output.status.success()) {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no user namespaces");
            eprintln!("SKIPPED: no user namespace with limits of its own can be made");
            return;
        }
        watched.save_words("");
        let inner = watched.command(&[]);
        let mut command = limit(variable);
        command.arg(inner.get_program()).args(inner.get_args());
        let mut terminal = Terminal::start(&command);
        terminal.expect("no file events");
        terminal.expect("is reached");
        terminal.expect("FAILED after");
        watched.save_words("one two");
        terminal.expect("PASSED after");
        terminal.press("q");
        assert!(terminal.wait().success());
        watched.assert_nothing_runs();
    }
}
