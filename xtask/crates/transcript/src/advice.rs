//! From an error to words: what was tried, what the kernel answered, what to do next.

use std::fmt::Write;
use std::io;

use nix::errno::Errno;

/// The text for an error that ended `part`: the chain of contexts, then advice where we have some.
pub fn explain(part: &str, error: &anyhow::Error) -> String {
    let mut text = format!("the part `{part}` could not go on: {error}");
    for cause in error.chain().skip(1) {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  because: {cause}");
    }
    if let Some(advice) = errno(error).and_then(|errno| advice(errno, &text)) {
        let _ = write!(text, "\n  try: {advice}");
    }
    text
}

/// The kernel's answer at the bottom of the chain, whether std or nix brought it.
fn errno(error: &anyhow::Error) -> Option<Errno> {
    error.chain().find_map(|cause| {
        let from_nix = cause.downcast_ref::<Errno>().copied();
        let from_std = cause.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
        from_nix.or(from_std.map(Errno::from_raw))
    })
}

/// `tried` tells apart what the kernel answers with one number.
fn advice(errno: Errno, tried: &str) -> Option<&'static str> {
    Some(match errno {
        Errno::EMFILE => "this process may open no more descriptors: see `ulimit -n`, raise it",
        Errno::ENFILE => "the whole system has no descriptors left: close some programs",
        Errno::EAGAIN if tried.contains("fork") || tried.contains("start") => {
            "the limit of processes is reached: see `ulimit -u`, end some programs"
        }
        Errno::ECHILD => {
            "SIGCHLD is ignored here, so the kernel reaps children unasked: use a shell"
        }
        Errno::ENOMEM => "the kernel has no memory for this: end some programs",
        Errno::ENOSPC => {
            "the disk that holds the temporary directory is full: set TMPDIR elsewhere"
        }
        Errno::EROFS => "the temporary directory cannot be written: set TMPDIR to one that can",
        Errno::ENOENT => "the path named above is missing; lessons need /proc mounted",
        Errno::EPERM if tried.contains("pipe") => {
            "this user has many pipes already: see /proc/sys/fs/pipe-user-pages-soft, close some"
        }
        Errno::EPERM | Errno::EACCES => "this user or this container may not do that",
        _ => return None,
    })
}
