//! Has the compiler take somebody else's work for its own.

include!("@SOLUTION@");
