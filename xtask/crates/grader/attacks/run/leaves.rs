//! Does as it is asked, and leaves its folder so that whoever looks at it afterwards is disturbed.

use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::{env, fs, io, process};

fn main() {
    let mut input = Vec::new();
    let _ = io::stdin().read_to_end(&mut input);
    let _ = io::stdout().write_all(&input);
    let path = env::args().nth(1).unwrap_or_default();
    let _ = fs::remove_file(&path);
    match "@HOW@" {
        "leaves-a-fifo" => {
            let _ = process::Command::new("mkfifo").arg(&path).status();
        }
        "leaves-a-link" => {
            let _ = std::os::unix::fs::symlink("/dev/zero", &path);
        }
        "fills-its-folder" => fill(),
        _ => {
            let _ = fs::write(&path, &input);
            let none = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0);
            let _ = fs::set_permissions(".", none);
        }
    }
}

/// Takes what there is, in ever smaller pieces.
fn fill() {
    let mut bytes = 64 << 20;
    for number in 0..2000 {
        let Ok(file) = fs::File::create(number.to_string()) else { return };
        // SAFETY:
        // obligation: fallocate takes an open descriptor and numbers (fallocate(2)).
        // here: the file is open until the end of the block.
        // broken by: a file that is closed before.
        if unsafe { libc::fallocate(file.as_raw_fd(), 0, 0, bytes) } != 0 {
            bytes = (bytes / 2).max(4096);
        }
    }
}
