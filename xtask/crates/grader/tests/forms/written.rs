//! Where reports are, when they are written, and that the same results give the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use grader::reports::{self, Format};
use grader::store::Store;
use grader::words::Wrong;
use serde_json::json;

use crate::kit::{Reports, course, results};

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        for entry in fs::read_dir(&path).expect("list a folder") {
            let path = entry.expect("list a folder").path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below").display().to_string();
                found.insert(name, fs::read(&path).expect("read a file"));
            }
        }
    }
    found
}

#[test]
fn the_same_results_give_the_same_bytes_without_a_place_in_them() {
    let (one, other) = (Reports::all(), Reports::all());
    let (one_files, other_files) = (files(&one.path("")), files(&other.path("")));
    assert!(one_files == other_files, "{:?}", one_files.keys());
    // results.json, the overview, three files for each of four and two pages; one is not graded.
    assert_eq!(one_files.len(), 2 + 4 * 5 - 1);
    let place = one.path("").display().to_string();
    let root = course().root.display().to_string();
    for (name, text) in &one_files {
        let text = String::from_utf8_lossy(text);
        assert!(!text.contains(&place) && !text.contains(&root), "{name}");
    }
}

#[test]
fn only_what_is_asked_for_and_the_next_run_renews_it() {
    let reports = Reports::of(&results(), &[Format::Junit, Format::Overview]);
    assert!(!reports.path("feedback").exists() && !reports.path("gradescope").exists());
    // Nobody has a page to lead to.
    assert!(!reports.read("overview.html").contains("href"));
    // One student is gone in the next run, and another's name is new.
    let mut later = results();
    let all = later["submissions"].as_array_mut().expect("submissions");
    all.remove(1);
    all[0]["student"] = json!("bob");
    let later = format!(
        "{{\"format\": {}, \"environment\": {}, \"submissions\": {}}}",
        later["format"], later["environment"], later["submissions"]
    );
    fs::write(reports.path("results.json"), later).expect("write the results");
    fs::create_dir(reports.path(".reports-half")).expect("leave a piece");
    let store = Store::at(&reports.path(""));
    reports::renew(&mut Vec::new(), &course(), &store).expect("renew them");
    let names: Vec<String> = files(&reports.path("")).into_keys().collect();
    let expected =
        ["junit/bob.xml", "junit/mia.xml", "junit/zoe.xml", "overview.html", "results.json"];
    assert_eq!(names, expected);
    assert!(reports.read("overview.html").contains("bob"));
    assert!(!reports.path(".reports-half").exists());
}

#[test]
fn what_is_no_run_is_refused() {
    let folder = tempfile::tempdir().expect("make a folder");
    let store = Store::at(folder.path());
    let write = || reports::write(&mut Vec::new(), &course(), &store, &[]);
    let error = write().expect_err("there are no results");
    assert!(error.is::<Wrong>() && error.to_string().contains("is not over"), "{error:#}");
    for (text, words) in [
        ("{\"format\": \"pipeworks-grade/2\"}", "not pipeworks-grade/1"),
        ("{\"format\": \"pipeworks-grade/1\"}", "no `submissions`"),
        ("{\"format\": \"pipeworks-grade/1\", \"submissions\": []}", "the environment stands"),
        ("[1]", "the results of a run"),
    ] {
        fs::write(store.path("results.json"), text).expect("write the results");
        let error = format!("{:#}", write().expect_err("it is no run's"));
        assert!(error.contains(words) && error.contains("results.json"), "{error}");
    }
    let mut elsewhere = results();
    elsewhere["submissions"][0]["student"] = json!("../../ann");
    let text = format!(
        "{{\"environment\": {}, \"submissions\": {}}}",
        elsewhere["environment"], elsewhere["submissions"]
    );
    fs::write(store.path("results.json"), text).expect("write the results");
    let error = format!("{:#}", write().expect_err("it leads elsewhere"));
    assert!(error.contains("no name of a student"), "{error}");
    assert_eq!(files(folder.path()).len(), 1, "nothing is left");
}
