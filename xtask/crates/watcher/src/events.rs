//! When to look: what the kernel tells of the exercises' folder, and the clock.
//!
//! The whole folder is watched, not the files in it: most editors save by putting a new file in the
//! place of the old one, and a checkout does so with folders. The clock is there in any case: for
//! what no event tells, and, where there are no events at all, for everything.

use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use anyhow::Context;
use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

/// How often to look where events tell of almost everything.
const BESIDE_EVENTS: Duration = Duration::from_secs(1);
/// How often where there are none and no other time is asked for.
const WITHOUT_EVENTS: Duration = Duration::from_millis(200);

pub struct Events {
    folder: PathBuf,
    told: Option<Told>,
    every: Duration,
}

/// What notify's thread tells.
struct Told {
    /// Its thread ends with it.
    _watcher: RecommendedWatcher,
    paths: Receiver<PathBuf>,
    /// A byte for each path, to wait for.
    bell: UnixStream,
    /// Which folder is watched: another may come to have its name.
    identity: Option<(u64, u64)>,
}

impl Events {
    /// Of all below `folder`; with the clock alone where `poll` says how often. Where events cannot
    /// be had, why.
    pub fn of(folder: &Path, poll: Option<Duration>) -> (Events, Option<String>) {
        let clock = |every| Events { folder: folder.to_owned(), told: None, every };
        if let Some(every) = poll {
            return (clock(every), None);
        }
        match Told::of(folder) {
            Ok(told) => (Events { told: Some(told), ..clock(BESIDE_EVENTS) }, None),
            Err(error) => {
                let every = WITHOUT_EVENTS.as_millis();
                let why = format!("no file events ({error:#}): looking every {every} ms instead");
                (clock(WITHOUT_EVENTS), Some(why))
            }
        }
    }

    /// How long to wait for an event before a look without one.
    pub fn every(&self) -> Duration {
        self.every
    }

    /// What to wait for, where there is something.
    pub fn bell(&self) -> Option<BorrowedFd<'_>> {
        self.told.as_ref().map(|told| told.bell.as_fd())
    }

    /// The paths that something has happened to.
    pub fn take(&mut self) -> Vec<PathBuf> {
        let Some(told) = &mut self.told else { return Vec::new() };
        // Before the paths: one that comes meanwhile rings again. It does not block.
        while matches!(told.bell.read(&mut [0; 256]), Ok(1..)) {}
        told.paths.try_iter().collect()
    }

    /// Watches the folder that has its name now, where that is another than before.
    pub fn follow(&mut self) {
        let is_other = |told: &Told| told.identity != identity(&self.folder);
        if self.told.as_ref().is_some_and(is_other) {
            // Until it is there again the clock does.
            if let Ok(told) = Told::of(&self.folder) {
                self.told = Some(told);
            }
        }
    }
}

impl Told {
    fn of(folder: &Path) -> anyhow::Result<Told> {
        let context = "make a bell";
        let (bell, ring) = UnixStream::pair().context(context)?;
        for end in [&bell, &ring] {
            end.set_nonblocking(true).context(context)?;
        }
        let (tell, paths) = mpsc::channel();
        let handler = move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            if is_change(event.kind) {
                // Where nobody listens any more, or the bell has rung often enough, all is well.
                event.paths.into_iter().for_each(|path| drop(tell.send(path)));
                let _ = (&ring).write(&[0]);
            }
        };
        let identity = identity(folder);
        let mut watcher = notify::recommended_watcher(handler).map_err(said)?;
        watcher.watch(folder, RecursiveMode::Recursive).map_err(said)?;
        Ok(Told { _watcher: watcher, paths, bell, identity })
    }
}

/// notify's own words are of its calls, not of what a user could do.
fn said(error: notify::Error) -> anyhow::Error {
    match error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            anyhow::anyhow!("fs.inotify.max_user_watches is reached")
        }
        notify::ErrorKind::Io(error) if error.raw_os_error() == Some(libc::EMFILE) => {
            anyhow::anyhow!("fs.inotify.max_user_instances is reached")
        }
        notify::ErrorKind::Io(error) => error.into(),
        kind => anyhow::Error::new(notify::Error::new(kind)),
    }
}

/// That a file was read is none; nor is one that only gets other rights or another owner.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => false,
        _ => true,
    }
}

fn identity(folder: &Path) -> Option<(u64, u64)> {
    folder.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}
