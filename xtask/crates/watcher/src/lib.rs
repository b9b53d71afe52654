//! `watch`: checks an exercise again whenever its program is saved.
//!
//! One thread waits for everything at once: keys, signals, events of the file system, what the
//! check prints, the clock. Nothing it does takes long, so it answers while a check runs, however
//! that hangs or floods. What it starts is ended with it, and the terminal is given back, after
//! every end.
//!
//! The program of the package is built when it is first used: the verb `watch` starts it.

#![expect(unsafe_code, reason = "sigaction, and the size of a terminal, have no safe call in nix")]

mod app;
mod check;
mod events;
mod keys;
mod lines;
mod look;
mod screen;
mod signals;
pub mod terminal;
mod text;
mod view;

use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use course::progress::{self, Progress};
use course::{Course, State};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use app::App;
use check::{Checker, Kind};
use events::Events;
use keys::Keys;
use lines::Lines;
use screen::Screen;
pub use signals::end_by;
use signals::{Signal, Signals};
use terminal::Terminal;

/// What to watch, and by what means.
pub struct Asked {
    /// The exercise; the first that is not done where none is named.
    pub id: Option<String>,
    /// The program that checks.
    pub checker: PathBuf,
    /// Look so often, whatever events there are.
    pub poll: Option<Duration>,
    /// Tell how long the tests took.
    pub times: bool,
}

/// Why it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was asked to, or nobody reads what it prints any more.
    Quit,
    /// By this signal, which the process should end by as well.
    Signal(i32),
}

/// How long the bytes of one key may be apart.
const KEY_TIME: Duration = Duration::from_millis(50);
/// While a check runs its time is shown.
const WHILE_CHECKING: Duration = Duration::from_millis(500);

/// Watches until it is told to end.
///
/// # Errors
/// When the course, the ID or the terminal is wrong.
pub fn watch(asked: Asked) -> anyhow::Result<End> {
    let mut watch = Watch::begin(asked)?;
    let end = loop {
        if let Some(end) = watch.turn()? {
            break end;
        }
    };
    let leave = watch.last_words();
    drop(watch);
    if let Some(words) = leave {
        let _ = io::Write::write_fmt(&mut io::stdout(), format_args!("{words}\n"));
    }
    Ok(end)
}

/// The exercise with this name, or the first that is not done.
fn begin_at(course: &Course, id: Option<&str>) -> anyhow::Result<usize> {
    let progress = Progress::read(&course.root);
    let exercises: Vec<_> = course.exercises().collect();
    if exercises.is_empty() {
        bail!("this course has no exercises: nothing can be watched");
    }
    let found = match id {
        Some(id) => {
            let wanted = course.exercise(id)?;
            exercises.iter().position(|entry| entry.id == wanted.id)
        }
        None => exercises
            .iter()
            .position(|entry| progress::state(&course.root, entry, &progress) != State::Done),
    };
    Ok(found.unwrap_or(0))
}

/// What it is shown by.
enum Front {
    Screen(Box<Screen>),
    Lines(Lines),
}

/// What watches. When it goes, also by a panic, the check ends and the terminal is given back.
pub struct Watch {
    // Dropped in this order: the check is ended before the terminal is given back.
    app: App,
    front: Front,
    signals: Signals,
    events: Events,
    keys: Keys,
    /// When the last byte came of a key that may not be complete.
    typed: Option<Instant>,
    /// When it last looked because it was time to.
    looked: Instant,
}

/// What has something to read.
#[derive(Default)]
struct Ready {
    keys: bool,
    /// Nobody can type, or nobody reads, any more.
    gone: bool,
    bell: bool,
}

