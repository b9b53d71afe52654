//! What the doctor says: for people, and as the JSON that others read.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::fill::Refused;
use crate::picture;
use crate::report::{FORMAT, Report, millis};
use crate::scene::Scene;

/// How a tree was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It ended by itself.
    Finished,
    /// Nobody in it can ever go on: proved.
    Deadlock,
    /// It had not ended when the doctor stopped looking.
    Deadline,
    /// The same, and not all of it could be inspected.
    Unknown,
}

impl Verdict {
    /// In the JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Finished => "finished",
            Verdict::Deadlock => "deadlock",
            Verdict::Deadline => "deadline",
            Verdict::Unknown => "unknown",
        }
    }
}

/// Why the doctor speaks; the time is since the tree went quiet, or since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Two looks have proved a deadlock.
    Proof(Duration),
    /// Nothing has moved for so long.
    Quiet(Duration),
    /// It has done nothing but sleep for so long.
    Asleep(Duration),
    /// The deadline has passed.
    Deadline(Duration),
    /// A signal, from a person as a rule, has ended it or was to end it.
    Interrupt(Duration),
    /// It was asked to look.
    Look(Duration),
}

/// A diagnosis, as its JSON object. Cheap to keep in a report.
#[derive(Clone, PartialEq, Eq)]
pub struct Diagnosis {
    json: Value,
}

impl fmt::Debug for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Diagnosis({})", self.short())
    }
}

impl Diagnosis {
    /// Of a tree that has ended by itself with this status.
    #[must_use]
    pub fn finished(status: u8, after: Duration) -> Diagnosis {
        let explanation = format!("finished after {} ms, exit status {status}", after.as_millis());
        let json = json!({
            "format": FORMAT,
            "verdict": Verdict::Finished.name(),
            "proved": false,
            "after_ms": millis(after),
            "exit_status": status,
            "processes": [],
            "pipes": [],
            "fix": [],
            "explanation": explanation,
            "short": explanation,
        });
        Diagnosis { json }
    }

    /// Of a tree that was looked at.
    #[must_use]
    pub fn of(scene: &Scene, occasion: Occasion, refused: Refused) -> Diagnosis {
        Diagnosis { json: Report::json(scene, occasion, refused) }
    }

