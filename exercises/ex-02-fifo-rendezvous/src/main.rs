//! Exercise 2: two programs meet at a FIFO. The task is in README.md.
//!
//! `talk DIR` talks with a child through two FIFOs. `serve DIR` prints the requests that `send DIR
//! WORD…` puts into a third one, until one of them is `quit`.

#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, mkfifo, read, write};

/// The longest line and the longest request, with the newline. Up to so many bytes a write comes
/// whole or not at all, and never in the middle of another's (pipe(7)).
const LONGEST_BYTES: usize = libc::PIPE_BUF;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["talk", dir] => talk(dir.as_ref()),
        ["serve", dir] => serve(dir.as_ref()),
        ["send", dir, ref words @ ..] if !words.is_empty() => send(dir.as_ref(), words),
        _ => bail!("usage: talk DIR, serve DIR, or send DIR WORD…"),
    }
}

/// A FIFO that is removed when this value is dropped, also on the way out of an error.
struct Fifo {
    path: PathBuf,
    /// The path as `open` takes it, made before any fork.
    name: CString,
}

impl Fifo {
    /// Makes it, or takes the one that is there; nothing else of that name is touched.
    fn make(path: PathBuf) -> anyhow::Result<Fifo> {
        match mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR) {
            Ok(()) => {}
            Err(Errno::EEXIST) => ensure_fifo(&path)?,
            Err(error) => {
                return Err(error).with_context(|| format!("make the FIFO {}", path.display()));
            }
        }
        let name = name_of(&path)?;
        Ok(Fifo { path, name })
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        // The name may have changed hands meanwhile. There is nobody to tell that it stays.
        if ensure_fifo(&self.path).is_ok() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn ensure_fifo(path: &Path) -> anyhow::Result<()> {
    let found = fs::symlink_metadata(path)
        .with_context(|| format!("find the FIFO {} (is the server running?)", path.display()))?;
    let is_fifo = found.file_type().is_fifo();
    ensure!(is_fifo, "{} is not a FIFO and stays as it is", path.display());
    Ok(())
}

fn name_of(path: &Path) -> anyhow::Result<CString> {
    CString::new(path.as_os_str().to_owned().into_vec()).context("name the FIFO")
}

fn open_to_read(name: &CStr) -> nix::Result<OwnedFd> {
    open(name, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())
}

fn open_to_write(name: &CStr) -> nix::Result<OwnedFd> {
    open(name, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty())
}

/// Asks a child each line of standard input, and prints what it answers.
fn talk(dir: &Path) -> anyhow::Result<()> {
    let questions = Fifo::make(dir.join("questions"))?;
    let answers = Fifo::make(dir.join("answers"))?;

    // SAFETY:
    // obligation: between fork and _exit a child of a process with several threads may make only
    //   async-signal-safe calls (fork(2), signal-safety(7)).
    // here: the program has one thread, and the child only opens, reads, writes, closes, leaves.
    // broken by: a thread started before this line, or a print in the child.
    let child = match unsafe { fork() }.context("fork the child")? {
        ForkResult::Child => {
            let status = i32::from(answer(&questions.name, &answers.name).is_err());
            // SAFETY:
            // obligation: _exit never returns and runs no destructors (_exit(2)).
            // here: that is the point, Drop would remove the parent's FIFOs.
            // broken by: relying on a destructor or on a flushed buffer in the child.
            unsafe { libc::_exit(status) }
        }
        ForkResult::Parent { child } => child,
    };

    let asked = ask(&questions.name, &answers.name);
    if asked.is_err() {
        // Nobody would come to meet a child that is still in `open`.
        kill(child, Signal::SIGKILL).context("end the child")?;
    }
    let end = waitpid(child, None).context("wait for the child")?;
    asked?;
    let WaitStatus::Exited(_, code) = end else { bail!("the child is {end:?}") };
    writeln!(std::io::stdout(), "the child exited with {code}")?;
    Ok(())
}

/// The parent's side: a question, its answer, the next question.
fn ask(questions: &CStr, answers: &CStr) -> anyhow::Result<()> {
    let to_child = open_to_write(questions).context("open the questions")?;
    let from_child = open_to_read(answers).context("open the answers")?;
    let mut to_child = File::from(to_child);
    let mut from_child = BufReader::new(File::from(from_child));

    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    while read_line(&mut input, &mut line).context("read standard input")? {
        if !line.ends_with(b"\n") {
            line.push(b'\n');
        }
        ensure!(line.len() <= LONGEST_BYTES, "a line has more than {LONGEST_BYTES} bytes");
        to_child.write_all(&line).context("ask the child")?;

        let answered = read_line(&mut from_child, &mut line).context("hear the child")?;
        ensure!(answered && line.ends_with(b"\n"), "the child left without an answer");
        std::io::stdout().write_all(&line).context("print an answer")?;
    }
    // Here the last write end of the questions closes, and that ends the child.
    Ok(())
}

/// A line with its newline, or what there is before end-of-file, or one byte more than is allowed.
fn read_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let count = from.take(LONGEST_BYTES as u64 + 1).read_until(b'\n', line)?;
    Ok(count > 0)
}

/// The child's side: whatever comes goes back in capitals, until end-of-file.
fn answer(questions: &CStr, answers: &CStr) -> nix::Result<()> {
    let to_parent = open_to_write(answers)?;
    let from_parent = open_to_read(questions)?;
    let mut chunk = [0; 1024];
    loop {
        let count = match read(&from_parent, &mut chunk)? {
            0 => return Ok(()),
            count => count,
        };
        chunk[..count].make_ascii_uppercase();
        let mut rest = &chunk[..count];
        while !rest.is_empty() {
            rest = &rest[write(&to_parent, rest)?..];
        }
    }
}

/// Prints each request, whoever sends it, until one is `quit`.
fn serve(dir: &Path) -> anyhow::Result<()> {
    let requests = Fifo::make(dir.join("requests"))?;
    let from_clients = open_to_read(&requests.name).context("open the requests")?;

    let mut from_clients = BufReader::new(File::from(from_clients));
    let mut out = std::io::stdout();
    let mut served = 0;
    let mut request = Vec::new();
    // One read may bring half a request or several: the newline tells where each of them ends.
    while read_line(&mut from_clients, &mut request).context("read a request")? {
        let request = String::from_utf8_lossy(&request);
        let request = request.trim_end_matches('\n');
        if request == "quit" {
            break;
        }
        served += 1;
        writeln!(out, "{served}: {request}").context("print a request")?;
    }
    writeln!(out, "requests served: {served}")?;
    Ok(())
}

/// Hands one request to the server; without one, waits for it in `open`.
fn send(dir: &Path, words: &[&str]) -> anyhow::Result<()> {
    let request = words.join(" ") + "\n";
    let length = request.len();
    ensure!(request.find('\n') == Some(length - 1), "a request is one line");
    ensure!(
        length <= LONGEST_BYTES,
        "{length} bytes are more than the {LONGEST_BYTES} of a request"
    );

    let path = dir.join("requests");
    ensure_fifo(&path)?;
    let to_server = open_to_write(&name_of(&path)?).context("open the requests")?;
    // In one write, so that no other client's request gets into its middle.
    let count = write(&to_server, request.as_bytes()).context("send the request")?;
    ensure!(count == length, "only {count} bytes of the request were taken");
    Ok(())
}
