//! Has the compiler take somebody else's work for its own: the next line becomes a module with the
//! path of a solution.
// @SOLUTION@

fn main() {}
