//! The report's JSON form.
//!
//! By hand and not derived: serde's derive costs a first build more time than all of the launcher,
//! and the first build is what a student waits for.

use anyhow::{Context, bail};
use doctor::{Diagnosis, Direction, Holder, Stuck};
use serde_json::{Value, json};

use crate::limits::Limit;
use crate::report::{Ended, Report};

impl Report {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "ended": ended_to_json(&self.ended),
            "wall_ms": self.wall_ms,
            "cpu_ms": self.cpu_ms,
            "peak_memory_kib": self.peak_memory_kib,
            "stdout_bytes": self.stdout_bytes,
            "stderr_bytes": self.stderr_bytes,
            "unreaped": self.unreaped,
            "left_behind": self.left_behind,
            "stuck": self.stuck.iter().map(stuck_to_json).collect::<Vec<_>>(),
            "diagnosis": self.diagnosis.as_ref().map(Diagnosis::to_json),
        })
    }

    pub(crate) fn from_json(json: &Value) -> anyhow::Result<Report> {
        Ok(Report {
            ended: ended_from_json(key(json, "ended")?).context("the key `ended`")?,
            wall_ms: number(json, "wall_ms")?,
            cpu_ms: number(json, "cpu_ms")?,
            peak_memory_kib: number(json, "peak_memory_kib")?,
            stdout_bytes: number(json, "stdout_bytes")?,
            stderr_bytes: number(json, "stderr_bytes")?,
            unreaped: optional(json, "unreaped", number)?,
            left_behind: number(json, "left_behind")?,
            // Reports from before there was such a key are still read.
            stuck: match json.get("stuck") {
                Some(_) => list(json, "stuck", stuck_from_json)?,
                None => Vec::new(),
            },
            diagnosis: match json.get("diagnosis") {
                None | Some(Value::Null) => None,
                Some(json) => Some(Diagnosis::from_json(json).context("the key `diagnosis`")?),
            },
        })
    }
}

fn ended_to_json(ended: &Ended) -> Value {
    match ended {
        Ended::Exited { code } => json!({"how": "exited", "code": code}),
        Ended::Signaled { signal, number } => {
            json!({"how": "signaled", "signal": signal, "number": number})
        }
        Ended::Deadlock => json!({"how": "deadlock"}),
        Ended::Limit { limit } => json!({"how": "limit", "limit": limit.name()}),
        Ended::Interrupted { signal, number } => {
            json!({"how": "interrupted", "signal": signal, "number": number})
        }
        Ended::NotStarted { error } => json!({"how": "not-started", "error": error}),
    }
}

fn ended_from_json(json: &Value) -> anyhow::Result<Ended> {
    Ok(match text(json, "how")? {
        "exited" => Ended::Exited { code: number(json, "code")? },
        "signaled" => Ended::Signaled {
            signal: text(json, "signal")?.to_owned(),
            number: number(json, "number")?,
        },
        "deadlock" => Ended::Deadlock,
        "limit" => {
            let name = text(json, "limit")?;
            let limit = Limit::ALL.into_iter().find(|limit| limit.name() == name);
            Ended::Limit { limit: limit.with_context(|| format!("there is no limit `{name}`"))? }
        }
        "interrupted" => Ended::Interrupted {
            signal: text(json, "signal")?.to_owned(),
            number: number(json, "number")?,
        },
        "not-started" => Ended::NotStarted { error: text(json, "error")?.to_owned() },
        how => bail!("nothing ends as `{how}`"),
    })
}

fn stuck_to_json(stuck: &Stuck) -> Value {
    let holder =
        |holder: &Holder| json!({"pid": holder.pid, "command": holder.command, "fd": holder.fd});
    json!({
        "pid": stuck.pid,
        "tid": stuck.tid,
        "command": stuck.command,
        "state": stuck.state.to_string(),
        "call": stuck.call,
        "fd": stuck.fd,
        "direction": stuck.direction.map(Direction::name),
        "on": stuck.on,
        "other_end": stuck.other_end.iter().map(holder).collect::<Vec<_>>(),
        "launcher_holds": stuck.launcher_holds,
    })
}

fn stuck_from_json(json: &Value) -> anyhow::Result<Stuck> {
    let owned = |json: &Value, name: &str| text(json, name).map(str::to_owned);
    let holder = |json: &Value| {
        let (pid, fd) = (number(json, "pid")?, number(json, "fd")?);
        Ok(Holder { pid, command: owned(json, "command")?, fd })
    };
    let direction = |json: &Value, name: &str| {
        let found = text(json, name)?;
        let all = [Direction::Read, Direction::Write];
        let direction = all.into_iter().find(|direction| direction.name() == found);
        direction.with_context(|| format!("there is no direction `{found}`"))
    };
    let launcher_holds = key(json, "launcher_holds")?.as_bool();
    Ok(Stuck {
        pid: number(json, "pid")?,
        tid: number(json, "tid")?,
        command: owned(json, "command")?,
        state: text(json, "state")?.chars().next().context("the key `state` is empty")?,
        call: optional(json, "call", owned)?,
        fd: optional(json, "fd", number)?,
        direction: optional(json, "direction", direction)?,
        on: optional(json, "on", owned)?,
        other_end: list(json, "other_end", holder)?,
        launcher_holds: launcher_holds.context("the key `launcher_holds` is no truth value")?,
    })
}

