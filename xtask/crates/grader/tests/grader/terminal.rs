//! How a run looks while it goes on: lines in a pipe, a bar on a terminal.

use std::fs::File;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use nix::pty::{Winsize, openpty};

use crate::kit::{Class, has_sandbox};

#[test]
fn a_pipe_gets_a_line_for_each_submission() {
    if !has_sandbox() {
        return;
    }
    let class = Class::of(2);
    let graded = class.grade("out").ends(0);
    for line in ["[1/2] student-001: 8 of 8\n", "[2/2] student-002: 8 of 8\n"] {
        // Which one is the first to be finished is a race.
        let line = &line[6..];
        assert!(graded.stderr.contains(line), "{}", graded.stderr);
    }
    assert!(!graded.stderr.contains('\r') && !graded.stderr.contains('\x1b'), "{}", graded.stderr);
    assert!(graded.stdout.contains("2 submissions, 8.0 of 8 points on average\n"));
}

#[test]
fn a_terminal_gets_a_bar_with_the_time_that_is_left() {
    if !has_sandbox() {
        return;
    }
    let class = Class::of(3);
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(Some(&size), None).expect("make a terminal");
    let mut command = class.command("out");
    command.env("TERM", "xterm").stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(File::from(pty.slave)).process_group(0);
    let mut child = command.spawn().expect("start the grader");
    // The terminal's other side is closed everywhere but in the grader.
    drop(command);
    let mut text = Vec::new();
    let mut terminal = File::from(pty.master);
    let mut buffer = [0; 4096];
    // Reading fails with EIO when nobody has the terminal open any more.
    while let Ok(count @ 1..) = terminal.read(&mut buffer) {
        text.extend_from_slice(&buffer[..count]);
    }
    assert!(child.wait().expect("wait for it").success());
    let text = String::from_utf8_lossy(&text);
    assert!(text.contains("/6 exercises") && text.contains(" left, "), "{text:?}");
    assert!(text.contains(" pass"), "{text:?}");
    assert!(!text.contains("student-001"), "{text:?}");
}
