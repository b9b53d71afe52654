//! What the program is asked for, and whether it came.

use std::collections::BTreeSet;

use trial::{Outcome, Program, Ran, Trial};

/// The arguments of a run.
pub struct Asked {
    pub writers: usize,
    pub records: usize,
    pub lengths: Vec<usize>,
    pub killed: Vec<usize>,
}

impl Asked {
    pub fn of<const N: usize>(writers: usize, records: usize, lengths: [usize; N]) -> Asked {
        Asked { writers, records, lengths: lengths.to_vec(), killed: Vec::new() }
    }

    /// The run, with a command for the student that does not fill the terminal.
    pub fn program<'a>(&self, trial: &'a Trial) -> Program<'a> {
        let mut words = vec![self.writers.to_string(), self.records.to_string()];
        words.push(list(&self.lengths));
        if !self.killed.is_empty() {
            words.extend(["kill".to_owned(), list(&self.killed)]);
        }
        let run = "cargo xtask run ex-07 --deadline 2 --";
        let by_hand = format!("{run} {} | cut -c 1-60", words.join(" "));
        trial.program(words).by_hand(by_hand)
    }

    /// `w0r0 w0r0 w0r`, and a newline.
    fn record(&self, writer: usize, number: usize) -> Vec<u8> {
        let length = self.lengths[writer % self.lengths.len()];
        let name = format!("w{writer}r{number} ").into_bytes();
        let mut record = name.repeat(length / name.len() + 1);
        record.truncate(length - 1);
        record.push(b'\n');
        record
    }

    /// How many records this writer gets done.
    fn records_of(&self, writer: usize) -> usize {
        self.records.saturating_sub(usize::from(self.killed.contains(&writer)))
    }

    /// Each record came whole, once, and after the one that its writer wrote before it; then the
    /// lines about them.
    pub fn came(&self, ran: &Ran, means: &str) -> Outcome {
        let mut found = Found::default();
        for line in ran.stdout.split_inclusive(|&byte| byte == b'\n') {
            found.take(self, line);
        }
        let wanted = "each record whole, once, and after the one its writer wrote before it";
        if let Some(strange) = found.strange {
            ran.holds(false, wanted, &strange, means)?;
        }
        let total: usize = (0..self.writers).map(|writer| self.records_of(writer)).sum();
        let missing = total.saturating_sub(found.records.len());
        let mut came = format!("{missing} of {total} records are missing");
        let last = found.rest.split_inclusive(|&byte| byte == b'\n').next_back();
        came.extend(first_lines(1, last.unwrap_or_default(), "standard output: "));
        came.extend(first_lines(2, &ran.stderr, "standard error: "));
        ran.holds(missing == 0, wanted, &came, means)?;

        let lines = self.last_lines();
        let expected = format!("at the end:\n{}", lines.trim_end());
        let came: String = first_lines(4, &found.rest, "").collect();
        let came = if came.is_empty() { "nothing" } else { came.trim_start() };
        ran.holds(found.rest == lines.as_bytes(), &expected, came, means)
    }

    /// Who was killed, and the sums.
    fn last_lines(&self) -> String {
        let mut lines = String::new();
        for writer in 0..self.writers {
            if self.killed.contains(&writer) {
                lines += &format!("writer {writer} was ended by SIGKILL\n");
            }
        }
        let whole: usize = (0..self.writers).map(|writer| self.records_of(writer)).sum();
        lines + &format!("{whole} records, {} torn\n", self.writers * self.records - whole)
    }
}

/// What stands on standard output.
#[derive(Default)]
struct Found {
    /// Writer and number of each record that came.
    records: BTreeSet<(usize, usize)>,
    /// The first record that came twice, or too late.
    strange: Option<String>,
    /// All lines that are no records.
    rest: Vec<u8>,
}

impl Found {
    fn take(&mut self, asked: &Asked, line: &[u8]) {
        let Some((writer, number)) = name_of(line).filter(|&(writer, number)| {
            writer < asked.writers
                && number < asked.records_of(writer)
                && asked.record(writer, number) == line
        }) else {
            self.rest.extend_from_slice(line);
            return;
        };
        let later = self.records.range((writer, number + 1)..(writer + 1, 0)).next();
        if let Some((_, later)) = later {
            let strange = format!("w{writer}r{number} came after w{writer}r{later}");
            self.strange.get_or_insert(strange);
        }
        if !self.records.insert((writer, number)) {
            self.strange.get_or_insert(format!("w{writer}r{number} came twice"));
        }
    }
}

/// The writer and the number that a record says it has.
fn name_of(line: &[u8]) -> Option<(usize, usize)> {
    let name = line.split(|&byte| byte == b' ').next()?;
    let (writer, number) = std::str::from_utf8(name).ok()?.strip_prefix('w')?.split_once('r')?;
    Some((writer.parse().ok()?, number.parse().ok()?))
}

/// `1,2,3`.
fn list(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

/// The first lines of what the program said, short and harmless for a terminal.
fn first_lines(count: usize, text: &[u8], stream: &str) -> impl Iterator<Item = String> {
    let line = move |line: &[u8]| {
        let text = String::from_utf8_lossy(&line[..line.len().min(200)]).into_owned();
        let shown: String = text.chars().flat_map(char::escape_debug).take(50).collect();
        format!("\n{stream}{shown}")
    };
    text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).take(count).map(line)
}
