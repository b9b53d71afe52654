//! The wait-for graph as a picture of text, at most 80 columns wide.
//!
//! ```text
//! parent (sh)
//! └─ its child ─▶ child-1 (wc)
//!    └─ pipe A ─▶ itself, fd 4
//! ```

use std::env;

use crate::fixpoint::Graph;
use crate::scene::{Beyond, ProcessId, Scene, ThreadId, Wait, Want};
use crate::words::COLUMNS;

/// A picture with more lines than this shows nobody anything.
const LINES_MAX: usize = 24;
const DEPTH_MAX: usize = 12;
/// Of a wait for many, so many are drawn.
const TARGETS_MAX: usize = 4;

/// Draws who waits for whom, beginning with the program itself.
#[must_use]
pub fn draw(graph: &Graph) -> String {
    let scene = graph.scene;
    let count = scene.processes.len();
    let mut pen = Pen { graph, roles: scene.roles(), drawn: vec![false; count], lines: Vec::new() };
    for process in 0..count {
        if !pen.drawn[process] && !pen.is_full() {
            let role = pen.roles[process].clone();
            pen.lines.push(role);
            pen.below(process, "", 0);
        }
    }
    if pen.is_full() {
        pen.lines.truncate(LINES_MAX - 1);
        pen.lines.push("(and more)".to_owned());
    }
    pen.lines.iter().map(|line| cut(line) + "\n").collect()
}

/// The same for a terminal that knows no other characters.
#[must_use]
pub fn to_ascii(picture: &str) -> String {
    let replaced = picture.chars().map(|c| match c {
        '└' => '`',
        '├' | '│' => '|',
        '─' => '-',
        '▶' => '>',
        _ if c.is_ascii() => c,
        _ => '?',
    });
    replaced.collect()
}

/// Whether the locale (locale(7)) knows no more than ASCII.
#[must_use]
pub fn only_ascii() -> bool {
    let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
    let locale = locale.unwrap_or_default().to_lowercase();
    !locale.contains("utf-8") && !locale.contains("utf8")
}

fn cut(line: &str) -> String {
    if line.chars().count() <= COLUMNS {
        return line.to_owned();
    }
    line.chars().take(COLUMNS - 3).chain("...".chars()).collect()
}

struct Pen<'a> {
    graph: &'a Graph<'a>,
    roles: Vec<String>,
    drawn: Vec<bool>,
    lines: Vec<String>,
}

/// For whom, or what, a thread waits.
enum Target {
    Process { process: ProcessId, fd: Option<i32> },
    Other(String),
}

impl Pen<'_> {
    fn is_full(&self) -> bool {
        self.lines.len() >= LINES_MAX
    }

    fn below(&mut self, process: ProcessId, indent: &str, depth: usize) {
        self.drawn[process] = true;
        let threads = self.graph.threads_of(process).to_vec();
        let mut edges: Vec<(String, Target)> = Vec::new();
        for (number, &id) in threads.iter().enumerate() {
            for (label, target) in targets(self.graph.scene, id) {
                let label = if threads.len() > 1 {
                    format!("thread {}: {label}", number + 1)
                } else {
                    label
                };
                edges.push((label, target));
            }
        }
        let count = edges.len();
        for (at, (label, target)) in edges.into_iter().enumerate() {
            if self.is_full() {
                return;
            }
            let is_last = at + 1 == count;
            let (corner, further) = if is_last { ("└", "   ") } else { ("├", "│  ") };
            let start = format!("{indent}{corner}─ {label} ─▶ ");
            match target {
                Target::Other(what) => self.lines.push(start + &what),
                Target::Process { process: other, fd } => {
                    let fd = fd.map_or(String::new(), |fd| format!(", fd {fd}"));
                    if other == process {
                        self.lines.push(format!("{start}itself{fd}"));
                    } else if self.drawn[other] || depth >= DEPTH_MAX {
                        self.lines.push(format!("{start}{}{fd} (above)", self.roles[other]));
                    } else {
                        self.lines.push(format!("{start}{}{fd}", self.roles[other]));
                        self.below(other, &format!("{indent}{further}"), depth + 1);
                    }
                }
            }
        }
    }
}

