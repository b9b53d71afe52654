//! Every Cargo.toml: shared settings inherited, every dependency with its reason, named once.

use super::tree::Tree;

/// Keys that every package takes from the workspace.
const INHERITED: [&str; 6] = [
    "version.workspace = true",
    "edition.workspace = true",
    "rust-version.workspace = true",
    "license.workspace = true",
    "publish.workspace = true",
    "[lints]\nworkspace = true",
];

pub fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (file, text) in &tree.texts {
        if file.file_name().is_none_or(|name| name != "Cargo.toml") {
            continue;
        }
        let path = file.display();
        if text.contains("[workspace.dependencies]") {
            let unexplained = unexplained(text);
            findings.extend(unexplained.map(|(line, name)| {
                format!("{path}:{line}: the dependency {name} has no reason behind it (`# why`)")
            }));
            continue;
        }
        // A student's warnings are shown, not refused: their crates have no lints of ours.
        let lints =
            |wanted: &&&str| !(wanted.starts_with("[lints]") && file.starts_with("exercises"));
        for wanted in INHERITED.iter().filter(lints).filter(|wanted| !text.contains(**wanted)) {
            findings.push(format!("{path}: `{}` is missing", wanted.replace('\n', " ")));
        }
        for (line, name) in not_inherited(text) {
            findings
                .push(format!("{path}:{line}: {name} is named outside [workspace.dependencies]"));
        }
    }
    findings
}

/// Lines of a section, numbered, without blank lines and comments.
fn section<'a>(text: &'a str, header: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    text.lines()
        .enumerate()
        .skip_while(move |(_, line)| *line != header)
        .skip(1)
        .take_while(|(_, line)| !line.starts_with('['))
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
}

/// Dependencies from elsewhere whose last line carries no comment.
fn unexplained(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut first = None;
    section(text, "[workspace.dependencies]").filter_map(move |(number, line)| {
        let (begun, name) = *first.get_or_insert((number, line.split(' ').next().unwrap_or(line)));
        if line.contains('[') && !line.contains(']') || line.starts_with(' ') {
            return None;
        }
        first = None;
        let is_ours = line.contains("path = ");
        (!is_ours && !line.contains(" # ")).then_some((begun, name))
    })
}

/// Dependencies with a version or features of their own.
fn not_inherited(text: &str) -> impl Iterator<Item = (usize, &str)> {
    ["[dependencies]", "[dev-dependencies]", "[build-dependencies]"]
        .into_iter()
        .flat_map(|header| section(text, header))
        .filter(|(_, line)| !line.contains(".workspace = true") && !line.contains("# only here:"))
        .map(|(number, line)| (number, line.split(' ').next().unwrap_or(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        let text = "[workspace.dependencies]\na = \"1\" # why\nb = { version = \"1\", features = [\n    \"x\",\n] } # why\nc = \"1\"\nd = { path = \"d\" }\n[x]\n";
        assert_eq!(unexplained(text).collect::<Vec<_>>(), [(6, "c")]);
    }

    #[test]
    fn a_version_in_a_package_is_found() {
        let text = "[dependencies]\na.workspace = true\nb = \"1\"\n\n[lints]\nworkspace = true\n";
        assert_eq!(not_inherited(text).collect::<Vec<_>>(), [(3, "b")]);
    }
}
