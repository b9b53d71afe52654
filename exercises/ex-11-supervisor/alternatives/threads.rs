//! Right, and built with threads and a channel: one waits for each child, one for the signals.

#![allow(unsafe_code)]

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::{SigSet, Signal, killpg};
use nix::unistd::Pid;

const USAGE: &str = "usage: [--check COMMAND] [--interval MS] [--deadline MS] [--grace MS] \
    [--restarts N] [--backoff MS] PROGRAM [ARGS…]";
/// The exit code when no restart is left.
const GAVE_UP: u8 = 3;

struct Options {
    /// For `sh -c`.
    check: Option<OsString>,
    interval: Duration,
    deadline: Duration,
    grace: Duration,
    restarts: u32,
    backoff: Duration,
    /// The program and its arguments.
    program: Vec<OsString>,
}

fn main() -> anyhow::Result<ExitCode> {
    match parse(std::env::args_os().skip(1)) {
        Ok(options) => supervise(&options),
        Err(error) => {
            writeln!(io::stderr(), "{error:#}\n{USAGE}")?;
            Ok(ExitCode::from(2))
        }
    }
}

fn parse(words: impl Iterator<Item = OsString>) -> anyhow::Result<Options> {
    let [wait, second] = [5000, 1000].map(Duration::from_millis);
    let (interval, deadline, grace, backoff) = (wait, wait, wait, second);
    let program = Vec::new();
    let mut options =
        Options { check: None, interval, deadline, grace, restarts: 3, backoff, program };
    let mut words = words.peekable();
    while let Some(name) = words.next_if(|word| word.as_encoded_bytes().starts_with(b"--")) {
        let value = words.next().with_context(|| format!("{} takes a value", name.display()))?;
        let number = || {
            let number = value.to_str().and_then(|value| value.parse::<u32>().ok());
            number.with_context(|| format!("{} takes a number", name.display()))
        };
        let millis = || number().map(|number| Duration::from_millis(number.into()));
        match name.to_str() {
            Some("--check") => options.check = Some(value),
            Some("--interval") => options.interval = millis()?,
            Some("--deadline") => options.deadline = millis()?,
            Some("--grace") => options.grace = millis()?,
            Some("--restarts") => options.restarts = number()?,
            Some("--backoff") => options.backoff = millis()?,
            _ => bail!("there is no option {}", name.display()),
        }
    }
    options.program.extend(words);
    if options.program.is_empty() {
        bail!("no program was named");
    }
    Ok(options)
}

/// What the threads tell.
enum News {
    Ended(u32, ExitStatus),
    Told(Signal),
}

/// All that was told so far.
struct Desk {
    news: Receiver<News>,
    tell: Sender<News>,
    ended: HashMap<u32, ExitStatus>,
    told_to_stop: bool,
}

impl Desk {
    fn open() -> anyhow::Result<Desk> {
        let (tell, news) = channel();
        let stops = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT]);
        // Before there is a second thread, so that all have it.
        stops.thread_block().context("block the signals")?;
        let teller = tell.clone();
        thread::spawn(move || {
            while let Ok(signal) = stops.wait() {
                if teller.send(News::Told(signal)).is_err() {
                    return;
                }
            }
        });
        Ok(Desk { news, tell, ended: HashMap::new(), told_to_stop: false })
    }

    /// Sleeps until there is news, or it is this late.
    fn wait(&mut self, until: Option<Instant>) -> anyhow::Result<()> {
        let news = match until {
            None => self.news.recv().context("hear of anything")?,
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                match self.news.recv_timeout(left) {
                    Err(RecvTimeoutError::Timeout) => return Ok(()),
                    news => news.context("hear of anything")?,
                }
            }
        };
        match news {
            News::Ended(id, status) => drop(self.ended.insert(id, status)),
            News::Told(signal) if !self.told_to_stop => {
                self.told_to_stop = true;
                log(&format!("told to stop: {signal}"))?;
            }
            News::Told(_) => {}
        }
        Ok(())
    }
}

/// A command in a process group of its own. A thread waits for it.
struct Group {
    id: u32,
}

impl Group {
    fn start(desk: &mut Desk, words: &[OsString], is_check: bool) -> io::Result<Group> {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::null()).process_group(0);
        if is_check {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        // SAFETY:
        // obligation: between fork and exec only async-signal-safe calls (signal-safety(7)).
        // here: pthread_sigmask is one.
        // broken by: allocating, locking or printing in the closure.
        unsafe { command.pre_exec(|| Ok(SigSet::empty().thread_set_mask()?)) };
        let mut child = command.spawn()?;
        let (id, tell) = (child.id(), desk.tell.clone());
        // The number may have been another's before.
        desk.ended.remove(&id);
        thread::spawn(move || {
            if let Ok(status) = child.wait() {
                let _ = tell.send(News::Ended(id, status));
            }
        });
        Ok(Group { id })
    }

