//! Inputs that are large. They are made here, where the compiler optimizes, as it does not in the
//! tests themselves: a test of megabytes would take longer to make them than to run the program.

use fastrand::Rng;

/// So many random bytes.
#[must_use]
pub fn bytes(random: &mut Rng, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    random.fill(&mut bytes);
    bytes
}

/// So many random letters from `a` to `z`.
#[must_use]
pub fn lowercase(random: &mut Rng, count: usize) -> String {
    (0..count).map(|_| random.lowercase()).collect()
}

/// So many random letters and digits.
#[must_use]
pub fn alphanumeric(random: &mut Rng, count: usize) -> String {
    (0..count).map(|_| random.alphanumeric()).collect()
}

/// What `seq LAST` prints.
#[must_use]
pub fn seq(last: usize) -> String {
    numbered("", last)
}

/// The same, each line after this beginning.
#[must_use]
pub fn numbered(beginning: &str, last: usize) -> String {
    let mut lines = String::new();
    for number in 1..=last {
        lines += beginning;
        lines += &number.to_string();
        lines.push('\n');
    }
    lines
}

/// ASCII letters as capitals, and all else as it is.
#[must_use]
pub fn upper(bytes: &[u8]) -> Vec<u8> {
    bytes.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_as_asked() {
        let random = || Rng::with_seed(1);
        assert_eq!(bytes(&mut random(), 1000), bytes(&mut random(), 1000));
        assert_eq!(bytes(&mut random(), 1000).len(), 1000);
        let letters = lowercase(&mut random(), 1000);
        assert!(letters.len() == 1000 && letters.bytes().all(|byte| byte.is_ascii_lowercase()));
        let mixed = alphanumeric(&mut random(), 1000);
        assert!(mixed.len() == 1000 && mixed.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(seq(3), "1\n2\n3\n");
        assert_eq!(numbered("[1] ", 2), "[1] 1\n[1] 2\n");
        assert_eq!(upper(b"a\xe4Z"), b"A\xe4Z");
    }
}
