//! The HTML pages: their text, and what a browser makes of them.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::kit::{Reports, SECRET, tool};

/// What stands between two texts.
#[track_caller]
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("no {begin}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end}")).0
}

#[test]
fn a_page_allows_itself_one_style_and_nothing_else() {
    let reports = Reports::all();
    for path in [reports.path("overview.html"), reports.hostile("feedback", "html")] {
        let page = fs::read_to_string(&path).expect("read it");
        let style = between(&page, "<style>", "</style>");
        let digest = STANDARD.encode(Sha256::digest(style.as_bytes()));
        let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
        let expected = format!(
            "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        );
        assert_eq!(policy, expected);
        for tag in ["<script", "<img", "<link", "<iframe", "<a href=\"http", "style=\"", "url("] {
            assert!(!page.contains(tag), "{tag} in {}", path.display());
        }
        let is_bad =
            |c: char| (c.is_control() && c != '\n' && c != '\t') || "\u{202e}\u{200b}".contains(c);
        assert!(!page.contains(is_bad));
        assert!(page.len() < 80_000, "{} bytes of a megabyte on one line", page.len());
    }
}

#[test]
fn what_is_told() {
    let reports = Reports::all();
    let mia = reports.read("feedback/mia.html");
    for words in [
        "<p class=\"score\">2 of 8</p>",
        "Two ends that nobody closed",
        "<dt>expected</dt><dd>the program ends by itself</dd>",
        "<dd><pre>deadlock, proved\nx\n    - one</pre></dd>",
        "<dd>somebody still holds a write end</dd>",
        "<details><summary>Hint 3: nearly the answer</summary><p>In <code>count</code>",
        "nothing was handed in",
        "sandbox: degraded, without a cgroup",
    ] {
        assert!(mia.contains(words), "no `{words}` in: {mia}");
    }
    let ann = reports.read("feedback/ann.html");
    assert!(!ann.contains("Hint") && !ann.contains('✗'), "{ann}");
    let zoe = reports.read("feedback/zoe.html");
    assert!(zoe.contains("<p class=\"score\">? of 4</p>") && zoe.contains("neither zero nor full"));
    let hostile = fs::read_to_string(reports.hostile("feedback", "html")).expect("read it");
    assert!(hostile.contains(&format!("<p>{SECRET}</p>")));
}

#[test]
fn the_class_in_figures() {
    let reports = Reports::all();
    let page = reports.read("overview.html");
    for words in [
        "4 submissions, 3 graded",
        "mean 3.33 of 10, median 2 of 10, from 0 of 10 to 8 of 10",
        "<title id=\"scores-title\">Distribution of the scores</title>",
        "0 to 10 %: 1 of 3. ",
        "<td>20 to 30 %</td><td class=\"number\">1 of 3</td>",
        "80 to 90 %: 1 of 3. ",
        // Two of three programs that got so far; one that was not tried is not counted.
        "ex-01 one: 2 of 4. ",
        "ex-01 three: 1 of 1. ex-01 one: 2 of 4. ",
        "2 × ex-01 one <span class=\"badge bad\">deadlock</span>: somebody still holds",
        "<a href=\"feedback/mia.html\">mia</a>",
    ] {
        assert!(page.contains(words), "no `{words}` in: {page}");
    }
    // A link to a page that is there, whatever the student is called.
    let hostile = reports.hostile("feedback", "html");
    let name = hostile.file_name().and_then(|name| name.to_str()).expect("a name");
    let links = page.split("href=\"feedback/").skip(1).map(|rest| between(rest, "", "\""));
    let links: Vec<String> = links.map(decoded).collect();
    assert_eq!(links, ["ann.html", name, "mia.html", "zoe.html"]);
}

/// An address without its `%XX`.
fn decoded(address: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = address.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let (byte, behind) = match first {
            b'%' => {
                let digits = std::str::from_utf8(&behind[..2]).expect("digits");
                (u8::from_str_radix(digits, 16).expect("a number"), &behind[2..])
            }
            byte => (byte, behind),
        };
        bytes.push(byte);
        rest = behind;
    }
    String::from_utf8(bytes).expect("text")
}

/// What a page has become after a browser without a window has loaded it. Nothing of the browser is
/// left behind, however it ends; what it says goes to a file, as its helpers keep pipes open.
fn loaded(page: &Path) -> Option<String> {
    let found = tool(&["chromium", "chromium-browser", "google-chrome"], "chromium")?;
    let place = tempfile::tempdir().expect("make a folder");
    let said = place.path().join("dom");
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "100"]).arg(found.get_program());
    // Root's browser has no sandbox; the pages are our own files.
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]);
    command.args(["--allow-file-access-from-files", "--virtual-time-budget=2000", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", place.path().join("user").display()));
    let path = page.to_str().expect("text");
    let address: String = path.bytes().map(|byte| format!("%{byte:02X}")).collect();
    command.arg(format!("file://{}", address.replace("%2F", "/")));
    command.stdin(Stdio::null()).stdout(File::create(&said).expect("make a file"));
    let status = command.stderr(Stdio::null()).status().expect("start the browser");
    assert!(status.success(), "the browser ended with {status} on {path}");
    Some(fs::read_to_string(&said).expect("read what the page has become"))
}

const RAN: &str = "<script>document.title='ran'</script>";

#[test]
fn a_browser_runs_nothing_that_a_student_wrote() {
    let reports = Reports::all();
    let hostile = reports.hostile("feedback", "html");
    // A page that lets it through shows that this would be seen.
    let control = reports.path("control.html");
    fs::write(&control, format!("<title>x</title>{RAN}")).expect("write a page");
    let Some(dom) = loaded(&control) else { return };
    assert!(dom.contains("<title>ran</title>"), "{dom}");
    for page in [&hostile, &reports.path("overview.html")] {
        let dom = loaded(page).expect("a browser");
        assert!(dom.contains("<h1>") && !dom.contains("<title>ran</title>"), "{dom}");
        assert!(!dom.contains("<script") && !dom.contains("<img"), "{dom}");
    }
    // Even if something came through, the page's policy stops it.
    let page = fs::read_to_string(&hostile).expect("read it");
    fs::write(&control, page.replace("</main>", &format!("{RAN}</main>"))).expect("write a page");
    let dom = loaded(&control).expect("a browser");
    assert!(dom.contains("<script") && !dom.contains("<title>ran</title>"), "{dom}");
}

#[test]
fn nothing_is_wider_than_a_telephone() {
    let reports = Reports::all();
    let control = reports.path("control.html");
    for page in [reports.hostile("feedback", "html"), reports.path("overview.html")] {
        let copy = reports.path("page.html");
        fs::copy(&page, &copy).expect("copy a page");
        let wide = "const all = this.contentDocument.documentElement; \
                    document.title = 'beyond ' + (all.scrollWidth - all.clientWidth)";
        let frame = format!(
            "<title>x</title><iframe width=360 height=640 style='border:0' src=page.html \
             onload=\"{wide}\"></iframe>"
        );
        fs::write(&control, frame).expect("write a page");
        let Some(dom) = loaded(&control) else { return };
        assert!(dom.contains("<title>beyond 0</title>"), "{dom}");
    }
}