fn key<'a>(json: &'a Value, name: &str) -> anyhow::Result<&'a Value> {
    json.get(name).with_context(|| format!("the key `{name}` is missing"))
}

fn text<'a>(json: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    key(json, name)?.as_str().with_context(|| format!("the key `{name}` is not a string"))
}

/// `None` where the key is null.
fn optional<T>(
    json: &Value,
    name: &str,
    read: impl FnOnce(&Value, &str) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    if key(json, name)?.is_null() { Ok(None) } else { read(json, name).map(Some) }
}

fn list<T>(
    json: &Value,
    name: &str,
    read: impl Fn(&Value) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let all = key(json, name)?.as_array();
    let all = all.with_context(|| format!("the key `{name}` is not a list"))?;
    all.iter().map(read).collect::<anyhow::Result<_>>().with_context(|| format!("in `{name}`"))
}

/// A whole number that fits where it goes.
fn number<N: TryFrom<i64>>(json: &Value, name: &str) -> anyhow::Result<N> {
    let number = key(json, name)?.as_i64().and_then(|number| N::try_from(number).ok());
    number.with_context(|| format!("the key `{name}` is not a whole number that fits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(ended: Ended, unreaped: Option<usize>) -> Report {
        Report {
            ended,
            wall_ms: 1,
            cpu_ms: 2,
            peak_memory_kib: 3,
            stdout_bytes: 4,
            stderr_bytes: 5,
            unreaped,
            left_behind: 6,
            stuck: Vec::new(),
            diagnosis: None,
        }
    }

    fn stuck() -> [Stuck; 2] {
        let holder = Holder { pid: 9, command: "b".to_owned(), fd: 4 };
        let first = Stuck {
            pid: 7,
            tid: 8,
            command: "a \"b\"".to_owned(),
            state: 'S',
            call: Some("read".to_owned()),
            fd: Some(3),
            direction: Some(Direction::Read),
            on: Some("a pipe".to_owned()),
            other_end: vec![holder.clone(), Holder { fd: 5, ..holder }],
            launcher_holds: true,
        };
        let (call, fd, direction, on) = (None, None, None, None);
        let (other_end, launcher_holds) = (Vec::new(), false);
        let second = Stuck { call, fd, direction, on, other_end, launcher_holds, ..first.clone() };
        [first, second]
    }

    #[test]
    fn every_report_survives_its_json() {
        let signal = "SIGTERM".to_owned();
        let mut all = vec![
            Ended::Exited { code: 255 },
            Ended::Signaled { signal: signal.clone(), number: 15 },
            Ended::Interrupted { signal, number: 15 },
            Ended::NotStarted { error: "no \"such\" file".to_owned() },
            Ended::Deadlock,
        ];
        all.extend(Limit::ALL.map(|limit| Ended::Limit { limit }));
        for ended in all {
            for unreaped in [None, Some(7)] {
                let report = report(ended.clone(), unreaped);
                let back = Report::from_json(&report.to_json()).expect("our own report");
                assert_eq!(back, report);
            }
        }
    }

    #[test]
    fn what_was_stuck_survives_its_json() {
        let limit = Limit::Quiet;
        let diagnosis = Some(Diagnosis::finished(3, std::time::Duration::from_millis(5)));
        let stuck = stuck().to_vec();
        let report = Report { stuck, diagnosis, ..report(Ended::Limit { limit }, None) };
        assert_eq!(Report::from_json(&report.to_json()).expect("our own report"), report);
        let mut older = report.to_json();
        for key in ["stuck", "diagnosis"] {
            older.as_object_mut().expect("an object").remove(key);
        }
        let back = Report::from_json(&older).expect("an older report");
        assert_eq!(back, Report { stuck: Vec::new(), diagnosis: None, ..report });
    }

    #[test]
    fn the_form_is_the_one_that_others_read() {
        let json = report(Ended::Limit { limit: Limit::Wall }, None).to_json();
        let expected = r#"{"cpu_ms":2,"diagnosis":null,"ended":{"how":"limit","limit":"wall"},"left_behind":6,"peak_memory_kib":3,"stderr_bytes":5,"stdout_bytes":4,"stuck":[],"unreaped":null,"wall_ms":1}"#;
        assert_eq!(json.to_string(), expected);
    }

    #[test]
    fn what_is_no_report_is_named() {
        let good = report(Ended::Exited { code: 0 }, None).to_json();
        let refused = |change: &dyn Fn(&mut Value)| {
            let mut json = good.clone();
            change(&mut json);
            format!("{:#}", Report::from_json(&json).expect_err("no report"))
        };
        let missing = refused(&|json| *json = json!({}));
        assert_eq!(missing, "the key `ended` is missing");
        let negative = refused(&|json| json["cpu_ms"] = json!(-1));
        assert_eq!(negative, "the key `cpu_ms` is not a whole number that fits");
        let large = refused(&|json| json["ended"]["code"] = json!(256));
        assert_eq!(large, "the key `ended`: the key `code` is not a whole number that fits");
        let unknown = refused(&|json| json["ended"] = json!({"how": "limit", "limit": "luck"}));
        assert_eq!(unknown, "the key `ended`: there is no limit `luck`");
        let unknown = refused(&|json| json["ended"]["how"] = json!("vanished"));
        assert_eq!(unknown, "the key `ended`: nothing ends as `vanished`");
        assert_eq!(refused(&|json| *json = json!("text")), "the key `ended` is missing");
    }
}