    /// Reads one back.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_json(json: &Value) -> anyhow::Result<Diagnosis> {
        ensure!(json["format"] == FORMAT, "the key `format` is not `{FORMAT}`");
        for key in ["verdict", "explanation", "short"] {
            json[key].as_str().with_context(|| format!("the key `{key}` is not a string"))?;
        }
        Ok(Diagnosis { json: json.clone() })
    }

    /// The object of `doctor --format json`.
    #[must_use]
    pub fn to_json(&self) -> &Value {
        &self.json
    }

    fn text_of(&self, key: &str) -> &str {
        self.json[key].as_str().unwrap_or_default()
    }

    /// `finished`, `deadlock`, `deadline`, `unknown`.
    #[must_use]
    pub fn verdict(&self) -> &str {
        self.text_of("verdict")
    }

    /// Whether it is a deadlock, proved.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.json["proved"] == true
    }

    /// Whether all of it is stuck, as in a deadlock, and nothing speaks against a proof.
    #[must_use]
    pub fn is_undoubted(&self) -> bool {
        self.kind().is_some() && self.json["not_proved"].as_array().is_some_and(Vec::is_empty)
    }

    /// The ID of the kind of hang; `None` where the tree may go on.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.json["kind"].as_str()
    }

    /// All of it in words, without the picture.
    #[must_use]
    pub fn explanation(&self) -> &str {
        self.text_of("explanation")
    }

    /// The same in at most twelve lines, and one that names the page. Of both, the first says how
    /// the tree was found, the rest why.
    #[must_use]
    pub fn short(&self) -> &str {
        self.text_of("short")
    }

    /// All of it, for a terminal of this process's locale.
    #[must_use]
    pub fn text_here(&self) -> String {
        self.text(picture::only_ascii())
    }

    /// All of it, for a terminal, which may know only ASCII.
    #[must_use]
    pub fn text(&self, ascii: bool) -> String {
        let picture = self.text_of("picture");
        let picture = if ascii { picture::to_ascii(picture) } else { picture.to_owned() };
        let gap = if picture.is_empty() { "" } else { "\n\n" };
        format!("{}{gap}{}\n", self.explanation(), picture.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::Direction;
    use crate::scene::{Cause, Wait, Want, Why};
    use crate::stage::Stage;

    fn of(stage: &Stage, occasion: Occasion) -> Diagnosis {
        Diagnosis::of(&stage.scene, occasion, None)
    }

    const PROOF: Occasion = Occasion::Proof(Duration::from_millis(38));

    /// The example of the notes: `sh` waits, `wc` has its own write end.
    fn leak() -> Stage {
        let mut stage = Stage::default();
        let parent = stage.process(None, "sh");
        let (wc, cat) = (stage.program(parent, "wc"), stage.program(parent, "cat"));
        stage.thread(parent, "wait4", Wait::Child(None));
        let (a, b) = (stage.pipe(), stage.pipe());
        stage.waits_to_read(a, wc, 0);
        stage.writes(a, wc, 4);
        stage.writes(b, wc, 1);
        stage.waits_to_read(b, cat, 0);
        stage.scene.pipes[a].bytes = Some(0);
        stage.scene.pipes[a].capacity = Some(65536);
        stage
    }

    #[test]
    fn a_report_reads_like_this() {
        let text = of(&leak(), PROOF).text(false);
        assert_eq!(
            text,
            "\
deadlock, proved after 38 ms
  parent (sh) waits in wait4 for any child to end
  child-1 (wc) is blocked in read(0) on pipe A: empty, and its write end is
    still open in child-1 (wc) as fd 4
  child-2 (cat) is blocked in read(0) on pipe B: empty, and its write end is
    still open in child-1 (wc) as fd 1
fix: child-1 (wc) never closed fd 4, its copy of the write end of pipe A. With
  it closed, every process can go on.
pipe A: 0 of 65536 bytes; write end: child-1 (wc) fd 4; read end: child-1 (wc)
  fd 0
pipe B; write end: child-1 (wc) fd 1; read end: child-2 (cat) fd 0
see: cargo xtask run lesson-01 -- leaked-write-end
read: book/src/hangs/leaked-write-end.md

parent (sh)
├─ any child ─▶ child-1 (wc)
│  └─ pipe A ─▶ itself, fd 4
└─ any child ─▶ child-2 (cat)
   └─ pipe B ─▶ child-1 (wc), fd 1 (above)
"
        );
    }

    #[test]
    fn without_a_proof_it_may_still_be_undoubted() {
        let look = Occasion::Look(Duration::from_millis(100));
        assert!(of(&leak(), look).is_undoubted());
        let mut doubted = leak();
        doubted.scene.doubts.push("has a timer".to_owned());
        assert!(!of(&doubted, look).is_undoubted());
        let mut moving = Stage::default();
        let process = moving.process(None, "sh");
        let words = "runs".to_owned();
        moving.thread(process, "none", Wait::Moves(Why { cause: Cause::Runs, words }));
        assert!(!of(&moving, look).is_undoubted());
    }

    #[test]
    fn the_form_is_the_one_that_others_read() {
        let diagnosis = of(&leak(), PROOF);
        let json = diagnosis.to_json();
        assert_eq!(json["verdict"], "deadlock");
        assert_eq!((&json["proved"], &json["after_ms"]), (&json!(true), &json!(38)));
        let blocked = json!({"call": "read", "fd": 0, "pipe": "A"});
        assert_eq!(json["processes"][1]["name"], "child-1");
        assert_eq!(json["processes"][1]["blocked"], blocked);
        assert_eq!(json["pipes"][0]["write_ends"], json!([{"process": "child-1", "fd": 4}]));
        let fix = json!([{"process": "child-1", "fd": 4, "pipe": "A", "end": "write"}]);
        assert_eq!(json["fix"], fix);
        assert_eq!(
            (&json["kind"], &json["lesson"]),
            (&json!("leaked-write-end"), &json!("lesson-01"))
        );
        assert_eq!(json["part"], "leaked-write-end");
        assert_eq!(json["page"], "book/src/hangs/leaked-write-end.md");
        assert_eq!(json["explanation"], diagnosis.explanation());
        let back = Diagnosis::from_json(json).expect("our own diagnosis");
        assert_eq!(back, diagnosis);
        assert!(Diagnosis::from_json(&json!({"format": "other"})).is_err());
    }

    #[test]
    fn everything_fits_in_80_columns_and_ascii_is_ascii() {
        let mut stage = leak();
        stage.scene.processes[1].command = "a-long-command-".to_owned();
        for _ in 0..40 {
            stage.process(Some(0), "another-program");
            let last = stage.scene.processes.len() - 1;
            let pipe = stage.pipe();
            stage.waits_to_read(pipe, last, 3);
            stage.writes(pipe, last, 4);
        }
        let diagnosis = of(&stage, PROOF);
        for text in [diagnosis.text(false), diagnosis.text(true), diagnosis.short().to_owned()] {
            let longest = text.lines().map(|line| line.chars().count()).max();
            assert!(longest <= Some(80), "{text}");
        }
        assert!(diagnosis.text(true).is_ascii());
        assert!(diagnosis.short().lines().count() <= 13, "{}", diagnosis.short());
        assert!(diagnosis.short().contains("fix: "), "{}", diagnosis.short());
        assert!(diagnosis.short().ends_with("\nread: book/src/hangs/leaked-write-end.md"));
    }

    #[test]
    fn what_may_go_on_is_no_deadlock() {
        let mut stage = leak();
        stage.sleeps(2);
        let diagnosis = of(&stage, Occasion::Deadline(Duration::from_secs(2)));
        assert_eq!((diagnosis.verdict(), diagnosis.is_proved()), ("deadline", false));
        assert_eq!(diagnosis.kind(), None);
        assert_eq!(diagnosis.to_json()["page"], json!(null));
        let text = diagnosis.explanation();
        assert!(text.starts_with("its deadline passed after 2000 ms; not a deadlock"), "{text}");
        assert!(text.contains("may go on: child-2 (cat), thread 2 sleeps in nanosleep."), "{text}");
    }

    #[test]
    fn of_a_copy_it_is_not_said_for_which_pipe_it_waits_where_that_is_not_known() {
        let mut stage = Stage::default();
        let parent = stage.process(None, "one");
        let (from, to) = (stage.pipe(), stage.pipe());
        stage.writes(from, parent, 4);
        stage.reads(to, parent, 5);
        let want = |pipe, direction, fd| Want::Pipe { pipe, direction, fd };
        let wants = vec![want(from, Direction::Read, 3), want(to, Direction::Write, 6)];
        stage.thread(parent, "splice", Wait::Any(wants));
        let text = of(&stage, PROOF).text(false).replace("\n    ", " ");
        assert!(text.contains("pipe A is perhaps empty"), "{text}");
        assert!(text.contains("pipe B is perhaps full"), "{text}");
    }

    #[test]
    fn what_cannot_be_inspected_is_unknown() {
        let mut stage = leak();
        let words = "cannot be inspected".to_owned();
        stage.scene.threads[1].wait =
            Wait::Moves(crate::scene::Why { cause: Cause::Hidden, words });
        let diagnosis = of(&stage, Occasion::Quiet(Duration::from_millis(400)));
        assert_eq!(diagnosis.verdict(), "unknown");
        assert!(diagnosis.explanation().contains("not proved: child-1 (wc) cannot be inspected."));
    }

    #[test]
    fn a_doubt_leads_away_from_a_proof_and_keeps_the_words() {
        let mut stage = leak();
        stage.scene.threads[1].doubts.push("has a timer".to_owned());
        let diagnosis = of(&stage, Occasion::Deadline(Duration::from_secs(2)));
        assert_eq!(diagnosis.verdict(), "deadline");
        assert_eq!(diagnosis.kind(), Some("leaked-write-end"));
        assert!(diagnosis.explanation().contains("fix: child-1 (wc) never closed fd 4"));
        assert!(diagnosis.explanation().contains("not proved: child-1 (wc) has a timer."));
    }

    #[test]
    fn who_has_ended_is_not_stuck() {
        let diagnosis = Diagnosis::finished(3, Duration::from_millis(5));
        assert_eq!(diagnosis.verdict(), "finished");
        assert_eq!(diagnosis.to_json()["exit_status"], 3);
        assert_eq!(Diagnosis::from_json(diagnosis.to_json()).expect("our own"), diagnosis);
    }
}
