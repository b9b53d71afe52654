//! Has the compiler take somebody else's work for its own.

#[path = "@SOLUTION@"]
mod solution;

fn main() {}
