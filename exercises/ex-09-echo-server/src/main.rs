//! Exercise 9: an echo server over two pipes. The task is in README.md.

#![allow(unsafe_code)]

use std::ffi::OsString;

fn main() -> anyhow::Result<()> {
    let messages: Vec<OsString> = std::env::args_os().skip(1).collect();
    if messages.is_empty() { relay() } else { ask_each(&messages) }
}

/// Sends each message to the server and prints its reply, a line each.
fn ask_each(messages: &[OsString]) -> anyhow::Result<()> {
    let _ = messages;
    todo!("start the server between two pipes, send a frame for each message, print the reply")
}

/// Frames from standard input to the server, and its replies to standard output.
fn relay() -> anyhow::Result<()> {
    todo!("start the server between two pipes, pass on the frames of standard input")
}
