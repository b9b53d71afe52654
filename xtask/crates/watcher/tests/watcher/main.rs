//! `watch` as a student meets it: on a pseudo-terminal, in a small course.
//!
//! Nothing here waits for a time: each test waits for what the screen shows, or for what runs, with
//! a deadline.

mod course;
mod early;
mod ends;
mod keys;
mod leads;
mod lines;
mod polls;
mod saves;
mod wild;
