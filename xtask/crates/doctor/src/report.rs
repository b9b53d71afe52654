//! A scene and what was found out about it, put together.

use std::time::Duration;

use serde_json::{Value, json};

use crate::calls::Direction;
use crate::cure::Close;
use crate::diagnosis::{Occasion, Verdict};
use crate::fill::Refused;
use crate::fix;
use crate::fixpoint::Graph;
use crate::pattern::{Finding, find};
use crate::picture;
use crate::scene::{Beyond, Cause, End, Scene, Thread, Wait};
use crate::words::{self, wrap};

pub const FORMAT: &str = "pipeworks-doctor/1";
/// So many threads are described in words; all of them are in the JSON.
const THREADS_MAX: usize = 24;
/// So many reasons are given why there is no proof.
const REASONS_MAX: usize = 3;
/// Of so many threads nobody has to search for the one that may go on.
const FEW_THREADS: usize = 2;
/// Lines of the short form, before the one that names the page.
const SHORT_LINES: usize = 12;

fn more(threads: usize) -> String {
    format!("  and {threads} more thread{}", if threads == 1 { "" } else { "s" })
}

pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

pub struct Report<'a> {
    scene: &'a Scene,
    roles: Vec<String>,
    occasion: Occasion,
    /// Where all threads are stuck.
    finding: Option<Finding>,
    refused: Refused,
}

