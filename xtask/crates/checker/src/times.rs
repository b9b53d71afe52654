//! How long the tests took: what is left of a check is ours.

use trial::Result;

/// The time during which a test ran, and what they would take one after the other.
pub fn line<'a>(results: impl Iterator<Item = &'a Result>) -> String {
    let mut spans: Vec<(u64, u64)> =
        results.map(|result| (result.span.began_us, result.span.ended_us)).collect();
    spans.sort_unstable();
    let (mut some_us, mut sum_us, mut until) = (0, 0, 0);
    for (began, ended) in spans {
        sum_us += ended.saturating_sub(began);
        some_us += ended.saturating_sub(began.max(until));
        until = until.max(ended);
    }
    let millis = |us: u64| us as f64 / 1000.0;
    format!(
        "times     tests ran for {:.1} ms; one after the other {:.1} ms",
        millis(some_us),
        millis(sum_us)
    )
}

#[cfg(test)]
mod tests {
    use trial::{Answer, Span};

    use super::*;

    #[test]
    fn what_overlaps_counts_once() {
        let spans = [(5_000, 9_000), (0, 0), (1_000, 3_000), (6_000, 8_000), (7_000, 10_500)];
        let results = spans.map(|(began_us, ended_us)| Result {
            name: String::new(),
            claim: String::new(),
            answer: Answer::Passed,
            seed: 0,
            span: Span { began_us, ended_us },
        });
        let expected = "times     tests ran for 7.5 ms; one after the other 11.5 ms";
        assert_eq!(line(results.iter()), expected);
    }
}
