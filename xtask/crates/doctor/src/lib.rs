//! The pipe doctor: explains why a tree of processes stands still.
