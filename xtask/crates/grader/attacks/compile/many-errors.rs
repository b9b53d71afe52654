//! More errors than anybody can read: a thousand lines take the place of the next one.

fn main() {
    // @ERRORS@
}
