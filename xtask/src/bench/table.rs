//! A table of figures that is printed section by section, and whether its targets are met.

use std::io::Write;

use crate::output;

use super::verdict;

/// What was printed so far.
pub struct Table {
    out: Box<dyn Write>,
    met: usize,
    missed: usize,
    skipped: usize,
}

/// What a figure must not be more than, and whether it is.
pub struct Target {
    pub most: String,
    pub met: bool,
}

impl Default for Table {
    fn default() -> Table {
        Table::to(Box::new(output::stdout()))
    }
}

impl Table {
    fn to(out: Box<dyn Write>) -> Table {
        Table { out, met: 0, missed: 0, skipped: 0 }
    }

    /// A line of words.
    pub fn say(&mut self, line: &str) -> anyhow::Result<()> {
        writeln!(self.out, "{line}")?;
        Ok(self.out.flush()?)
    }

    /// The head of a section, after a blank line.
    pub fn section(&mut self, what: &str, columns: [&str; 2]) -> anyhow::Result<()> {
        let columns = columns.map(str::to_owned);
        self.say(&format!("\n{}", line(what, &columns, Some("target"))))
    }

    pub fn row(
        &mut self,
        what: &str,
        figures: [String; 2],
        target: Option<Target>,
    ) -> anyhow::Result<()> {
        let words = target.map(|Target { most, met }| {
            *(if met { &mut self.met } else { &mut self.missed }) += 1;
            format!("<= {most}: {}", verdict(met))
        });
        self.say(&line(what, &figures, words.as_deref()))
    }

    /// A figure that could not be had, with its target.
    pub fn skip(&mut self, what: &str, why: &str) -> anyhow::Result<()> {
        self.skipped += 1;
        self.say(&format!("  {what}: SKIPPED: {why}"))
    }

    /// The closing line; whether no target is missed.
    pub fn close(mut self) -> anyhow::Result<bool> {
        let Table { met, missed, skipped, .. } = self;
        self.say(&format!("\ntargets: {met} met, {missed} missed, {skipped} skipped"))?;
        Ok(missed == 0)
    }
}

fn line(what: &str, figures: &[String; 2], target: Option<&str>) -> String {
    let [first, second] = figures;
    let line = format!("{what:<41} {first:>9} {second:>9}  {}", target.unwrap_or_default());
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_is_missed_fails_and_one_that_is_skipped_does_not() {
        let target = |met| Some(Target { most: "60 ms".to_owned(), met });
        let figures = || ["1.00 ms".to_owned(), String::new()];
        let table = |targets: &[bool]| {
            let mut table = Table::to(Box::new(std::io::sink()));
            for &met in targets {
                table.row("a figure", figures(), target(met)).expect("a line");
            }
            table.skip("another", "no such tool").expect("a line");
            table.row("without a target", figures(), None).expect("a line");
            table
        };
        assert!(table(&[true, true]).close().expect("a line"));
        let table = table(&[true, false, true]);
        assert_eq!((table.met, table.missed, table.skipped), (2, 1, 1));
        assert!(!table.close().expect("a line"));
    }

    #[test]
    fn a_line_fits_in_80_columns() {
        let figures = ["9999.99 ms", "100.00 %"].map(str::to_owned);
        let line = line(&"x".repeat(41), &figures, Some("<= 60 ms: MISSED"));
        assert!(line.chars().count() <= 80, "{line}");
    }
}
