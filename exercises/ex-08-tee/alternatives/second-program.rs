//! Right, and built without fork in sight: the program starts itself once more, under another name,
//! with a pipe as its standard input.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::Context;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::getpid;

/// Under this name the program only writes the file.
const WRITER: &str = "tee-writer";

fn main() -> anyhow::Result<ExitCode> {
    let words: Vec<OsString> = std::env::args_os().collect();
    match &words[..] {
        [name, file] if name == WRITER => Ok(ExitCode::from(write_file(file))),
        [_, file] => tee(file),
        _ => {
            writeln!(io::stderr(), "usage: FILE, which gets a copy of standard input")?;
            Ok(ExitCode::from(2))
        }
    }
}

/// All of standard input into the file; the number of the error that ended it, or 0.
fn write_file(file: &OsStr) -> u8 {
    let copied = File::create(file).and_then(|mut file| io::copy(&mut io::stdin(), &mut file));
    let number = copied.err().map_or(0, |error| error.raw_os_error().unwrap_or(libc::EIO));
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn tee(file: &OsStr) -> anyhow::Result<ExitCode> {
    let own = std::env::current_exe().context("find this program's file")?;
    let mut command = Command::new(own);
    command.arg0(WRITER).arg(file).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().context("start the writer")?;

    let mut pipe = child.stdin.take();
    let (mut stdin, mut stdout) = (io::stdin(), Some(io::stdout().lock()));
    let mut buffer = vec![0; 4096];
    let (mut is_good, mut is_read) = (true, true);
    while pipe.is_some() || stdout.is_some() {
        let count = match stdin.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                writeln!(io::stderr(), "read error: {error}")?;
                is_good = false;
                break;
            }
        };
        if let Some(out) = &mut stdout {
            match out.write_all(&buffer[..count]).and_then(|()| out.flush()) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    is_read = false;
                    break;
                }
                Err(error) => {
                    writeln!(io::stderr(), "standard output: {error}")?;
                    is_good = false;
                    stdout = None;
                }
                Ok(()) => {}
            }
        }
        let refuses =
            |pipe: &mut std::process::ChildStdin| pipe.write_all(&buffer[..count]).is_err();
        pipe.take_if(refuses);
    }
    drop(pipe);
    is_good &= is_complete(&mut child, file)?;
    if !is_read {
        end_by_sigpipe()?;
    }
    Ok(ExitCode::from(u8::from(!is_good)))
}

fn is_complete(child: &mut Child, file: &OsStr) -> anyhow::Result<bool> {
    let status = child.wait().context("wait for the writer")?;
    let words = match status.code() {
        Some(0) => return Ok(true),
        Some(number) => Errno::from_raw(number).desc().to_owned(),
        None => status.to_string(),
    };
    writeln!(io::stderr(), "{}: {words}", file.display())?;
    Ok(false)
}

#[allow(unsafe_code)]
fn end_by_sigpipe() -> anyhow::Result<()> {
    // SAFETY:
    // obligation: a new handler must be sound to call at any moment (signal-safety(7)).
    // here: SIG_DFL installs no handler.
    // broken by: a handler function in place of SIG_DFL.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    kill(getpid(), Signal::SIGPIPE).context("end by SIGPIPE")
}