impl Report<'_> {
    fn verdict(&self) -> Verdict {
        let is_hidden = |thread: &Thread| match &thread.wait {
            Wait::Moves(why) => why.cause == Cause::Hidden,
            _ => false,
        };
        match self.occasion {
            Occasion::Proof(_) => Verdict::Deadlock,
            _ if self.scene.threads.iter().any(is_hidden) => Verdict::Unknown,
            _ => Verdict::Deadline,
        }
    }

    /// One line.
    fn title(&self) -> String {
        let how = match (self.verdict(), &self.finding) {
            (Verdict::Unknown, _) => "not all of it can be inspected",
            (_, Some(_)) => "probably a deadlock, but not proved",
            _ => "not a deadlock, as far as can be seen",
        };
        match self.occasion {
            Occasion::Proof(time) => format!("deadlock, proved after {} ms", time.as_millis()),
            Occasion::Quiet(time) => format!("nothing moved for {} ms; {how}", time.as_millis()),
            Occasion::Asleep(time) => format!("it slept for {} ms; {how}", time.as_millis()),
            Occasion::Deadline(time) => {
                format!("its deadline passed after {} ms; {how}", time.as_millis())
            }
            Occasion::Interrupt(time) => {
                format!("interrupted after {} ms; {how}", time.as_millis())
            }
            Occasion::Look(_) => format!("it still runs; {how}"),
        }
    }

    /// A wrapped line or more for each thread.
    fn threads(&self) -> Vec<Vec<String>> {
        let count = self.scene.threads.len();
        let shown = 0..count.min(THREADS_MAX);
        let mut all: Vec<Vec<String>> =
            shown.map(|id| wrap(&words::thread(self.scene, &self.roles, id), 2, 4)).collect();
        if count > THREADS_MAX {
            all.push(vec![more(count - THREADS_MAX)]);
        }
        all
    }

    /// What to do, or why nothing is proved.
    fn conclusion(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(finding) = &self.finding {
            let cure = finding.cure.as_ref();
            let fixes = cure.map_or(Vec::new(), |cure| fix::words(self.scene, &self.roles, cure));
            lines.extend(fixes.iter().flat_map(|line| {
                let rest = if line.starts_with('-') { 4 } else { 2 };
                wrap(line, if rest == 4 { 2 } else { 0 }, rest)
            }));
            let label = if cure.is_some() { "also" } else { "advice" };
            let advice = finding.advice.iter();
            lines.extend(advice.flat_map(|advice| wrap(&format!("{label}: {advice}"), 0, 2)));
        }
        let label = match self.finding {
            None if self.verdict() == Verdict::Deadline => "may go on",
            _ => "not proved",
        };
        // Of few threads it stands above, word for word.
        let is_said = |line: &String| {
            self.finding.is_none()
                && self.scene.threads.len() <= FEW_THREADS
                && (0..self.scene.threads.len())
                    .any(|id| words::thread(self.scene, &self.roles, id) == *line)
        };
        let reasons = self.reasons().into_iter().filter(|line| !is_said(line)).take(REASONS_MAX);
        lines.extend(reasons.flat_map(|line| wrap(&format!("{label}: {line}."), 0, 2)));
        lines
    }

    /// Why nothing is proved, where it is not.
    fn reasons(&self) -> Vec<String> {
        match (&self.occasion, &self.finding) {
            (Occasion::Proof(_), _) => Vec::new(),
            (_, Some(_)) => self.scene.all_doubts(),
            (_, None) => words::movers(self.scene, &self.roles),
        }
    }

    fn lesson(&self) -> Option<(&'static str, &'static str)> {
        self.finding.as_ref()?.kind.lesson()
    }

    fn see(&self) -> Option<String> {
        let (lesson, part) = self.lesson()?;
        Some(format!("cargo xtask run {lesson} -- {part}"))
    }

    /// The page that explains a hang of this kind.
    fn page(&self) -> Option<String> {
        Some(self.finding.as_ref()?.kind.page())
    }

    fn read(&self) -> Option<String> {
        self.page().map(|page| format!("read: {page}"))
    }

    fn explanation(&self) -> String {
        let mut lines = vec![self.title()];
        lines.extend(self.threads().concat());
        lines.extend(self.conclusion());
        let pipes = 0..self.scene.pipes.len().min(THREADS_MAX);
        lines
            .extend(pipes.flat_map(|pipe| wrap(&words::pipe(self.scene, &self.roles, pipe), 0, 2)));
        lines.extend(self.refused.iter().flat_map(|line| wrap(line, 0, 2)));
        lines.extend(self.see().map(|see| format!("see: {see}")));
        lines.extend(self.read());
        lines.join("\n")
    }

    /// The title, as many threads as there is room for, all of the conclusion; and the page.
    fn short(&self) -> String {
        let mut conclusion = self.conclusion();
        // Room for the title, one thread, and the others' number.
        conclusion.truncate(SHORT_LINES - 4);
        let room = SHORT_LINES - 1 - conclusion.len();
        let threads = self.threads();
        let mut lines = vec![self.title()];
        if threads.iter().map(Vec::len).sum::<usize>() <= room {
            lines.extend(threads.concat());
        } else {
            let mut used = 0;
            let fits = |lines: &&Vec<String>| {
                used += lines.len();
                used < room
            };
            let shown: Vec<&Vec<String>> = threads.iter().take_while(fits).collect();
            let hidden = self.scene.threads.len() - shown.len();
            lines.extend(shown.into_iter().flatten().cloned());
            lines.push(more(hidden));
        }
        lines.extend(conclusion);
        lines.extend(self.read());
        lines.join("\n")
    }

    /// The object of `doctor --format json`.
    pub fn json(scene: &Scene, occasion: Occasion, refused: Refused) -> Value {
        let graph = Graph::new(scene);
        let finding = graph.all_stuck().then(|| find(&graph));
        Report { scene, roles: scene.roles(), occasion, finding, refused }.to_json(&graph)
    }

    fn to_json(&self, graph: &Graph) -> Value {
        let verdict = self.verdict();
        let (Occasion::Proof(after)
        | Occasion::Quiet(after)
        | Occasion::Asleep(after)
        | Occasion::Deadline(after)
        | Occasion::Interrupt(after)
        | Occasion::Look(after)) = self.occasion;
        let finding = self.finding.as_ref();
        json!({
            "format": FORMAT,
            "verdict": verdict.name(),
            "proved": verdict == Verdict::Deadlock,
            "after_ms": millis(after),
            "exit_status": null,
            "kind": finding.map(|finding| finding.kind.id()),
            "processes": self.processes(),
            "pipes": (0..self.scene.pipes.len()).map(|pipe| self.pipe(pipe)).collect::<Vec<_>>(),
            "fix": self.fix(),
            "is_one_of_several":
                finding.and_then(|found| found.cure.as_ref()).is_some_and(|c| c.is_one_of_several),
            "advice": finding.and_then(|finding| finding.advice.clone()),
            "see": self.see(),
            "lesson": self.lesson().map(|(lesson, _)| lesson),
            "part": self.lesson().map(|(_, part)| part),
            "page": self.page(),
            "not_proved": self.reasons(),
            "explanation": self.explanation(),
            "short": self.short(),
            "picture": picture::draw(graph),
        })
    }

    /// `child-1` of `child-1 (wc)`: the JSON has the command beside it.
    fn name(&self, process: usize) -> &str {
        let role = &self.roles[process];
        role.split_once(" (").map_or(role.as_str(), |(name, _)| name)
    }

    /// One object for each thread: a process with several stands there several times.
    fn processes(&self) -> Vec<Value> {
        let one = |thread: &Thread| {
            let process = &self.scene.processes[thread.process];
            let pipe = thread.pipes().next().map(|(pipe, ..)| pipe);
            let opened = match thread.wait {
                Wait::Open { pipe, .. } => Some(pipe),
                _ => None,
            };
            json!({
                "name": self.name(thread.process),
                "pid": process.pid,
                "tid": thread.tid,
                "command": process.command,
                "blocked": thread.call.as_ref().map(|call| json!({
                    "call": call,
                    "fd": thread.fd,
                    "pipe": pipe.or(opened).map(Scene::letter),
                })),
            })
        };
        self.scene.threads.iter().map(one).collect()
    }

    fn pipe(&self, id: usize) -> Value {
        let pipe = &self.scene.pipes[id];
        let ends = |direction| -> Vec<Value> {
            let one = |end: &End| json!({"process": self.name(end.process), "fd": end.fd});
            let mut all: Vec<Value> = pipe.ends(direction).map(one).collect();
            if let Beyond::Somebody(who) = pipe.beyond(direction) {
                all.push(json!({"process": who, "fd": null}));
            }
            all
        };
        json!({
            "name": Scene::letter(id),
            "kind": if pipe.path.is_some() { "fifo" } else { "pipe" },
            "path": pipe.path,
            "bytes": pipe.bytes,
            "capacity": pipe.capacity,
            "write_ends": ends(Direction::Write),
            "read_ends": ends(Direction::Read),
        })
    }

    fn fix(&self) -> Vec<Value> {
        let cure = self.finding.as_ref().and_then(|finding| finding.cure.as_ref());
        let closes = cure.map_or(&[][..], |cure| cure.closes.as_slice());
        let one = |close: &Close| {
            json!({
                "process": self.name(close.end.process),
                "fd": close.end.fd,
                "pipe": Scene::letter(close.pipe),
                "end": close.end.direction.name(),
            })
        };
        closes.iter().map(one).collect()
    }
}
