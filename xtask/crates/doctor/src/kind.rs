//! The kinds of hangs, and where each is explained.

/// The kinds, each with an ID that the lessons and the book know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    LeakedWriteEnd,
    LeakedReadEnd,
    WaitBeforeRead,
    BothFull,
    OtherPipeFull,
    NobodyReads,
    EachWaitsForTheOther,
    FifoOrder,
    FifoNoPeer,
    FifoBothWays,
    ThreadJoin,
    Lock,
    LockAfterFork,
    WaitsForASignal,
    Circle,
}

impl Kind {
    pub const ALL: [Kind; 15] = [
        Kind::LeakedWriteEnd,
        Kind::LeakedReadEnd,
        Kind::WaitBeforeRead,
        Kind::BothFull,
        Kind::OtherPipeFull,
        Kind::NobodyReads,
        Kind::EachWaitsForTheOther,
        Kind::FifoOrder,
        Kind::FifoNoPeer,
        Kind::FifoBothWays,
        Kind::ThreadJoin,
        Kind::Lock,
        Kind::LockAfterFork,
        Kind::WaitsForASignal,
        Kind::Circle,
    ];

    /// Its name in reports, in the book, and for a search.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Kind::LeakedWriteEnd => "leaked-write-end",
            Kind::LeakedReadEnd => "leaked-read-end",
            Kind::WaitBeforeRead => "wait-before-read",
            Kind::BothFull => "both-full",
            Kind::OtherPipeFull => "other-pipe-full",
            Kind::NobodyReads => "nobody-reads",
            Kind::EachWaitsForTheOther => "each-waits-for-the-other",
            Kind::FifoOrder => "fifo-order",
            Kind::FifoNoPeer => "fifo-no-peer",
            Kind::FifoBothWays => "fifo-both-ways",
            Kind::ThreadJoin => "thread-join",
            Kind::Lock => "lock",
            Kind::LockAfterFork => "lock-after-fork",
            Kind::WaitsForASignal => "waits-for-a-signal",
            Kind::Circle => "circle",
        }
    }

    /// Its page in the book, from the root of the repository.
    #[must_use]
    pub fn page(self) -> String {
        format!("book/src/hangs/{}.md", self.id())
    }

    /// The lesson and the part that show it.
    #[must_use]
    pub fn lesson(self) -> Option<(&'static str, &'static str)> {
        match self {
            Kind::LeakedWriteEnd => Some(("lesson-01", "leaked-write-end")),
            Kind::LeakedReadEnd => Some(("lesson-01", "leaked-read-end")),
            Kind::WaitBeforeRead | Kind::BothFull => Some(("lesson-03", "backpressure")),
            Kind::OtherPipeFull => Some(("lesson-04", "multiplexer")),
            Kind::NobodyReads => Some(("lesson-03", "slow-reader")),
            Kind::EachWaitsForTheOther => Some(("lesson-01", "eof")),
            Kind::FifoOrder => Some(("lesson-02", "open-blocks")),
            Kind::FifoNoPeer => Some(("lesson-02", "reader-alone")),
            Kind::FifoBothWays => Some(("lesson-02", "dummy-writer")),
            Kind::ThreadJoin
            | Kind::Lock
            | Kind::LockAfterFork
            | Kind::WaitsForASignal
            | Kind::Circle => None,
        }
    }
}
