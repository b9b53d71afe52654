//! The doctor, asked by its verb, and what it answers.

use std::ffi::OsString;

use serde_json::Value;

use super::exhibit::{Blocked, Close, Exhibit, Fix};
use super::look::family;
use super::looks::{Stranger, is_refused};
use super::machine::User;
use super::start::{Ended, Setting};

/// For programs of which something is to be proved; it is only reached when a test fails.
const LONG: &str = "15";
/// For programs that nothing is to be proved of: until then they must not be called a deadlock.
const SHORT: &str = "1.5";

/// What the doctor printed as JSON, and how it ended.
#[derive(Debug)]
pub struct Answer {
    pub json: Value,
    pub status: Option<i32>,
}

/// Lets the doctor run an exhibit. Words in `before` are put before the doctor's own, others before
/// the exhibit's.
#[track_caller]
pub fn run(
    setting: Setting,
    exhibit: &Exhibit,
    before: &[OsString],
    between: &[OsString],
) -> Answer {
    let may_wait =
        exhibit.verdicts.iter().any(|verdict| verdict != "finished" && verdict != "deadlock");
    run_until(if may_wait { SHORT } else { LONG }, setting, exhibit, before, between)
}

/// The same, with a deadline in seconds.
#[track_caller]
pub fn run_until(
    deadline: &str,
    setting: Setting,
    exhibit: &Exhibit,
    before: &[OsString],
    between: &[OsString],
) -> Answer {
    let mut words = before.to_vec();
    words.push(setting.stage.xtask.clone().into());
    words.extend(["doctor", "--format", "json", "--deadline", deadline, "--"].map(OsString::from));
    words.extend_from_slice(between);
    words.extend(setting.stage.words(exhibit, false));
    Answer::of(setting.start(&words, exhibit.stdin).ended())
}

/// Lets this user's doctor look at a process that runs, and what is below it. Where root was
/// refused, that is right.
#[track_caller]
pub fn look_at(user: User, pid: i32) -> Answer {
    let stranger = Stranger::new(pid);
    loop {
        let setting = Setting::new(user, false);
        let mut words: Vec<OsString> = vec![setting.stage.xtask.clone().into()];
        words.extend(["doctor", "--format", "json", "--pid"].map(OsString::from));
        words.push(pid.to_string().into());
        let answer = Answer::of(setting.start(&words, super::exhibit::Stdin::Null).ended());
        if !user.sees_all() || !answer.is_refused() || stranger.stays(&answer.doubts()) {
            return answer;
        }
    }
}

impl Answer {
    #[track_caller]
    pub fn of(ended: Ended) -> Answer {
        let found = [&ended.stdout, &ended.stderr].into_iter().find_map(|text| object_in(text));
        let json = found.unwrap_or_else(|| panic!("no JSON of the doctor's: {ended:?}"));
        Answer { json, status: ended.status.code() }
    }

    pub fn verdict(&self) -> &str {
        self.json["verdict"].as_str().unwrap_or("none")
    }

    /// Whether the doctor was not allowed to look into somebody.
    pub fn is_refused(&self) -> bool {
        is_refused(&self.doubts())
    }

    fn doubts(&self) -> String {
        self.json["not_proved"].to_string()
    }

    pub fn explanation(&self) -> &str {
        self.json["explanation"].as_str().unwrap_or_default()
    }

