//! A part of a class, for one machine of several.
//!
//! Who belongs to which shard depends on the student's name and on nothing else: the first eight
//! bytes of the BLAKE3 hash of the name as reports have it, as a little-endian number, modulo the
//! number of shards. It is the same on every machine, with every version of Rust, and whoever else
//! is in the class.

use std::fmt;

use anyhow::{Context, ensure};

/// One of several parts of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub index: usize,
    pub of: usize,
}

impl Shard {
    /// Reads `2/4`.
    ///
    /// # Errors
    /// When it is something else.
    pub fn read(text: &str) -> anyhow::Result<Shard> {
        let context = || format!("--shard takes I/N, the first of four is 1/4: {text} is no shard");
        let (index, of) = text.split_once('/').with_context(context)?;
        let number = |text: &str| text.parse::<usize>().ok().with_context(context);
        let shard = Shard { index: number(index)?, of: number(of)? };
        ensure!((1..=shard.of).contains(&shard.index), context());
        Ok(shard)
    }

    /// Whether a student belongs to it.
    #[must_use]
    pub fn has(self, student: &str) -> bool {
        Shard::of(student, self.of) == self
    }

    /// The one of so many that a student belongs to.
    fn of(student: &str, of: usize) -> Shard {
        let mut first = [0; 8];
        first.copy_from_slice(&blake3::hash(student.as_bytes()).as_bytes()[..8]);
        // It fits: it is less than `of`.
        let index = (u64::from_le_bytes(first) % of.max(1) as u64) as usize + 1;
        Shard { index, of }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_read_as_it_is_printed() {
        for text in ["1/1", "4/4", "2/17"] {
            assert_eq!(Shard::read(text).expect("a shard").to_string(), text);
        }
        for text in ["", "1", "0/4", "5/4", "a/4", "1/0", "-1/4", "1/4/4"] {
            let error = Shard::read(text).expect_err("no shard").to_string();
            assert!(error.contains("1/4"), "{error}");
        }
    }

    /// Parts that were graded with an earlier version still fit together.
    #[test]
    fn who_belongs_to_which_never_changes() {
        let names = ["student-001", "student-002", "student-003", "ann", "Zoë", ""];
        let of_four = names.map(|name| Shard::of(name, 4).index);
        let of_seven = names.map(|name| Shard::of(name, 7).index);
        assert_eq!((of_four, of_seven), ([1, 1, 3, 1, 4, 4], [2, 4, 7, 3, 1, 2]));
    }

    #[test]
    fn shards_are_of_about_the_same_size() {
        let mut sizes = [0; 8];
        for number in 0..4000 {
            sizes[Shard::of(&format!("student-{number:04}"), 8).index - 1] += 1;
        }
        assert!(sizes.iter().all(|size| (420..580).contains(size)), "{sizes:?}");
    }
}
