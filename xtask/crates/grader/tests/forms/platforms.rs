//! JUnit, Gradescope, GitHub Classroom.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::kit::{HOSTILE, Reports, SECRET, output, tool};

/// Only these keys; those with a `?` may be missing.
#[track_caller]
fn keys(value: &Value, form: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    let allowed: BTreeSet<&str> = form.iter().map(|key| key.trim_end_matches('?')).collect();
    for key in object.keys() {
        assert!(allowed.contains(key.as_str()), "the key {key} in {value:#}");
    }
    for key in form.iter().filter(|key| !key.ends_with('?')) {
        assert!(object.contains_key(*key), "no key {key} in {value:#}");
    }
}

/// Nothing for a terminal, nothing that turns text around.
#[track_caller]
fn harmless(text: &str) {
    let is_bad =
        |c: char| (c.is_control() && c != '\n' && c != '\t') || "\u{202e}\u{200b}".contains(c);
    assert!(!text.contains(is_bad), "{:?}", text.chars().find(|&c| is_bad(c)));
}

#[track_caller]
fn harmless_in(value: &Value) {
    match value {
        Value::String(text) => harmless(text),
        Value::Array(all) => all.iter().for_each(harmless_in),
        Value::Object(all) => all.values().for_each(harmless_in),
        _ => {}
    }
}

/// The form that Gradescope documents, with nothing in it that Gradescope would render.
#[track_caller]
fn check_gradescope(json: &Value) {
    keys(
        json,
        &[
            "score",
            "output",
            "output_format",
            "visibility",
            "stdout_visibility",
            "tests",
            "extra_data",
        ],
    );
    assert!(json["score"].is_number() && json["output"].is_string());
    assert_eq!(json["output_format"], "text");
    assert_eq!(
        (&json["visibility"], &json["stdout_visibility"]),
        (&"visible".into(), &"hidden".into())
    );
    let mut sum = 0.0;
    for test in json["tests"].as_array().expect("tests") {
        keys(
            test,
            &[
                "name",
                "number",
                "score",
                "max_score",
                "status",
                "output",
                "output_format",
                "visibility",
                "tags",
            ],
        );
        let (score, most) = (test["score"].as_f64(), test["max_score"].as_f64());
        let (score, most) = (score.expect("a score"), most.expect("a full score"));
        assert!(test["name"].is_string() && test["number"].is_string());
        assert_eq!(test["status"], if score == most { "passed" } else { "failed" });
        assert!(test["output"].is_string() && test["output_format"] == "text");
        assert_eq!(test["visibility"], "visible");
        assert!(test["tags"].as_array().is_some_and(|tags| tags.iter().all(Value::is_string)));
        sum += score;
    }
    assert_eq!(json["score"].as_f64(), Some(sum));
    harmless_in(json);
}

#[test]
fn gradescope() {
    let reports = Reports::all();
    let read = |path| -> Value {
        serde_json::from_str(&std::fs::read_to_string(path).expect("read it")).expect("JSON")
    };
    let ann = read(reports.path("gradescope/ann.json"));
    check_gradescope(&ann);
    assert_eq!(ann["score"], 8.0);
    assert_eq!(ann["tests"][1]["name"], "ex-01 two");
    assert!(ann["output"].as_str().is_some_and(|text| text.contains("degraded, without a cgroup")));
    let hostile = read(reports.hostile("gradescope", "json"));
    check_gradescope(&hostile);
    assert_eq!(hostile["tests"][2]["output"], SECRET);
    // No file at all: the platform then says that the autograder failed.
    assert!(!reports.path("gradescope/zoe.json").exists());
    assert!(reports.said.contains("zoe is not graded"), "{}", reports.said);
}

#[track_caller]
fn decoded(text: &str) -> Value {
    let line = text.strip_suffix('\n').expect("a line");
    assert!(!line.contains('\n'), "one line for $GITHUB_OUTPUT");
    let json: Value =
        serde_json::from_slice(&STANDARD.decode(line).expect("base64")).expect("JSON");
    keys(&json, &["version", "status", "max_score", "tests", "sandbox"]);
    assert_eq!(json["version"], 1);
    for test in json["tests"].as_array().expect("tests") {
        keys(
            test,
            &["name", "status", "score", "message", "test_code", "filename", "line_no", "duration"],
        );
        assert!(["pass", "fail", "error"].contains(&test["status"].as_str().expect("a status")));
        assert!(test["score"].is_number() && test["line_no"].is_number());
        // What the job's log would obey.
        for line in test["message"].as_str().expect("a message").lines() {
            assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
        }
    }
    harmless_in(&json);
    json
}

