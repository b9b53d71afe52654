//! A program of the museum, and what its header says of it.
//!
//! The header is the only place where this stands: lines of prose, then lines of `key: value`.
//!
//! - `verdict`: what the doctor must say; several that would be right with ` | ` between them.
//! - `ordinary`: the same where an ordinary user asks, if it differs.
//! - `kind`: the kind of hang that it names; several as above.
//! - `blocked`: process, call (`one|another`), descriptor (may be left out): where a thread is when
//!   nothing moves any more.
//! - `fix`: process, descriptor (`*`: any), end: a close that the doctor names. One line for each
//!   of those that are needed together; ` | ` between those of which one is enough; `none`: it
//!   names no close; `any`: it may name what it likes.
//! - `says`: a word that its explanation has.
//! - `bytes`: `N of M`: what some pipe holds and how much would fit.
//! - `place`: `private` or `shared`: who may reach the directory in which it runs.
//! - `stdin`: `held`: a pipe whose write end the test has; `unread`: one whose read end the test
//!   has; `socket`; `eventfd`; `terminal`.
//! - `exit`: its exit status where it ends by itself, if not 0.
//! - `twin`: `none`: no mended form of it ends by itself.
//! - `needs`: what the kernel may not have; the program says so with status 77.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use fixture::skip::missing;

/// A program and what is expected of it.
#[derive(Clone, Debug)]
pub struct Exhibit {
    pub name: String,
    pub source: PathBuf,
    pub verdicts: Vec<String>,
    pub ordinary: Vec<String>,
    /// Empty: any.
    pub kinds: Vec<String>,
    pub blocked: Vec<Blocked>,
    pub fix: Fix,
    pub says: Vec<String>,
    pub bytes: Option<(u64, u64)>,
    pub shared: bool,
    pub stdin: Stdin,
    pub exit: i32,
    pub has_twin: bool,
    pub needs: Option<String>,
}

/// Where a thread is when nothing moves any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    pub role: String,
    /// As [`super::look::family`] has it; any of these.
    pub calls: Vec<String>,
    pub fd: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// The doctor may name what it likes.
    Any,
    /// It names no close.
    None,
    /// All of these, no others.
    All(Vec<Close>),
    /// Exactly one of these, or all of them as alternatives.
    One(Vec<Close>),
}

/// One descriptor to close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    pub role: String,
    /// `None`: whichever it is.
    pub fd: Option<i32>,
    pub end: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdin {
    Null,
    Held,
    Unread,
    Socket,
    Eventfd,
    Terminal,
}

/// The folder with the programs.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/museum")
}

/// All of them, by name.
pub fn all() -> Vec<Exhibit> {
    let entries = fs::read_dir(folder()).expect("list the museum");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension() != Some(OsStr::new("h")));
    paths.sort();
    paths.iter().map(|path| Exhibit::read(path)).collect()
}

/// The one with this name.
#[track_caller]
pub fn named(name: &str) -> Exhibit {
    let found = all().into_iter().find(|exhibit| exhibit.name == name);
    found.unwrap_or_else(|| panic!("the museum has no {name}"))
}

