//! The frame of a page: it loads nothing, runs nothing and has one style, which the browser is told
//! to insist on.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::model::Verdict;

const STYLE: &str = include_str!("page.css");

pub fn page(title: &str, body: &Markup) -> String {
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    };
    page.into_string() + "\n"
}

/// A verdict as a word that is coloured.
pub fn badge(verdict: Verdict) -> Markup {
    let class = match verdict {
        Verdict::Pass => "badge good",
        Verdict::Missing | Verdict::Refused | Verdict::Ungraded => "badge odd",
        _ => "badge bad",
    };
    html! { span class=(class) { (verdict.word()) } }
}
