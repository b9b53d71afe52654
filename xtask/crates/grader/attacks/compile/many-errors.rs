//! More errors than anybody can read.

macro_rules! wrong {
    ($($word:ident)*) => { $( let $word: u8 = "a text where a number belongs"; )* };
}
macro_rules! ten {
    ($($word:ident)*) => {
        wrong!($($word $word $word $word $word $word $word $word $word $word)*);
    };
}
macro_rules! hundred {
    ($($word:ident)*) => {
        ten!($($word $word $word $word $word $word $word $word $word $word)*);
    };
}
fn main() {
    hundred!(a b c d);
}