    /// Whether anybody in the group got it.
    fn signal(&self, signal: Option<Signal>) -> bool {
        i32::try_from(self.id).is_ok_and(|id| killpg(Pid::from_raw(id), signal).is_ok())
    }

    fn stop(&self, desk: &mut Desk, grace: Duration) -> anyhow::Result<Signal> {
        let end = Instant::now() + grace;
        self.signal(Some(Signal::SIGTERM));
        while self.signal(None) {
            if Instant::now() >= end {
                self.kill(desk)?;
                return Ok(Signal::SIGKILL);
            }
            // Nobody tells of the others: look now and then.
            let has_ended = desk.ended.contains_key(&self.id);
            let look = Instant::now() + Duration::from_millis(5);
            desk.wait(Some(if has_ended { end.min(look) } else { end }))?;
        }
        self.await_end(desk)?;
        Ok(Signal::SIGTERM)
    }

    fn kill(&self, desk: &mut Desk) -> anyhow::Result<()> {
        self.signal(Some(Signal::SIGKILL));
        self.await_end(desk)
    }

    fn await_end(&self, desk: &mut Desk) -> anyhow::Result<()> {
        while !desk.ended.contains_key(&self.id) {
            desk.wait(None)?;
        }
        Ok(())
    }
}

fn supervise(options: &Options) -> anyhow::Result<ExitCode> {
    let mut desk = Desk::open()?;
    for restart in 1.. {
        match Group::start(&mut desk, &options.program, false) {
            Ok(program) => run(options, &mut desk, &program)?,
            Err(error) => {
                writeln!(io::stderr(), "{}: {error}", options.program[0].display())?;
                log("not started")?;
            }
        }
        if !desk.told_to_stop && restart > options.restarts {
            log("gave up: no restart left")?;
            return Ok(ExitCode::from(GAVE_UP));
        }
        let pause = options.backoff.saturating_mul(2_u32.saturating_pow(restart - 1));
        if !desk.told_to_stop {
            log(&format!("restart {restart} of {} in {} ms", options.restarts, pause.as_millis()))?;
        }
        let end = Instant::now() + pause;
        while !desk.told_to_stop && Instant::now() < end {
            desk.wait(Some(end))?;
        }
        if desk.told_to_stop {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn run(options: &Options, desk: &mut Desk, program: &Group) -> anyhow::Result<()> {
    let mut check = None;
    let watched = log("started").and_then(|()| watch(options, desk, program, &mut check));
    let ended = check.map_or(Ok(()), |check| check.kill(desk));
    let by = program.stop(desk, options.grace)?;
    ended?;
    if watched? { log(&format!("stopped by {by}")) } else { Ok(()) }
}

/// Whether the program has to be stopped: it has not ended by itself.
fn watch(
    options: &Options,
    desk: &mut Desk,
    program: &Group,
    check: &mut Option<Group>,
) -> anyhow::Result<bool> {
    let mut begun = Instant::now();
    loop {
        if let Some(&status) = desk.ended.get(&program.id) {
            log(&format!("ended: {}", words(status)))?;
            return Ok(false);
        }
        if desk.told_to_stop {
            return Ok(true);
        }
        let due = begun + if check.is_some() { options.deadline } else { options.interval };
        let is_due = Instant::now() >= due;
        let failed = match check {
            Some(running) => match desk.ended.get(&running.id) {
                Some(status) if status.success() => {
                    running.kill(desk)?;
                    *check = None;
                    continue;
                }
                Some(&status) => Some(words(status)),
                None => is_due.then(|| "no answer".to_owned()),
            },
            None => None,
        };
        if let Some(why) = failed {
            log(&format!("check failed: {why}"))?;
            return Ok(true);
        }
        match &options.check {
            Some(line) if check.is_none() && is_due => {
                let words = ["sh".into(), "-c".into(), line.clone()];
                begun = Instant::now();
                *check = Some(Group::start(desk, &words, true).context("start the check")?);
            }
            Some(_) => desk.wait(Some(due))?,
            None => desk.wait(None)?,
        }
    }
}

fn words(status: ExitStatus) -> String {
    match status.signal() {
        Some(number) => {
            Signal::try_from(number).map_or_else(|_| format!("signal {number}"), |s| s.to_string())
        }
        None => format!("exit {}", status.code().unwrap_or_default()),
    }
}

fn log(line: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("write the log")
}
