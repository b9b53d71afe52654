//! A program of a gigabyte.

static LARGE: [u8; 1 << 30] = [1; 1 << 30];

fn main() {
    println!("{}", LARGE[std::process::id() as usize]);
}
