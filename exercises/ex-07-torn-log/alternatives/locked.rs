//! Right: a record is as long as it likes, and its writer holds a lock while it writes it.
//!
//! The lock is a record lock (fcntl(2)), which the kernel takes back from a process that ends. What
//! a killed writer has begun is ended by the newline that stands before each record.

#![allow(unsafe_code)]

use std::fs::File;
use std::io::{ErrorKind, Read, StdoutLock, Write};
use std::os::fd::OwnedFd;

use anyhow::{Context, bail, ensure};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, mkstemp, pipe2, unlink, write};

/// The least that a pipe can have: a page. No writer comes far without the reader.
const CAPACITY_BYTES: libc::c_int = 4096;
/// So many times the reader reads only when no writer can go on.
const SLOW_READS: usize = 8;
/// A record's name fits into this.
const NAME_BYTES: usize = 16;

/// Who writes what.
struct Job {
    writers: usize,
    /// Of each writer.
    records: usize,
    /// Of one record, its newline included: the first writer's, the second's, then again.
    lengths: Vec<usize>,
    /// Writers that are killed in the middle of their last record.
    killed: Vec<usize>,
}

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    log(&Job::parse(&words.iter().map(String::as_str).collect::<Vec<_>>())?)
}

impl Job {
    fn parse(words: &[&str]) -> anyhow::Result<Job> {
        let ([writers, records, lengths], killed) = match *words {
            [writers, records, lengths] => ([writers, records, lengths], Vec::new()),
            [writers, records, lengths, "kill", killed] => {
                ([writers, records, lengths], numbers(killed)?)
            }
            _ => bail!("usage: WRITERS RECORDS LENGTH,… [kill WRITER,…]"),
        };
        let writers = writers.parse().context("WRITERS is a number")?;
        let records = records.parse().context("RECORDS is a number")?;
        let lengths = numbers(lengths)?;
        ensure!((1..=64).contains(&writers), "there are 1 to 64 writers");
        ensure!(records <= 100_000, "a writer has at most 100000 records");
        ensure!(
            lengths.iter().all(|length| (2 * NAME_BYTES..=1 << 20).contains(length)),
            "a record has {} to {} bytes",
            2 * NAME_BYTES,
            1 << 20
        );
        ensure!(killed.iter().all(|&writer| writer < writers), "writers are counted from 0");
        Ok(Job { writers, records, lengths, killed })
    }

    /// Of each record of this writer.
    fn length(&self, writer: usize) -> usize {
        self.lengths[writer % self.lengths.len()]
    }

    /// A record is its name, `w0r0 `, again and again, cut to its length, and a newline.
    fn is_whole(&self, line: &[u8]) -> bool {
        let name = name_of(line);
        let Some(text) = line.strip_suffix(b"\n") else { return false };
        writer_of(name).is_some_and(|writer| line.len() == self.length(writer))
            && text.chunks(name.len()).all(|piece| name.starts_with(piece))
    }
}

/// `1,2,3`.
fn numbers(list: &str) -> anyhow::Result<Vec<usize>> {
    let number = |word: &str| word.parse().with_context(|| format!("understand {word}"));
    list.split(',').map(number).collect()
}

/// What a line begins with: `w0r0 ` if it is a record.
fn name_of(line: &[u8]) -> &[u8] {
    let word = line.split_inclusive(|&byte| byte == b' ').next().unwrap_or_default();
    &word[..word.len().min(NAME_BYTES)]
}

/// 0 of `w0r0 `.
fn writer_of(name: &[u8]) -> Option<usize> {
    let (writer, _) = std::str::from_utf8(name).ok()?.strip_prefix('w')?.split_once('r')?;
    writer.parse().ok()
}

fn log(job: &Job) -> anyhow::Result<()> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).context("create the pipe")?;
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(CAPACITY_BYTES)).context("set the pipe's capacity")?;

    // Something to lock: each process owns what it locks, although all have the same descriptor.
    let name = std::env::temp_dir().join("lock-XXXXXX");
    let (lock, name) = mkstemp(&name).context("create the lock")?;
    unlink(&name).context("remove the lock's name")?;

    // Before the forks: a child takes no memory of its own.
    let mut room = vec![0; 1 + job.lengths.iter().copied().max().unwrap_or_default()];
    let (mut writers, mut forked) = (Vec::with_capacity(job.writers), Ok(()));
    for number in 0..job.writers {
        // SAFETY:
        // obligation: between fork and _exit a child of a process with several threads may make
        //   only async-signal-safe calls (fork(2), signal-safety(7)).
        // here: the program has one thread, and the child only closes, formats on its stack,
        //   writes, and leaves.
        // broken by: a thread started before this line, or a print in the child.
        match unsafe { fork() }.context("fork a writer") {
            Ok(ForkResult::Child) => {
                drop(reader);
                write_records(job, number, (&writer, &lock), &mut room)
            }
            Ok(ForkResult::Parent { child }) => writers.push(child),
            Err(error) => {
                forked = Err(error);
                break;
            }
        }
    }

    // Only the children write.
    drop(writer);
    let mut tally = Tally { job, out: std::io::stdout().lock(), whole: 0, torn: 0 };
    // Whatever comes of the reading: the read end closes with it, and that ends every writer.
    let outcome = collect(reader, &writers, &mut tally);
    let ends: Vec<_> = writers.iter().map(|writer| waitpid(*writer, None)).collect();
    outcome.and(forked)?;
    tally.finish(&ends)
}