fn targets(scene: &Scene, id: ThreadId) -> Vec<(String, Target)> {
    let thread = &scene.threads[id];
    let other = |label: &str, what: &str| vec![(label.to_owned(), Target::Other(what.to_owned()))];
    match &thread.wait {
        Wait::Moves(why) => other("not stuck", &why.words),
        Wait::Any(wants) => wants_of(scene, wants),
        Wait::Open { pipe, direction } => {
            let label = format!("opens {}", scene.pipe_name(*pipe));
            let way = crate::words::gerund(direction.opposite());
            other(&label, &format!("nobody opens it for {way}"))
        }
        Wait::Child(Some(child)) => {
            vec![("its child".to_owned(), Target::Process { process: *child, fd: None })]
        }
        Wait::Child(None) | Wait::Vfork => {
            let is_child =
                |process: &ProcessId| scene.processes[*process].parent == Some(thread.process);
            let all: Vec<ProcessId> = (0..scene.processes.len()).filter(is_child).collect();
            let label = if all.len() > 1 { "any child" } else { "its child" };
            some(
                all.into_iter()
                    .map(|process| (label.to_owned(), Target::Process { process, fd: None })),
            )
        }
        Wait::Join(_) => other("joins", "its own thread"),
        Wait::Siblings => other("a lock", "its own threads"),
        Wait::Signal => other("a signal", "nobody in the tree"),
    }
}

fn wants_of(scene: &Scene, wants: &[Want]) -> Vec<(String, Target)> {
    let mut found = Vec::new();
    for want in wants {
        match want {
            Want::Pipe { pipe, direction, .. } => {
                let label = scene.pipe_name(*pipe);
                let ends = scene.pipes[*pipe].ends(direction.opposite());
                found.extend(ends.map(|end| {
                    let target = Target::Process { process: end.process, fd: Some(end.fd) };
                    (label.clone(), target)
                }));
                if let Beyond::Somebody(who) = scene.pipes[*pipe].beyond(direction.opposite()) {
                    found.push((label, Target::Other(who.clone())));
                }
            }
            Want::Exit { process, .. } => {
                let target = Target::Process { process: *process, fd: None };
                found.push(("its end".to_owned(), target));
            }
            Want::Anyone { what, .. } => {
                found.push((what.clone(), Target::Other("anybody in the tree".to_owned())));
            }
        }
    }
    some(found.into_iter())
}

fn some(all: impl Iterator<Item = (String, Target)>) -> Vec<(String, Target)> {
    let mut all: Vec<_> = all.collect();
    if all.len() > TARGETS_MAX {
        let more = all.split_off(TARGETS_MAX - 1).len();
        all.push(("and".to_owned(), Target::Other(format!("{more} more"))));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Stage;

    #[test]
    fn a_deep_picture_is_cut_and_a_large_one_ends() {
        let mut stage = Stage::default();
        let mut above = stage.process(None, "a-program-name-");
        for _ in 0..10 {
            stage.thread(above, "wait4", Wait::Child(None));
            above = stage.process(Some(above), "a-program-name-");
        }
        stage.thread(above, "pause", Wait::Signal);
        let deep = draw(&Graph::new(&stage.scene));
        let columns = deep.lines().map(|line| line.chars().count()).max();
        assert_eq!(columns, Some(COLUMNS), "{deep}");
        assert!(deep.contains("..."), "{deep}");
        for _ in 0..50 {
            let orphan = stage.process(None, "orphan");
            stage.thread(orphan, "pause", Wait::Signal);
        }
        let large = draw(&Graph::new(&stage.scene));
        assert_eq!(large.lines().count(), LINES_MAX, "{large}");
        assert!(large.ends_with("(and more)\n"), "{large}");
        assert!(to_ascii(&large).is_ascii());
    }
}
