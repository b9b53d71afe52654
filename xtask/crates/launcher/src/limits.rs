//! What a program may use.

use std::time::Duration;

/// Limits on a program and everything it starts. `None` is no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Time from the start until the program itself has ended.
    pub wall: Option<Duration>,
    /// Added to `wall` is the time in which somebody of the tree has waited for a processor, up to
    /// so much: on a loaded machine a program is given about the time that it would have had alone.
    /// Known where the kernel counts it (CONFIG_SCHED_INFO).
    pub queued: Option<Duration>,
    /// User and system time, summed over the tree.
    pub cpu: Option<Duration>,
    /// Resident memory, summed over the tree. Shared pages count once for each process.
    pub memory_bytes: Option<u64>,
    /// Processes alive at one time, the program included.
    pub processes: Option<usize>,
    /// Open descriptors of each process (`RLIMIT_NOFILE`); `open` fails beyond it, nothing is
    /// ended.
    pub open_files: Option<u64>,
    /// Processes of its user in its user namespace (`RLIMIT_NPROC`); `fork` fails beyond it. For
    /// root it counts for nothing.
    pub user_processes: Option<u64>,
    /// Address space of each process (`RLIMIT_AS`); `mmap` fails beyond it.
    pub address_bytes: Option<u64>,
    /// Size of any file that it writes (`RLIMIT_FSIZE`); a write beyond it raises SIGXFSZ.
    pub file_bytes: Option<u64>,
    /// Captured: bytes on standard output and standard error together. Attached, where the launcher
    /// sees no byte: bytes handed to any `write` of the tree (`wchar` of proc_pid_io(5)).
    pub output_bytes: Option<u64>,
    /// How long all of the tree may wait while nothing moves and nothing outside is waited for. A
    /// heuristic: what ends a wait may be out of the launcher's sight, and a wait that it is not
    /// sure of lasts until `wall`. On a loaded machine, no less than 100 ms. A tree that is proved
    /// to be in a deadlock is ended at once.
    pub quiet: Option<Duration>,
    /// How long all of the tree may do nothing but sleep: wait for time to pass, again and again,
    /// without a byte read or written, a process started or ended. A heuristic, which holds only as
    /// long as the machine is not loaded; after that `wall` remains. No less than 500 ms.
    pub asleep: Option<Duration>,
    /// End a tree that is proved to be in a deadlock, also where `quiet` is not set.
    pub deadlock: bool,
    /// Time between SIGTERM and SIGKILL.
    pub grace: Option<Duration>,
}

impl Limits {
    /// Where no grace is named.
    pub const GRACE: Duration = Duration::from_millis(250);

    /// Whether the tree is looked at for standing still.
    pub(crate) fn look(&self) -> bool {
        self.quiet.is_some() || self.deadlock
    }
}

/// The limit that ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    Wall,
    Cpu,
    Memory,
    Processes,
    Output,
    /// See [`Limits::quiet`].
    Quiet,
    /// See [`Limits::asleep`].
    Asleep,
    /// Room for files. Only a sandbox knows how much there is; it sees to it, not the launcher.
    Files,
}

impl Limit {
    pub(crate) const ALL: [Limit; 8] = [
        Limit::Wall,
        Limit::Cpu,
        Limit::Memory,
        Limit::Processes,
        Limit::Output,
        Limit::Quiet,
        Limit::Asleep,
        Limit::Files,
    ];

    /// In the report's JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Limit::Wall => "wall",
            Limit::Cpu => "cpu",
            Limit::Memory => "memory",
            Limit::Processes => "processes",
            Limit::Output => "output",
            Limit::Quiet => "quiet",
            Limit::Asleep => "asleep",
            Limit::Files => "files",
        }
    }

    /// In words, for a sentence that begins with "ended by".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Limit::Wall => "its deadline",
            Limit::Cpu => "its limit of CPU time",
            Limit::Memory => "its limit of memory",
            Limit::Processes => "its limit of processes",
            Limit::Output => "its limit of output",
            Limit::Quiet => "the runner, because all of it waited and nothing moved any more",
            Limit::Asleep => "the runner, because it did nothing but sleep",
            Limit::Files => "its limit of files: it left no room in its folder",
        }
    }
}
