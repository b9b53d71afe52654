//! The students' copy of the course as it stands: what is in it, what is not, and that it works.

mod book;
mod gradescope;
mod kit;
mod leaks;
mod packed;
mod printed;
mod works;
