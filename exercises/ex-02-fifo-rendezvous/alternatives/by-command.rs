//! Right, built otherwise: the child is this program once more, started by Command, and the server
//! polls a descriptor that does not block.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail, ensure};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

const LONGEST_BYTES: usize = libc::PIPE_BUF;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["talk", dir] => talk(dir.as_ref()),
        ["answer", dir] => answer(dir.as_ref()),
        ["serve", dir] => serve(dir.as_ref()),
        ["send", dir, ref words @ ..] if !words.is_empty() => send(dir.as_ref(), &words.join(" ")),
        _ => bail!("usage: talk DIR, serve DIR, or send DIR WORD…"),
    }
}

struct Fifo(PathBuf);

impl Fifo {
    fn make(path: PathBuf) -> anyhow::Result<Fifo> {
        if let Err(error) = mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR) {
            ensure!(is_fifo(&path), "{}: {error}, and it is no FIFO", path.display());
        }
        Ok(Fifo(path))
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        if is_fifo(&self.0) {
            let _ = fs::remove_file(&self.0);
        }
    }
}

fn is_fifo(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_fifo())
}

/// The child, ended and waited for whatever happens.
struct Partner(Child);

impl Drop for Partner {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn talk(dir: &Path) -> anyhow::Result<()> {
    let questions = Fifo::make(dir.join("questions"))?;
    let answers = Fifo::make(dir.join("answers"))?;
    let this = std::env::current_exe().context("find this program")?;
    let mut command = Command::new(this);
    command.arg("answer").arg(dir).stdin(Stdio::null());
    let mut partner = Partner(command.spawn().context("start the child")?);

    let mut to_child = OpenOptions::new().write(true).open(&questions.0).context("open to ask")?;
    let mut from_child = BufReader::new(File::open(&answers.0).context("open to hear")?);
    let mut input = io::stdin().lock();
    loop {
        let mut line = Vec::new();
        input.by_ref().take(LONGEST_BYTES as u64).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            break;
        }
        if !line.ends_with(b"\n") {
            ensure!(line.len() < LONGEST_BYTES, "a line is too long");
            line.push(b'\n');
        }
        to_child.write_all(&line).context("ask the child")?;
        let mut answer = Vec::new();
        from_child.read_until(b'\n', &mut answer).context("hear the child")?;
        io::stdout().write_all(&answer)?;
    }
    drop(to_child);
    let status = partner.0.wait().context("wait for the child")?;
    let code = status.code().with_context(|| format!("the child ended by {status}"))?;
    writeln!(io::stdout(), "the child exited with {code}")?;
    Ok(())
}

fn answer(dir: &Path) -> anyhow::Result<()> {
    let mut questions = BufReader::new(File::open(dir.join("questions"))?);
    let mut answers = OpenOptions::new().write(true).open(dir.join("answers"))?;
    let mut line = Vec::new();
    while questions.read_until(b'\n', &mut line)? > 0 {
        line.make_ascii_uppercase();
        answers.write_all(&line)?;
        line.clear();
    }
    Ok(())
}

fn serve(dir: &Path) -> anyhow::Result<()> {
    let requests = Fifo::make(dir.join("requests"))?;
    // A reader that does not block opens at once, and then a writer does, too.
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK);
    let mut from_clients = options.open(&requests.0).context("open the requests")?;
    let dummy = OpenOptions::new().write(true).open(&requests.0);
    let _dummy = dummy.context("open the requests once more")?;

    let mut come = Vec::new();
    let mut served = 0;
    loop {
        let mut watched = [PollFd::new(from_clients.as_fd(), PollFlags::POLLIN)];
        poll(&mut watched, PollTimeout::NONE).context("wait for a request")?;
        let mut chunk = [0; 700];
        match from_clients.read(&mut chunk) {
            Ok(count) => come.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error).context("read a request"),
        }
        while let Some(end) = come.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = come.drain(..=end).collect();
            let request = String::from_utf8_lossy(&line[..end]);
            if request == "quit" {
                writeln!(io::stdout(), "requests served: {served}")?;
                return Ok(());
            }
            served += 1;
            writeln!(io::stdout(), "{served}: {request}").context("print a request")?;
        }
        ensure!(come.len() < 1 << 20, "a request without an end");
    }
}

fn send(dir: &Path, request: &str) -> anyhow::Result<()> {
    ensure!(!request.contains('\n'), "a request is one line");
    ensure!(request.len() < LONGEST_BYTES, "a request has at most {LONGEST_BYTES} bytes");
    let path = dir.join("requests");
    ensure!(is_fifo(&path), "{} is no FIFO", path.display());
    let mut to_server = OpenOptions::new().write(true).open(&path).context("open the requests")?;
    to_server.write_all(format!("{request}\n").as_bytes()).context("send the request")?;
    Ok(())
}
