//! Doubles its own text until there is no room.
#![recursion_limit = "1000"]

macro_rules! double {
    ($($word:tt)*) => { double!($($word)* $($word)*) };
}

fn main() {
    double!(a b c d);
}
