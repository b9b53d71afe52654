//! A program of 64 MiB.

static LARGE: [u8; 64 << 20] = [1; 64 << 20];

fn main() {
    println!("{}", LARGE[std::process::id() as usize]);
}