/// All records of a writer, then the end of this process.
fn write_records(
    job: &Job,
    writer: usize,
    (pipe, lock): (&OwnedFd, &OwnedFd),
    room: &mut [u8],
) -> ! {
    let mut well = true;
    for number in 0..job.records {
        let mut name = [0; NAME_BYTES];
        let mut rest = &mut name[..];
        well &= write!(rest, "w{writer}r{number} ").is_ok();
        let name_bytes = NAME_BYTES - rest.len();

        // The newline before it is no part of the record.
        let record = &mut room[..=job.length(writer)];
        for piece in record[1..].chunks_mut(name_bytes) {
            piece.copy_from_slice(&name[..piece.len()]);
        }
        record[0] = b'\n';
        record[job.length(writer)] = b'\n';
        let is_last = number + 1 == job.records;
        let is_killed = is_last && job.killed.contains(&writer);
        well = well
            && set_lock(lock, libc::F_WRLCK)
            && write_record(pipe, record, is_killed)
            && set_lock(lock, libc::F_UNLCK);
    }
    // SAFETY:
    // obligation: _exit never returns and runs no destructors (_exit(2)).
    // here: nothing is left to do, the kernel closes the pipe.
    // broken by: relying on a destructor or on a flushed buffer in the child.
    unsafe { libc::_exit(i32::from(!well)) }
}

/// Takes the lock, or gives it back.
fn set_lock(lock: &OwnedFd, kind: libc::c_int) -> bool {
    let whole = libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    loop {
        match fcntl(lock, FcntlArg::F_SETLKW(&whole)) {
            Err(Errno::EINTR) => {}
            answer => return answer.is_ok(),
        }
    }
}

/// One record; or about half of it, and then this process is killed.
fn write_record(pipe: &OwnedFd, record: &[u8], is_killed: bool) -> bool {
    if is_killed {
        return write_all(pipe, &record[..record.len() / 2]) && raise(Signal::SIGKILL).is_ok();
    }
    write_all(pipe, record)
}

/// A write may take only a part of what it is given.
fn write_all(pipe: &OwnedFd, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match write(pipe, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            Err(_) => return false,
        }
    }
    true
}

/// Reads the pipe to its end, line by line.
fn collect(reader: OwnedFd, writers: &[Pid], tally: &mut Tally<'_>) -> anyhow::Result<()> {
    let mut reader = File::from(reader);
    let mut buffer = [0; 65536];
    let mut line = Vec::new();
    for reads in 0.. {
        if reads < SLOW_READS {
            until_all_wait(writers)?;
        }
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error).context("read from the pipe"),
        };
        for piece in buffer[..count].split_inclusive(|&byte| byte == b'\n') {
            line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                // An empty line is the newline before a record.
                if line != b"\n" {
                    tally.take(&line)?;
                }
                line.clear();
            }
        }
    }
    if line.is_empty() { Ok(()) } else { tally.take(&line) }
}

/// Returns when no writer can go on before somebody reads: each sleeps, or has ended.
///
/// So the reader is slower than all writers together, and what else happens now and then happens
/// every time.
fn until_all_wait(writers: &[Pid]) -> anyhow::Result<()> {
    for writer in writers {
        // One letter behind the program's name: R runs, S sleeps, Z has ended (proc_pid_stat(5)).
        let path = format!("/proc/{writer}/stat");
        loop {
            let text = std::fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
            let state = text.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
            if matches!(state, Some('S' | 'Z')) {
                break;
            }
            std::thread::yield_now();
        }
    }
    Ok(())
}

/// What came out of the pipe.
struct Tally<'a> {
    job: &'a Job,
    out: StdoutLock<'a>,
    whole: usize,
    torn: usize,
}

impl Tally<'_> {
    fn take(&mut self, line: &[u8]) -> anyhow::Result<()> {
        if self.job.is_whole(line) {
            self.whole += 1;
            return self.out.write_all(line).context("print a record");
        }
        self.torn += 1;
        let name = name_of(line);
        let own = line.iter().zip(name.iter().cycle()).take_while(|(a, b)| a == b).count();
        let (bytes, name) = (line.len(), String::from_utf8_lossy(name.trim_ascii_end()));
        writeln!(std::io::stderr(), "torn: {bytes} bytes, the first {own} of {name}")
            .context("tell of a torn record")
    }

    /// How the writers ended, then the sums.
    fn finish(mut self, ends: &[nix::Result<WaitStatus>]) -> anyhow::Result<()> {
        for (writer, end) in ends.iter().enumerate() {
            match end {
                Ok(WaitStatus::Exited(_, 0)) => {}
                Ok(WaitStatus::Signaled(_, signal, _)) => {
                    writeln!(self.out, "writer {writer} was ended by {signal}")?;
                }
                end => bail!("writer {writer} ended with {end:?}"),
            }
        }
        writeln!(self.out, "{} records, {} torn", self.whole, self.torn)?;
        Ok(())
    }
}
