//! What is typed.

/// A key, as far as anything depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Enter,
    Escape,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
}

/// Bytes from a terminal, of which a sequence may come in parts.
#[derive(Default)]
pub struct Keys {
    pending: Vec<u8>,
}

const ESCAPE: u8 = 0x1b;
/// No sequence of a key is longer.
const LONGEST: usize = 16;

impl Keys {
    /// The keys that are complete with these bytes.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Key> {
        self.pending.extend_from_slice(bytes);
        let mut keys = Vec::new();
        while let Some((key, length)) = first(&self.pending) {
            self.pending.drain(..length);
            keys.extend(key);
        }
        keys
    }

    /// Whether more could follow what has come. If nothing does, see [`Keys::no_more`].
    pub fn is_waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Nothing has followed: an escape character alone was the key.
    pub fn no_more(&mut self) -> Vec<Key> {
        let pending = std::mem::take(&mut self.pending);
        if pending == [ESCAPE] { vec![Key::Escape] } else { Vec::new() }
    }
}

/// The first key and how many bytes it is; no key for what means nothing here. `None` where more
/// has to come.
fn first(bytes: &[u8]) -> Option<(Option<Key>, usize)> {
    match *bytes {
        [] | [ESCAPE] => None,
        [ESCAPE, b'[' | b'O', ..] => sequence(bytes),
        // Twice the key, or a key with Alt, which means nothing.
        [ESCAPE, ESCAPE, ..] => Some((Some(Key::Escape), 1)),
        [ESCAPE, _, ..] => Some((None, 2)),
        [b'\r' | b'\n', ..] => Some((Some(Key::Enter), 1)),
        [byte, ..] if byte.is_ascii() => Some((Some(Key::Char(byte.into())), 1)),
        // A character of several bytes is no key of ours.
        [_, ..] => Some((None, 1)),
    }
}

/// `ESC [ parameters final`, or `ESC O final`.
fn sequence(bytes: &[u8]) -> Option<(Option<Key>, usize)> {
    let is_last = |&byte: &u8| (0x40..=0x7e).contains(&byte);
    let Some(last) = bytes.iter().skip(2).position(is_last).map(|at| at + 2) else {
        return (bytes.len() > LONGEST).then_some((None, bytes.len()));
    };
    let key = match (&bytes[2..last], bytes[last]) {
        (_, b'A') => Some(Key::Up),
        (_, b'B') => Some(Key::Down),
        (_, b'H') | (b"1" | b"7", b'~') => Some(Key::Home),
        (_, b'F') | (b"4" | b"8", b'~') => Some(Key::End),
        (b"5", b'~') => Some(Key::PageUp),
        (b"6", b'~') => Some(Key::PageDown),
        _ => None,
    };
    Some((key, last + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_out_whole_however_they_come_in() {
        let typed = b"n\r\x1b[A\x1bOB\x1b[5~\x1b[1;5H\x1b[15~\x1bx\xc3\xa4q";
        let expected = [
            Key::Char('n'),
            Key::Enter,
            Key::Up,
            Key::Down,
            Key::PageUp,
            Key::Home,
            Key::Char('q'),
        ];
        assert_eq!(Keys::default().take(typed), expected);
        let mut keys = Keys::default();
        let one_by_one: Vec<Key> = typed.iter().flat_map(|byte| keys.take(&[*byte])).collect();
        assert_eq!(one_by_one, expected);
        assert!(!keys.is_waiting());
    }

    #[test]
    fn an_escape_alone_is_known_when_nothing_follows() {
        let mut keys = Keys::default();
        assert_eq!(keys.take(b"\x1b"), []);
        assert!(keys.is_waiting());
        assert_eq!(keys.no_more(), [Key::Escape]);
        assert!(!keys.is_waiting());
        // A sequence without an end is forgotten.
        assert_eq!(keys.take(b"\x1b[1;1;1;1;1;1;1;1;1"), []);
        assert!(!keys.is_waiting());
    }
}
