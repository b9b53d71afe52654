//! Words as a shell wants them, for the commands that a student can type.

/// The longest input that stands in a command itself.
const INPUT_BYTES: usize = 48;

/// One word, quoted where it has to be.
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// `printf 'one\ntwo\n'`, where the input is short and can be typed.
pub fn printf(input: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(input).ok().filter(|text| text.len() <= INPUT_BYTES)?;
    if text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')) {
        return None;
    }
    let format = text.replace('\\', "\\\\").replace('%', "%%");
    let format = format.replace('\n', "\\n").replace('\t', "\\t").replace('\'', "'\\''");
    Some(format!("printf '{format}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_change_is_quoted() {
        assert_eq!(word("a-b_1.txt"), "a-b_1.txt");
        assert_eq!(word(""), "''");
        assert_eq!(word("two words"), "'two words'");
        assert_eq!(word("it's"), "'it'\\''s'");
    }

    #[test]
    fn short_text_can_be_typed() {
        assert_eq!(printf(b"a\nb\t%\n").as_deref(), Some("printf 'a\\nb\\t%%\\n'"));
        assert_eq!(printf(b"\xff"), None);
        assert_eq!(printf(&[b'x'; 100]), None);
    }
}
