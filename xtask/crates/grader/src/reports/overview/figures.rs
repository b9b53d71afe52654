//! Pictures: SVG in the page, as wide as a telephone and scaled up, with a title, a description and
//! the figures as a table for whoever does not see them.

use maud::{Markup, html};

/// One bar.
pub struct Bar {
    pub label: String,
    pub value: usize,
    /// The whole that the value is a part of.
    pub of: usize,
}

const WIDTH: f64 = 340.0;
/// Characters of a label above a bar.
const LABEL_CHARS: usize = 48;

fn fraction(value: usize, of: usize) -> f64 {
    let float = |count: usize| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
    if of == 0 { 0.0 } else { float(value) / float(of) }
}

/// Bars beneath each other, each on the whole that it is a part of.
pub fn bars(id: &str, title: &str, what: &str, bars: &[Bar]) -> Markup {
    const ROW: f64 = 34.0;
    let height = f64::from(u32::try_from(bars.len()).unwrap_or(0)) * ROW;
    let rows = bars.iter().zip(0_u32..).map(|(bar, row)| (bar, f64::from(row) * ROW));
    figure(
        id,
        title,
        what,
        bars,
        height,
        &html! {
            @for (bar, top) in rows {
                @let label: String = bar.label.chars().take(LABEL_CHARS).collect();
                text x="0" y=(top + 12.0) { (label) }
                text x=(WIDTH) y=(top + 12.0) text-anchor="end" class="dim" {
                    (bar.value) " of " (bar.of)
                }
                rect class="back" x="0" y=(top + 17.0) width=(WIDTH) height="9" rx="2" {}
                rect class="bar" x="0" y=(top + 17.0) height="9" rx="2"
                    width=(format!("{:.1}", WIDTH * fraction(bar.value, bar.of))) {}
            }
        },
    )
}

/// Bars beside each other, each as high as its part of the largest.
pub fn columns(id: &str, title: &str, what: &str, bars: &[Bar]) -> Markup {
    const HEIGHT: f64 = 130.0;
    let count = f64::from(u32::try_from(bars.len().max(1)).unwrap_or(1));
    let (step, most) = (WIDTH / count, bars.iter().map(|bar| bar.value).max().unwrap_or(0));
    let all = bars.iter().zip(0_u32..).map(|(bar, index)| {
        (bar, f64::from(index) * step, (HEIGHT - 20.0) * fraction(bar.value, most))
    });
    let at = |value: f64| format!("{value:.1}");
    figure(
        id,
        title,
        what,
        bars,
        HEIGHT + 20.0,
        &html! {
            @for (bar, left, height) in all {
                rect class="bar" x=(at(left + 2.0)) y=(at(HEIGHT - height)) width=(at(step - 4.0))
                    height=(at(height)) {}
                @if bar.value > 0 {
                    text x=(at(left + step / 2.0)) y=(at(HEIGHT - height - 4.0)) text-anchor="middle" {
                        (bar.value)
                    }
                }
                text class="dim" x=(at(left + step / 2.0)) y=(at(HEIGHT + 14.0)) text-anchor="middle" {
                    (bar.label.split(' ').next().unwrap_or_default())
                }
            }
            line class="axis" x1="0" x2=(WIDTH) y1=(HEIGHT) y2=(HEIGHT) {}
        },
    )
}

fn figure(id: &str, title: &str, what: &str, bars: &[Bar], height: f64, drawn: &Markup) -> Markup {
    let (title_id, described_id) = (format!("{id}-title"), format!("{id}-description"));
    html! {
        figure {
            svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img"
                aria-labelledby=(title_id) aria-describedby=(described_id) {
                title id=(title_id) { (title) }
                desc id=(described_id) {
                    @for bar in bars { (bar.label) ": " (bar.value) " of " (bar.of) ". " }
                }
                (drawn)
            }
            details {
                summary { "The figures" }
                table {
                    thead { tr { th { (what) } th class="number" { "students" } } }
                    tbody {
                        @for bar in bars {
                            tr {
                                td { (bar.label) }
                                td class="number" { (bar.value) " of " (bar.of) }
                            }
                        }
                    }
                }
            }
        }
    }
}
