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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Instant;

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    use super::*;

    /// Only reached when a test fails.
    const DEADLINE: Duration = Duration::from_secs(20);

    /// Waits for the bell, and for nothing else, until this path was told of.
    #[track_caller]
    fn expect(events: &mut Events, path: &Path) {
        let end = Instant::now() + DEADLINE;
        loop {
            let bell = events.bell().expect("there are events");
            let timeout = PollTimeout::try_from(DEADLINE).expect("a short time");
            let _ = poll(&mut [PollFd::new(bell, PollFlags::POLLIN)], timeout);
            if events.take().iter().any(|told| told == path) {
                return;
            }
            assert!(Instant::now() < end, "never told of {}", path.display());
        }
    }

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let place = tempfile::tempdir().expect("make a directory");
        let folder = place.path().join("exercises");
        fs::create_dir_all(folder.join("ex/src")).expect("make folders");
        (place, folder)
    }

    #[test]
    fn every_way_to_save_is_told_of() {
        let (_place, folder) = folder();
        let main = folder.join("ex/src/main.rs");
        let (mut events, trouble) = Events::of(&folder, None);
        assert_eq!(trouble, None);
        fs::write(&main, "one").expect("write it");
        expect(&mut events, &main);
        fs::write(folder.join("ex/src/new"), "two").expect("write another");
        fs::rename(folder.join("ex/src/new"), &main).expect("put it there");
        expect(&mut events, &main);
        // Also after the file that was there is gone.
        fs::write(&main, "three").expect("write it");
        expect(&mut events, &main);
        fs::remove_file(&main).expect("remove it");
        expect(&mut events, &main);
    }

    #[test]
    fn a_folder_that_comes_is_told_of_with_what_is_saved_in_it_later() {
        let (place, folder) = folder();
        let (mut events, _) = Events::of(&folder, None);
        let (exercise, away) = (folder.join("ex"), place.path().join("away"));
        fs::rename(&exercise, &away).expect("take it away");
        expect(&mut events, &exercise);
        fs::rename(&away, &exercise).expect("put it back");
        expect(&mut events, &exercise);
        // notify looks into the folder after it has told of it: until then nobody listens there.
        let main = exercise.join("src/main.rs");
        let end = Instant::now() + DEADLINE;
        while !events.take().contains(&main) {
            assert!(Instant::now() < end, "never told of a save in it");
            fs::write(&main, "new").expect("write it");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn what_comes_to_have_the_folders_name_is_followed() {
        let (place, folder) = folder();
        let (mut events, _) = Events::of(&folder, None);
        fs::rename(&folder, place.path().join("old")).expect("take it away");
        // Nothing is there: nothing can be done yet.
        events.follow();
        fs::create_dir_all(folder.join("ex/src")).expect("make a new one");
        events.follow();
        let main = folder.join("ex/src/main.rs");
        fs::write(&main, "one").expect("write it");
        expect(&mut events, &main);
    }

    #[test]
    fn reading_is_no_event() {
        let (_place, folder) = folder();
        let (main, other) = (folder.join("ex/src/main.rs"), folder.join("ex/src/other.rs"));
        fs::write(&main, "one").expect("write it");
        let (mut events, _) = Events::of(&folder, None);
        fs::read(&main).expect("read it");
        fs::write(&other, "two").expect("write another");
        let end = Instant::now() + DEADLINE;
        let mut told = Vec::new();
        // Events come in their order: after the second one all of the first have come.
        while !told.contains(&other) {
            assert!(Instant::now() < end, "never told of the other");
            told.extend(events.take());
        }
        assert!(!told.contains(&main), "{told:?}");
    }
}