#[test]
fn classroom() {
    let reports = Reports::all();
    let ann = decoded(&reports.read("classroom/ann.txt"));
    assert_eq!((&ann["status"], &ann["max_score"]), (&"pass".into(), &8.0.into()));
    let path = reports.hostile("classroom", "txt");
    let hostile = decoded(&std::fs::read_to_string(path).expect("read it"));
    assert_eq!((&hostile["status"], &hostile["max_score"]), (&"fail".into(), &10.0.into()));
    let message = hostile["tests"][0]["message"].as_str().expect("a message");
    assert!(message.contains("\n| ::add-mask::1\n|   ::error::x\n## [error]x\n"), "{message}");
    // The reporter passes no score on where there is none to be had.
    let zoe = decoded(&reports.read("classroom/zoe.txt"));
    assert_eq!((&zoe["status"], &zoe["max_score"]), (&"error".into(), &0.0.into()));
}

/// What a reader of XML makes of a report: all suites with their counts, all texts.
const READ: &str = r#"
import json, sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
assert root.tag == "testsuites", root.tag
suites = []
for suite in root:
    assert suite.tag == "testsuite", suite.tag
    cases = []
    for case in suite.iter("testcase"):
        kinds = [part.tag for part in case]
        assert all(kind in ("failure", "error", "skipped") for kind in kinds), kinds
        texts = [case.text or "", *(part.text or "" for part in case)]
        cases.append([case.get("classname"), case.get("name"), kinds, "".join(texts)])
    counts = {name: int(suite.get(name)) for name in ("tests", "errors", "failures")}
    skipped = sum(kinds == ["skipped"] for _, _, kinds, _ in cases)
    assert counts["tests"] == len(cases), counts
    assert counts["failures"] == sum(kinds == ["failure"] for _, _, kinds, _ in cases), counts
    assert counts["errors"] == sum(kinds == ["error"] for _, _, kinds, _ in cases), counts
    properties = {one.get("name"): one.get("value") for one in suite.iter("property")}
    out = suite.find("system-out")
    suites.append([suite.get("name"), cases, properties, "" if out is None else out.text])
print(json.dumps([root.get("name"), int(root.get("tests")), suites]))
"#;

fn junit(path: &std::path::Path) -> Option<Value> {
    let mut python = tool(&["python3"], "python3")?;
    python.arg("-c").arg(READ).arg(path);
    Some(serde_json::from_str(&output(python)).expect("JSON"))
}

#[test]
fn junit_is_read_as_xml_with_the_right_counts() {
    let reports = Reports::all();
    let Some(ann) = junit(&reports.path("junit/ann.xml")) else { return };
    assert_eq!((&ann[0], &ann[1]), (&"ann".into(), &4.into()));
    let Some(hostile) = junit(&reports.hostile("junit", "xml")) else { return };
    harmless_in(&hostile);
    assert!(!hostile.to_string().contains('\u{fffe}'), "not a character of XML");
    let first = &hostile[2][0];
    assert_eq!(first[0], "ex-01");
    assert_eq!(first[2]["verdict"], "deadlock");
    assert_eq!(first[2]["sandbox"], "sandbox: degraded, without a cgroup");
    let kinds: Vec<&Value> = (0..3).map(|test| &first[1][test][2][0]).collect();
    assert_eq!(kinds, ["failure", "skipped", "failure"]);
    // It is all there, as text.
    let said = first[1][0][3].as_str().expect("a text");
    let begin = HOSTILE.split('\u{1b}').next().expect("a beginning");
    assert!(said.contains(begin) && said.contains("]]>"), "{said}");
    assert!(hostile[2][1][3].as_str().is_some_and(|out| out.contains(begin)));
    let Some(zoe) = junit(&reports.path("junit/zoe.xml")) else { return };
    assert_eq!(zoe[2][1][1][0][2][0], "error");
}

#[test]
fn junit_is_read_by_a_reader_of_junit() {
    let reports = Reports::all();
    for path in [reports.path("junit/ann.xml"), reports.hostile("junit", "xml")] {
        let Some(mut merge) = tool(&["junitparser"], "junitparser") else { return };
        let merged = reports.path("merged.xml");
        merge.arg("merge").arg(&path).arg(&path).arg(&merged);
        output(merge);
        let Some(twice) = junit(&merged) else { return };
        let Some(once) = junit(&path) else { return };
        assert_eq!(twice[1].as_u64(), once[1].as_u64().map(|tests| 2 * tests));
    }
}