    /// What is wrong with it, for this exhibit and these verdicts.
    pub fn wrong(&self, exhibit: &Exhibit, verdicts: &[String]) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut check = |holds: bool, what: String| {
            if !holds {
                wrong.push(what);
            }
        };
        let verdict = self.verdict();
        let is_expected = verdicts.iter().any(|expected| expected == verdict);
        check(is_expected, format!("verdict {verdict}, expected {}", verdicts.join(" or ")));
        let status = match verdict {
            "finished" => exhibit.exit,
            "deadlock" => 123,
            _ => 124,
        };
        check(self.status == Some(status), format!("exit status {:?}, not {status}", self.status));
        let proved = verdict == "deadlock";
        check(self.json["proved"] == proved, format!("proved: {}", self.json["proved"]));
        if verdict == "finished" {
            return wrong;
        }
        check(!self.explanation().is_empty(), "no explanation".to_owned());
        let all = [self.explanation(), self.json["picture"].as_str().unwrap_or_default()];
        for line in all.iter().flat_map(|text| text.lines()) {
            // A path cannot be broken.
            let is_path = line.contains('/');
            check(is_path || line.chars().count() <= 80, format!("more than 80 columns: {line}"));
        }
        wrong.extend(self.wrong_in_the_deadlock(exhibit, proved));
        wrong
    }

    fn wrong_in_the_deadlock(&self, exhibit: &Exhibit, proved: bool) -> Vec<String> {
        let mut wrong = Vec::new();
        for blocked in exhibit.blocked.iter().filter(|_| proved) {
            if !self.blocked(&blocked.role).any(|found| is_at(found, blocked)) {
                wrong.push(format!("{blocked:?} is not in its processes"));
            }
        }
        if proved {
            wrong.extend(self.wrong_fix(&exhibit.fix));
            let kind = text(&self.json["kind"]);
            if !exhibit.kinds.is_empty() && !exhibit.kinds.iter().any(|known| known == kind) {
                wrong.push(format!("kind {kind}, expected {}", exhibit.kinds.join(" or ")));
            }
        }
        for fix in list(&self.json["fix"]) {
            if !self.pipe_has(fix) {
                wrong.push(format!("the fix {fix} is none of the ends that it lists"));
            }
        }
        for word in exhibit.says.iter().filter(|_| proved) {
            if !self.explanation().to_lowercase().contains(word) {
                wrong.push(format!("its explanation has no \"{word}\""));
            }
        }
        if let Some((bytes, capacity)) = exhibit.bytes.filter(|_| proved)
            && !list(&self.json["pipes"])
                .iter()
                .any(|pipe| pipe["bytes"] == bytes && pipe["capacity"] == capacity)
        {
            wrong.push(format!("no pipe with {bytes} of {capacity} bytes"));
        }
        wrong
    }

    fn wrong_fix(&self, fix: &Fix) -> Option<String> {
        let named = list(&self.json["fix"]);
        let is = |close: &Close, found: &Value| {
            let (name, end) = (text(&found["process"]), text(&found["end"]));
            // All of these are the first and only one of theirs.
            let role = if name.starts_with("orphan-") { "orphan" } else { name };
            close.is(role, found["fd"].as_i64().unwrap_or(-1), end)
        };
        let all_known = |closes: &[Close]| {
            named.iter().all(|found| closes.iter().any(|close| is(close, found)))
        };
        let holds = match fix {
            Fix::Any => true,
            Fix::None => named.is_empty(),
            Fix::All(closes) => named.len() == closes.len() && all_known(closes),
            Fix::One(closes) => !named.is_empty() && all_known(closes),
        };
        (!holds).then(|| format!("fix {}, expected {fix:?}", self.json["fix"]))
    }

    /// What the threads of a process wait in.
    fn blocked(&self, role: &str) -> impl Iterator<Item = &Value> {
        let is_it = move |process: &&Value| is_role(text(&process["name"]), role);
        // One object for each thread.
        list(&self.json["processes"]).iter().filter(is_it).map(|thread| &thread["blocked"])
    }

    /// Whether an end to close is among the ends of its pipe.
    fn pipe_has(&self, fix: &Value) -> bool {
        let ends = format!("{}_ends", text(&fix["end"]));
        let pipe = list(&self.json["pipes"]).iter().find(|pipe| pipe["name"] == fix["pipe"]);
        pipe.is_some_and(|pipe| {
            list(&pipe[ends.as_str()])
                .iter()
                .any(|end| end["process"] == fix["process"] && end["fd"] == fix["fd"])
        })
    }

    /// Whether it names the closes that it should, proved or not.
    pub fn names(&self, fix: &Fix) -> bool {
        self.wrong_fix(fix).is_none()
    }

    /// The closes that it names.
    pub fn closes(&self) -> Vec<Close> {
        let close = |fix: &Value| Close {
            role: text(&fix["process"]).to_owned(),
            fd: fix["fd"].as_i64().and_then(|fd| i32::try_from(fd).ok()),
            end: text(&fix["end"]).to_owned(),
        };
        list(&self.json["fix"]).iter().map(close).collect()
    }
}

fn is_at(found: &Value, blocked: &Blocked) -> bool {
    let call = family(text(&found["call"])).to_owned();
    let fd = found["fd"].as_i64();
    let same_fd = blocked.fd.is_none_or(|expected| fd == Some(i64::from(expected)));
    // Who is in no call is blocked in none.
    let in_no_call = ["runs", "stopped", "traced"].iter().any(|word| blocked.calls == [*word]);
    in_no_call || (blocked.calls.contains(&call) && same_fd)
}

fn is_role(name: &str, role: &str) -> bool {
    name == role || role == "orphan" && name.starts_with("orphan-")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The doctor's object, whatever else a program has printed around it.
fn object_in(output: &str) -> Option<Value> {
    output.match_indices('{').find_map(|(at, _)| {
        let mut found = serde_json::Deserializer::from_str(&output[at..]).into_iter::<Value>();
        found.next()?.ok().filter(|json| json["format"] == "pipeworks-doctor/1")
    })
}