impl Exhibit {
    fn read(path: &Path) -> Exhibit {
        let text = fs::read_to_string(path).expect("read a program of the museum");
        let name = path.file_stem().and_then(OsStr::to_str).expect("a name").to_owned();
        let header: Vec<(&str, &str)> = text.lines().filter_map(key_and_value).collect();
        let find = |wanted: &str| -> Vec<&str> {
            header.iter().filter(|(key, _)| *key == wanted).map(|(_, value)| *value).collect()
        };
        let alternatives = |key: &str| -> Vec<String> {
            find(key).iter().flat_map(|value| value.split(" | ")).map(str::to_owned).collect()
        };
        let verdicts = alternatives("verdict");
        assert!(!verdicts.is_empty(), "{name}: no line `verdict: …` in its header");
        let ordinary = alternatives("ordinary");
        Exhibit {
            ordinary: if ordinary.is_empty() { verdicts.clone() } else { ordinary },
            verdicts,
            kinds: alternatives("kind"),
            blocked: find("blocked").iter().map(|line| Blocked::parse(line)).collect(),
            fix: Fix::parse(&find("fix")),
            says: find("says").iter().map(|&word| word.to_owned()).collect(),
            bytes: find("bytes").first().map(|value| {
                let (bytes, capacity) = value.split_once(" of ").expect("`N of M`");
                (bytes.parse().expect("a number"), capacity.parse().expect("a number"))
            }),
            shared: find("place") == ["shared"],
            stdin: match find("stdin")[..] {
                [] => Stdin::Null,
                ["held"] => Stdin::Held,
                ["unread"] => Stdin::Unread,
                ["socket"] => Stdin::Socket,
                ["eventfd"] => Stdin::Eventfd,
                ["terminal"] => Stdin::Terminal,
                ref other => panic!("{name}: stdin: {other:?}"),
            },
            exit: find("exit").first().map_or(0, |code| code.parse().expect("an exit status")),
            has_twin: find("twin") != ["none"],
            needs: find("needs").first().map(|&what| what.to_owned()),
            source: path.to_owned(),
            name,
        }
    }

    /// Whether a program that ended with this status has said that the kernel lacks what it needs.
    #[track_caller]
    pub fn is_missing(&self, status: Option<i32>) -> bool {
        let what = self.needs.as_ref().filter(|_| status == Some(77));
        if let Some(what) = what {
            missing(&format!("{}: this kernel has no {what}", self.name));
        }
        what.is_some()
    }

    /// A part of it waits on a FIFO. Asked by `--pid`, the doctor proves nothing of that: he cannot
    /// know who else has been told of it.
    pub fn uses_a_fifo(&self) -> bool {
        let text = fs::read_to_string(&self.source).expect("read a program of the museum");
        text.contains("mkfifo")
    }

    /// It ends by itself as it is: nothing of it hangs for good.
    pub fn ends(&self) -> bool {
        self.verdicts == ["finished"]
    }
}

const KEYS: [&str; 12] = [
    "verdict", "ordinary", "kind", "blocked", "fix", "says", "bytes", "place", "stdin", "exit",
    "twin", "needs",
];

/// `key: value` behind whatever begins a comment.
fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches(['/', '!', '#', '"']).trim();
    let (key, value) = line.split_once(": ")?;
    KEYS.contains(&key).then_some((key, value))
}

impl Blocked {
    fn parse(line: &str) -> Blocked {
        let words: Vec<&str> = line.split(' ').collect();
        let [role, call, ref fd @ ..] = words[..] else { panic!("blocked: {line}") };
        let fd = fd.first().map(|fd| fd.parse().expect("a descriptor"));
        Blocked { role: role.to_owned(), calls: call.split('|').map(str::to_owned).collect(), fd }
    }
}

impl Fix {
    fn parse(lines: &[&str]) -> Fix {
        match lines {
            [] | ["any"] => Fix::Any,
            ["none"] => Fix::None,
            [one] if one.contains(" | ") => Fix::One(one.split(" | ").map(Close::parse).collect()),
            lines => Fix::All(lines.iter().map(|line| Close::parse(line)).collect()),
        }
    }

    /// The closes that free everybody.
    pub fn closes(&self) -> Vec<Close> {
        match self {
            Fix::Any | Fix::None => Vec::new(),
            Fix::All(closes) => closes.clone(),
            Fix::One(closes) => closes[..1].to_vec(),
        }
    }
}

impl Close {
    fn parse(line: &str) -> Close {
        let words: Vec<&str> = line.split(' ').collect();
        let [role, fd, end] = words[..] else { panic!("fix: {line}") };
        let fd = (fd != "*").then(|| fd.parse().expect("a descriptor"));
        Close { role: role.to_owned(), fd, end: end.to_owned() }
    }

    pub fn is(&self, role: &str, fd: i64, end: &str) -> bool {
        let same_fd = self.fd.is_none_or(|own| i64::from(own) == fd);
        self.role == role && same_fd && self.end == end
    }
}
