//! Manifests, cut to what is there.

use std::collections::BTreeSet;

use anyhow::Context;
use toml_edit::{DocumentMut, Item, Table, Value, value};

/// Keys of an exercise's metadata that are about programs and tests which students do not get.
const AUTHORS: &[&str] = &["alternatives", "mutants", "hidden", "hidden-mutants"];
/// Tables of dependencies.
const DEPENDENCIES: &[&str] = &["dependencies", "dev-dependencies"];

/// The manifest of a tool's crate.
pub struct Tool {
    pub text: String,
    /// All that it depends on.
    pub needs: Vec<String>,
}

fn parse(text: &str) -> anyhow::Result<DocumentMut> {
    text.parse().context("understand the manifest")
}

/// An exercise's.
pub fn exercise(text: &str) -> anyhow::Result<String> {
    let mut manifest = parse(text)?;
    let course = manifest["package"]["metadata"]["course"].as_table_like_mut();
    let course = course.context("the table [package.metadata.course] is missing")?;
    for key in AUTHORS {
        course.remove(key);
    }
    only_targets_in(&mut manifest, &["src", "tests"]);
    Ok(manifest.to_string())
}

/// A tool's: without its tests, and of what they depend on only what its sources name as well.
pub fn tool(text: &str, sources: &str) -> anyhow::Result<Tool> {
    let mut manifest = parse(text)?;
    only_targets_in(&mut manifest, &["src"]);
    if let Some(features) = manifest.get_mut("features").and_then(Item::as_table_mut)
        && features.contains_key("author")
    {
        features["default"] = value(toml_edit::Array::new());
    }
    let is_named = |name: &str| sources.contains(&format!("{}::", name.replace('-', "_")));
    if let Some(tests) = manifest.get_mut("dev-dependencies").and_then(Item::as_table_mut) {
        tests.retain(|name, _| is_named(name));
        if tests.is_empty() {
            manifest.remove("dev-dependencies");
        }
    }
    let text = manifest.to_string();
    Ok(Tool { needs: inherited(&text), text })
}

/// Programs, examples and tests in these folders stay.
fn only_targets_in(manifest: &mut DocumentMut, folders: &[&str]) {
    for kind in ["bin", "example", "test"] {
        let Some(targets) = manifest.get_mut(kind).and_then(Item::as_array_of_tables_mut) else {
            continue;
        };
        targets.retain(|target| {
            let path = target.get("path").and_then(Item::as_str);
            let folder = path.and_then(|path| path.split('/').next());
            folder.is_none_or(|folder| folders.contains(&folder))
        });
        if targets.is_empty() {
            manifest.remove(kind);
        }
    }
}

/// The names of all that a manifest depends on.
pub fn inherited(text: &str) -> Vec<String> {
    let Ok(manifest) = parse(text) else { return Vec::new() };
    let tables = DEPENDENCIES.iter().filter_map(|key| manifest.get(key)?.as_table());
    tables.flat_map(|table| table.iter().map(|(name, _)| name.to_owned())).collect()
}

/// The workspace's: members that are there, dependencies that are used.
pub fn workspace(text: &str, used: &BTreeSet<String>) -> anyhow::Result<String> {
    let mut manifest = parse(text)?;
    let workspace = manifest["workspace"].as_table_mut().context("[workspace] is missing")?;
    let list = |names: &[&str]| value(names.iter().copied().collect::<Value>());
    workspace["members"] = list(&["lessons/*", "exercises/*", "xtask", "xtask/crates/*"]);
    workspace["default-members"] = list(&["lessons/*", "xtask", "xtask/crates/*"]);
    let dependencies = workspace.get_mut("dependencies").and_then(Item::as_table_mut);
    let dependencies = dependencies.context("[workspace.dependencies] is missing")?;
    dependencies.retain(|name, _| used.contains(name));
    Ok(manifest.to_string())
}

/// The workspace's, with settings only for packages that Cargo.lock still has.
pub fn profiles(text: &str, lock: &str) -> anyhow::Result<String> {
    let mut manifest = parse(text)?;
    let packages = manifest["profile"]["dev"].get_mut("package").and_then(Item::as_table_mut);
    let is_there = |name: &str| name == "*" || lock.contains(&format!("\nname = \"{name}\"\n"));
    if let Some(packages) = packages {
        Table::retain(packages, |name, _| is_there(name));
    }
    Ok(manifest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exercise_keeps_its_tests_and_nothing_that_is_kept_from_students() {
        let text = "[package]\nname = \"ex-01\"\n\n[package.metadata.course]\ntitle = \"T\"\n\
            alternatives = [\"other\"]\n\n[[package.metadata.course.tests]]\nname = \"seen\"\n\n\
            [[package.metadata.course.hidden]]\nname = \"unseen\"\n\n# Wrong ones.\n\
            [package.metadata.course.mutants]\nwrong = { test = \"seen\" }\n\n[[bin]]\n\
            name = \"ex-01\"\npath = \"src/main.rs\"\n\n[[example]]\nname = \"ex-01-tests\"\n\
            path = \"tests/main.rs\"\n\n[[example]]\nname = \"ex-01-hidden\"\n\
            path = \"hidden/main.rs\"\n";
        let cut = exercise(text).expect("a manifest");
        let kept = ["title = \"T\"", "name = \"seen\"", "src/main.rs", "tests/main.rs"];
        assert!(kept.iter().all(|part| cut.contains(part)), "{cut}");
        for gone in ["hidden", "unseen", "wrong", "Wrong", "other"] {
            assert!(!cut.contains(gone), "{gone}: {cut}");
        }
    }

    #[test]
    fn a_tool_keeps_what_its_sources_name() {
        let text = "[package]\nname = \"tool\"\n\n[features]\ndefault = [\"author\"]\nauthor = []\n\n\
            [dependencies]\nanyhow.workspace = true\n\n[dev-dependencies]\n\
            assert_cmd.workspace = true\n\
            tempfile.workspace = true\n\n[[test]]\nname = \"t\"\npath = \"tests/t.rs\"\n";
        let cut = tool(text, "use tempfile::TempDir;").expect("a manifest");
        assert_eq!(cut.needs, ["anyhow", "tempfile"]);
        assert!(
            cut.text.contains("default = []") && !cut.text.contains("[[test]]"),
            "{}",
            cut.text
        );
    }
}
