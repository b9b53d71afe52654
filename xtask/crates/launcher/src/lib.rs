//! The launcher: the one piece of code that starts programs.
//!
//! # Why it is a process and not a function of the test harness
//!
//! Whoever wants to end a program *and everything it started* has to find what double-forked and
//! called `setsid`. A process group does not hold those. A *subreaper* does
//! (`PR_SET_CHILD_SUBREAPER`, prctl(2)): every orphan below it becomes its child, so "no children
//! left" means "nothing left". But a subreaper owns its whole process: it reaps whatever ends. In a
//! test harness that would steal other tests' children. So [`supervise`] is called in a process
//! that does nothing else: the hidden verb of the runner ([`main`]), or `cargo xtask run` itself.
//!
//! # Two modes
//!
//! *Captured*: the program gets a session and a process group of its own and pipes for 0, 1 and 2.
//! The launcher passes bytes on with a cap, so it can be put before any program and whoever started
//! it sees the program's bytes. *Attached*: the program inherits 0, 1 and 2 and stays in the
//! caller's process group, so the terminal's Ctrl-C, Ctrl-Z and `| less` reach it as they reach any
//! program.
//!
//! # What ends a run
//!
//! The program itself, a limit, a signal to the launcher, or a deadlock that the doctor has proved.
//! One limit is on standing still ([`Limits::quiet`]). The report says what the doctor has seen
//! ([`Report::diagnosis`]). After a limit, a deadlock or a signal every process of the tree gets
//! SIGTERM, and after a grace, which Ctrl-C ends, SIGKILL. What outlives the program gets SIGKILL
//! at once. The launcher returns when `wait4` says that no child is left.
//!
//! # The trade-off
//!
//! CPU, memory and the number of processes are summed over the tree by looking at /proc every few
//! milliseconds, because `RLIMIT_NPROC` counts all processes of a user (and none of root's) and the
//! other limits count one process at a time. A burst that is shorter than two looks is seen only in
//! the totals when it ends.

#![expect(
    unsafe_code,
    reason = "pre_exec, wait4, close_range, a policy and a clock have no safe form"
)]

mod asleep;
mod batch;
mod cli;
mod client;
mod json;
mod limits;
mod outside;
mod queued;
mod quiet;
mod reap;
mod relay;
mod report;
mod signals;
mod start;
mod supervise;
mod tree;
mod watch;

pub use doctor::{Diagnosis, Direction, Holder, Stuck};

pub use batch::be_batch_work;
pub use cli::{HIDDEN_VERB, arguments, main, parse};
pub use client::{Captured, Launch, XTASK_VARIABLE, xtask_path};
pub use limits::{Limit, Limits};
pub use report::{Ended, Report};
pub use start::{Mode, Spec};
pub use supervise::supervise;