impl Watch {
    /// Takes the terminal, where there is one, and begins the first check.
    ///
    /// # Errors
    /// When the course, the ID or the terminal is wrong.
    pub fn begin(asked: Asked) -> anyhow::Result<Watch> {
        let course = Course::here()?;
        let at = begin_at(&course, asked.id.as_deref())?;
        let colours = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
        let xtask = launcher::xtask_path()?;
        let (root, program, times) = (course.root.clone(), asked.checker, asked.times);
        let checker = Checker { root, program, xtask, colours, times };
        // Before the terminal is taken: from here on nothing ends this process unseen.
        let signals = Signals::catch()?;
        let front = if Terminal::is_there() {
            Front::Screen(Box::new(Screen::take()?))
        } else {
            Front::Lines(Lines::default())
        };
        let (events, why) = Events::of(&course.root.join("exercises"), asked.poll);
        let mut app = App::new(course, at, checker);
        if let (Front::Lines(_), Some(why)) = (&front, &why) {
            // Standard error may be closed.
            let _ = io::Write::write_fmt(&mut io::stderr(), format_args!("watch: {why}\n"));
        }
        app.again();
        app.note = why;
        let (keys, looked) = (Keys::default(), Instant::now());
        Ok(Watch { app, front, signals, events, keys, typed: None, looked })
    }

    /// Shows how things stand, waits until something has come and does what that asks for; how it
    /// ends, where it does.
    ///
    /// # Errors
    /// When the terminal can no longer be used.
    pub fn turn(&mut self) -> anyhow::Result<Option<End>> {
        if let Some(end) = self.show()? {
            return Ok(Some(end));
        }
        let ready = self.wait()?;
        if let Some(end) = self.obey()? {
            return Ok(Some(end));
        }
        if ready.gone {
            return Ok(Some(match self.front {
                Front::Screen(_) => End::Signal(signal_hook::consts::SIGHUP),
                Front::Lines(_) => End::Quit,
            }));
        }
        if !self.type_keys(ready.keys)? {
            return Ok(Some(End::Quit));
        }
        if ready.bell {
            let paths = self.events.take();
            self.app.heard(&paths);
        }
        self.app.turn();
        let now = Instant::now();
        let is_time = now >= self.looked + self.events.every();
        if is_time {
            self.events.follow();
        }
        if is_time || self.app.due().is_some_and(|due| now >= due) {
            self.app.look_now();
            self.looked = now;
        }
        Ok(None)
    }

