//! Programs that the doctor is measured on (`cargo xtask bench doctor`).
//!
//! `patient hang CHILDREN PIPES STAMP`: a parent with so many children, each process with so many
//! pipes of its own, hangs for good; the time just before its last call stands in the file STAMP.
//! `patient talk ROUNDS`: two processes send each other a line so many times, and end.
//!
//! Both start this program again for their children. Nothing orders them by sleeping: that a child
//! waits is read from /proc, and whoever ends the parent makes the children meet end-of-file.

use std::env;
use std::fs;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};

const LINE: &[u8; 64] = b"sixty-three bytes of a line, so small that only the calls count\n";

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["hang", children, pipes, stamp] => hang(number(children)?, number(pipes)?, stamp),
        ["hang-below", pipes] => hang_below(number(pipes)?),
        ["talk", rounds] => talk(number(rounds)?),
        ["echo"] => echo(),
        _ => bail!("patient hang CHILDREN PIPES STAMP | patient talk ROUNDS"),
    }
}

fn number(word: &str) -> anyhow::Result<usize> {
    word.parse().with_context(|| format!("{word} is not a number"))
}

/// Waits for what only this process itself could write, while all its children wait for it.
fn hang(children: usize, pipes: usize, stamp: &str) -> anyhow::Result<()> {
    let _kept = pipes_of(pipes)?;
    let (mut reader, writer) = io::pipe().context("create a pipe")?;
    let mut below = Vec::new();
    for _ in 0..children {
        let mut command = again(&["hang-below", &pipes.to_string()])?;
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        below.push(command.spawn().context("start a child")?);
    }
    for child in &below {
        until_it_reads(child)?;
    }
    // From here to the call that waits there are only the few microseconds of writing it down.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("ask for the time")?;
    fs::write(stamp, now.as_nanos().to_string()).context("write the time")?;
    let read = reader.read(&mut [0]).context("read from the pipe")?;
    drop(writer);
    bail!("the read returned {read}");
}

/// Ends as soon as its parent does, which has the only write end of its standard input.
fn hang_below(pipes: usize) -> anyhow::Result<()> {
    let _kept = pipes_of(pipes)?;
    ensure!(io::stdin().read(&mut [0]).context("read standard input")? == 0, "nobody writes");
    Ok(())
}

fn pipes_of(count: usize) -> anyhow::Result<Vec<(PipeReader, PipeWriter)>> {
    (0..count).map(|_| io::pipe()).collect::<io::Result<_>>().context("create a pipe")
}

fn again(words: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(env::current_exe().context("find this program's own file")?);
    command.args(words);
    Ok(command)
}

/// Until the child is blocked in `read(0)`: the call's number is 0 or 63, its argument 0x0.
fn until_it_reads(child: &Child) -> anyhow::Result<()> {
    let path = format!("/proc/{}/syscall", child.id());
    loop {
        let line = fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
        let mut fields = line.split_ascii_whitespace();
        if fields.next() == Some(READ) && fields.next() == Some("0x0") {
            return Ok(());
        }
        // A child that has ended would be waited for in vain.
        ensure!(!line.starts_with("-1") && !line.is_empty(), "a child has ended");
        thread::yield_now();
    }
}

/// The number of `read` (syscalls(2)).
#[cfg(target_arch = "x86_64")]
const READ: &str = "0";
#[cfg(not(target_arch = "x86_64"))]
const READ: &str = "63";

fn talk(rounds: usize) -> anyhow::Result<()> {
    let mut command = again(&["echo"])?;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start the other process")?;
    let mut to = child.stdin.take().context("a pipe to the other process")?;
    let mut from = child.stdout.take().context("a pipe from the other process")?;
    let mut line = [0; LINE.len()];
    for _ in 0..rounds {
        to.write_all(LINE).context("write a line")?;
        from.read_exact(&mut line).context("read the answer")?;
    }
    // The other process meets end-of-file, or `wait` would never return.
    drop(to);
    let status = child.wait().context("wait for the other process")?;
    ensure!(status.success(), "the other process ended with {status}");
    Ok(())
}

fn echo() -> anyhow::Result<()> {
    let (mut from, mut to) = (io::stdin().lock(), io::stdout().lock());
    let mut line = [0; LINE.len()];
    loop {
        match from.read_exact(&mut line) {
            // It ends with a newline, so that standard output's buffer keeps nothing back.
            Ok(()) => to.write_all(&line).context("answer")?,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error).context("read a line"),
        }
    }
}
