//! Makes lines of what `read` returns.
//!
//! A pipe keeps no borders: a read takes what is there, whether that is half a line or three of
//! them (pipe(7), "I/O on pipes and FIFOs"). What has no newline yet stays here until the next
//! read, one buffer to a child. Nothing limits the length of a line, so this is for children that
//! one trusts.

use std::mem;

// ANCHOR: line-buffer
/// The beginning of a line whose newline has not come yet.
#[derive(Default)]
pub struct LineBuffer {
    unfinished: Vec<u8>,
}

impl LineBuffer {
    /// Takes what one read has returned, and gives the lines that are whole now, without their
    /// newlines.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        for &byte in chunk {
            if byte == b'\n' {
                lines.push(mem::take(&mut self.unfinished));
            } else {
                self.unfinished.push(byte);
            }
        }
        lines
    }

    /// What is left at end-of-file: a last line without a newline, where there is one.
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        let rest = mem::take(&mut self.unfinished);
        (!rest.is_empty()).then_some(rest)
    }
}
// ANCHOR_END: line-buffer
