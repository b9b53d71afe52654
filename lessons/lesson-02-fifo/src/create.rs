//! mkfifo(3) makes a name in a directory whose file type is `p`, for pipe. Nothing can be stored in
//! it: its size is 0.
//!
//! The mode decides who may open the FIFO. 0600 leaves it to its owner; the article's 0666 in /tmp
//! would let everybody on the machine read the messages, or send some.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};

use anyhow::Context;
use nix::errno::Errno;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use transcript::Transcript;

use crate::private_dir::PrivateDir;
use crate::show;

pub const CLAIM: &str = "a FIFO is a name in a directory, for a pipe";

pub fn run(out: &mut Transcript) -> anyhow::Result<()> {
    let place = PrivateDir::new()?;

    // ANCHOR: create
    // The FIFO gets its name here and exists until somebody unlinks it, whoever opens it or not.
    let owner_only = Mode::S_IRUSR | Mode::S_IWUSR;
    mkfifo(place.fifo(), owner_only).context("make the FIFO")?;

    // The article goes on when the name is taken, and so would read and delete whatever has it.
    let again = mkfifo(place.fifo(), owner_only);
    // ANCHOR_END: create

    // symlink_metadata looks at the name itself, where metadata would follow a link.
    let directory = fs::symlink_metadata(place.path()).context("look at the directory")?;
    let fifo = fs::symlink_metadata(place.fifo()).context("look at the FIFO")?;

    writeln!(out, "its directory  {}", show::like_ls(&directory))?;
    writeln!(out, "the FIFO       {}  size {}", show::like_ls(&fifo), fifo.len())?;
    writeln!(out, "mkfifo again   {}", show::answer(again.map(|()| 0)))?;

    anyhow::ensure!(directory.permissions().mode() & 0o777 == 0o700, "others may enter");
    anyhow::ensure!(fifo.file_type().is_fifo(), "mkfifo made {:?}", fifo.file_type());
    anyhow::ensure!(fifo.permissions().mode() & 0o777 == 0o600, "others may open the FIFO");
    anyhow::ensure!(fifo.len() == 0, "the FIFO has {} bytes", fifo.len());
    anyhow::ensure!(again == Err(Errno::EEXIST), "the second mkfifo returned {again:?}");
    Ok(())
}
