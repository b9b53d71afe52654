//! Counts while it is compiled.
#![allow(long_running_const_eval)]

const NUMBER: u64 = {
    let mut number = 0;
    while number < 1 << 60 {
        number += 1;
    }
    number
};

fn main() {
    println!("{NUMBER}");
}
