//! The reports: every format is read by a reader or held against its form, and a student who tries
//! to do something in one of them does nothing. No sandbox is needed: the results are given.

mod copies;
mod kit;
mod markdown;
mod pages;
mod platforms;
mod written;