    /// Shows how things stand; ends where nobody reads it.
    fn show(&mut self) -> anyhow::Result<Option<End>> {
        match &mut self.front {
            Front::Screen(screen) => screen.draw(&mut self.app)?,
            Front::Lines(lines) => match lines.tell(&self.app) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    return Ok(Some(End::Quit));
                }
                told => told.context("print")?,
            },
        }
        Ok(None)
    }

    /// Until something has come, or it is time to look.
    fn wait(&self) -> anyhow::Result<Ready> {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        let mut polled = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        // Of a terminal the keys; of anything else only whether its reader is still there.
        polled.push(match self.front {
            Front::Screen(_) => PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
            Front::Lines(_) => PollFd::new(stdout.as_fd(), PollFlags::empty()),
        });
        polled.extend(self.events.bell().map(|bell| PollFd::new(bell, PollFlags::POLLIN)));
        let has_bell = polled.len() > 2;
        let outputs = self.app.check.iter().flat_map(|check| check.outputs());
        polled.extend(outputs.map(|fd| PollFd::new(fd, PollFlags::POLLIN)));

        match poll(&mut polled, self.timeout()) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(Ready::default()),
            Err(error) => return Err(error).context("wait for keys and saves"),
        }
        let has = |index: usize, flags| {
            polled[index].revents().is_some_and(|found: PollFlags| found.intersects(flags))
        };
        let lost = PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
        let is_gone = match self.front {
            // What was typed before is read first.
            Front::Screen(_) => has(1, lost) && !has(1, PollFlags::POLLIN),
            Front::Lines(_) => has(1, PollFlags::POLLERR | PollFlags::POLLNVAL),
        };
        Ok(Ready {
            keys: has(1, PollFlags::POLLIN),
            gone: is_gone,
            bell: has_bell && has(2, PollFlags::POLLIN),
        })
    }

    fn timeout(&self) -> PollTimeout {
        let now = Instant::now();
        let times = [
            Some(self.looked + self.events.every()),
            self.app.due(),
            self.typed.map(|typed| typed + KEY_TIME),
            self.app.check.is_some().then(|| now + WHILE_CHECKING),
        ];
        let next = times.into_iter().flatten().min().unwrap_or(now);
        // Rounded up, so that it is time when poll returns.
        let millis = next.saturating_duration_since(now).as_micros().div_ceil(1000);
        PollTimeout::try_from(i32::try_from(millis).unwrap_or(i32::MAX)).unwrap_or(PollTimeout::MAX)
    }

    /// Does what the signals ask for that have come.
    fn obey(&mut self) -> anyhow::Result<Option<End>> {
        for signal in self.signals.take() {
            match (signal, &mut self.front) {
                (Signal::End(number), _) => return Ok(Some(End::Signal(number))),
                (Signal::Stop, _) => self.stop()?,
                (Signal::Continue, Front::Screen(screen)) => {
                    // Whoever stopped this process, the shell has had the terminal meanwhile.
                    screen.terminal.resume()?;
                    screen.forget();
                }
                (Signal::Resize, Front::Screen(screen)) => screen.forget(),
                // What has ended is seen to in any case.
                (Signal::Child | Signal::Continue | Signal::Resize, _) => {}
            }
        }
        Ok(None)
    }

    /// Ctrl-Z: nothing of this runs while it is stopped.
    fn stop(&mut self) -> anyhow::Result<()> {
        self.app.pause();
        if let Front::Screen(screen) = &self.front {
            screen.terminal.suspend();
        }
        signals::stop();
        if let Front::Screen(screen) = &mut self.front {
            screen.terminal.resume()?;
            screen.forget();
        }
        if self.app.verdict.is_none() {
            self.app.again();
        }
        Ok(())
    }

    /// Does what the keys mean that were typed; false where one means to quit.
    fn type_keys(&mut self, are_there: bool) -> anyhow::Result<bool> {
        let Front::Screen(screen) = &mut self.front else { return Ok(true) };
        let mut keys = Vec::new();
        if are_there {
            let mut buffer = [0; 256];
            // poll has said that it does not block, and nobody else reads here.
            match nix::unistd::read(io::stdin(), &mut buffer) {
                // A terminal that was hung up.
                Ok(0) | Err(Errno::EIO) => return Ok(false),
                Ok(count) => keys = self.keys.take(&buffer[..count]),
                Err(Errno::EINTR | Errno::EAGAIN) => {}
                Err(error) => return Err(error).context("read a key"),
            }
            self.typed = self.keys.is_waiting().then(Instant::now);
        } else if self.typed.is_some_and(|typed| typed.elapsed() >= KEY_TIME) {
            self.typed = None;
            keys = self.keys.no_more();
        }
        Ok(keys.into_iter().all(|key| self.app.press(key, screen.page)))
    }

    /// What stays on the terminal: how it stood, and how to go on.
    fn last_words(&self) -> Option<String> {
        let Front::Screen(_) = self.front else { return None };
        let (id, go_on) = (&self.app.exercise().id, "go on: cargo xtask watch");
        let does_not_pass = format!("{id} does not pass yet; {go_on} {id}");
        Some(match self.app.verdict.as_ref().map(|verdict| &verdict.kind) {
            Some(Kind::Passed) => format!("{id} passes; {go_on}"),
            Some(Kind::Failed) => does_not_pass,
            None if self.app.early.is_some() => does_not_pass,
            Some(Kind::Broken(_)) | None => format!("{id} was not checked; {go_on} {id}"),
        })
    }
}
