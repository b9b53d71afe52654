//! Takes memory and writes to all of it.

fn main() {
    let mut parts = Vec::new();
    for _ in 0..40 {
        parts.push(vec![1_u8; 8 << 20]);
    }
    println!("BROKEN: {} MiB", parts.len() * 8);
}
