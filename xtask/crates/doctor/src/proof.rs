//! When a scene is true of all threads at once, and when it proves a deadlock.
//!
//! # Why two looks
//!
//! A look reads one thread after the other, so on a tree that moves it puts together what never was
//! at one time: on healthy programs, single looks said "deadlock" 44 times in 7,457. Here the
//! counts of context switches are read before a look and after it. A thread that waited at both,
//! with the same count, did not run in between (that it had left its processor is what its call in
//! /proc tells: it is shown only of a thread that is off). So if no count differs, and nobody came
//! or went, all of the scene was true at one moment, and no thread of the tree has done anything
//! since. A second look, after a pause, has to find the same again; it covers what others may have
//! done: whoever outside held an end at the first look, or gave one away.
//!
//! # Why that is a proof
//!
//! Nobody in the tree runs, and whatever could let one of them go on is an act of another of them
//! ([`fixpoint`](crate::fixpoint)). Everything that is not known to be such an act counts as
//! something that may happen: time, timers, signals, sockets, terminals, holders outside, what
//! cannot be looked into.
//!
//! # What it does not see
//!
//! An alarm(2) that nobody handles: it ends its process, and others may go on after that. Ctrl-C
//! for a shell or Python, which handle it as a habit. What somebody outside takes for himself
//! through /proc/PID/fd or pidfd_getfd(2), or has received over a socket where he is another user,
//! whose processes only root can look into. Another pipe that stands now under the number on which
//! a thread of a program with several waits. Whoever kills a process ends any deadlock.

use std::io;
use std::time::Duration;

use nix::unistd::Pid;

use crate::diagnosis::{Diagnosis, Occasion};
use crate::fill::{self, Refused};
use crate::fixpoint::Graph;
use crate::look::{Whose, look};
use crate::scene::Scene;
use crate::tasks::{Task, tasks};
use crate::tree;

/// Between the two looks.
pub const PAUSE: Duration = Duration::from_millis(10);

/// A tree at one moment at which it stood still.
#[derive(Clone, Debug)]
pub struct Still {
    /// With the counts that the proof rests on.
    pub tasks: Vec<Task>,
    pub scene: Scene,
}

impl Still {
    /// Looks at the tree in which these threads were found. `None` where one of them has run since,
    /// or while it looked.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn look(
        before: Vec<Task>,
        whose: Whose,
        again: impl FnOnce() -> io::Result<Vec<Task>>,
    ) -> io::Result<Option<Still>> {
        let scene = look(&before, whose);
        Ok((again()? == before).then_some(Still { tasks: before, scene }))
    }

    /// Nobody in it can go on, as far as one look can tell.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        Graph::new(&self.scene).all_stuck()
    }

    /// The same, and nothing speaks against calling it a deadlock once a second look agrees.
    #[must_use]
    pub fn is_beyond_doubt(&self) -> bool {
        self.is_stuck() && self.scene.all_doubts().is_empty()
    }

    /// It was asked how full the pipes are.
    #[must_use]
    pub fn knows_how_full(&self) -> bool {
        self.scene.pipes.iter().any(|pipe| pipe.bytes.is_some())
    }

    /// Why it is not asked how full the pipes are of a tree that goes on.
    #[must_use]
    pub fn not_asked(&self) -> Refused {
        fill::not_asked(&self.scene)
    }

    /// Whether this look and a later one prove a deadlock. Only where they agree that it is one, it
    /// is asked how full the pipes of the later are: a copy of a waiting thread's own descriptor
    /// is, and in a tree that moves somebody may be about to wait for just that end to be closed.
    #[must_use]
    pub fn is_proved_by(&self, later: &mut Still) -> (bool, Refused) {
        let agree = self.tasks == later.tasks && self.scene == later.scene;
        if !agree || !self.is_beyond_doubt() {
            return (false, later.not_asked());
        }
        let refused = fill::fill(&mut later.scene);
        // Somebody may wait although his call could go on.
        (later.is_beyond_doubt(), refused)
    }
}

/// What can be said of a tree whose run is over, proved or not.
#[must_use]
pub fn examine(
    before: &[Task],
    whose: Whose,
    occasion: Occasion,
    again: impl FnOnce() -> io::Result<Vec<Task>>,
) -> Diagnosis {
    let mut scene = look(before, whose);
    let rests = before.iter().all(|task| task.may_rest() || task.has_ended());
    let stands_still = rests && again().is_ok_and(|after| after == before);
    let refused = match occasion {
        // Whoever asked for a look did not ask for its end.
        Occasion::Look(_) => fill::not_asked(&scene),
        _ if stands_still => fill::fill(&mut scene),
        _ => None,
    };
    Diagnosis::of(&scene, occasion, refused)
}

/// The threads of a process and of all below it.
///
/// # Errors
/// When there is no such process.
pub fn tasks_from(top: Pid) -> io::Result<Vec<Task>> {
    Ok(tasks(tree::whole(top)?).collect())
}
