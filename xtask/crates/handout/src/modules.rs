//! Modules of the runner that only authors have: a declaration under `feature = "author"` says which
//! file is one, so that there is no second list of them.

use std::path::{Path, PathBuf};

use crate::shipped::Files;

const AUTHORS: &str = "#[cfg(feature = \"author\")]";

/// Takes their files, and all below them, out of a crate's sources.
pub fn leave_authors_out(sources: &mut Files) {
    let mut out: Vec<PathBuf> = Vec::new();
    for (path, text) in &*sources {
        let text = String::from_utf8_lossy(text);
        let names = declared(&text);
        out.extend(names.iter().map(|name| folder_of(path).join(name)));
    }
    sources.retain(|path, _| {
        !out.iter().any(|module| path.starts_with(module) || *path == module.with_extension("rs"))
    });
}

/// Where the modules of a file's own are.
fn folder_of(file: &Path) -> PathBuf {
    let is_root =
        file.file_stem().is_some_and(|stem| stem == "main" || stem == "mod" || stem == "lib");
    let parent = file.parent().unwrap_or(Path::new(""));
    if is_root { parent.to_owned() } else { file.with_extension("") }
}

/// The names of the modules that a text declares for authors only.
fn declared(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter(|pair| pair[0] == AUTHORS);
    let names = pairs.filter_map(|pair| {
        let declaration = pair[1].strip_prefix("pub ").unwrap_or(pair[1]);
        declaration.strip_prefix("mod ")?.strip_suffix(';')
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_for_authors_is_left_out_with_all_below_it() {
        let main = "mod run;\n#[cfg(feature = \"author\")]\nmod bench;\n\
                    #[cfg(feature = \"author\")]\npub mod grade;\n\
                    #[cfg(feature = \"author\")]\nuse grade::Grade;\n";
        let inner = "#[cfg(feature = \"author\")]\nmod deep;\nmod kept;\n";
        let mut files: Files = [
            ("src/main.rs", main),
            ("src/run.rs", inner),
            ("src/run/deep.rs", ""),
            ("src/run/kept.rs", ""),
            ("src/bench/mod.rs", ""),
            ("src/bench/more/text.template", ""),
            ("src/benches.rs", ""),
            ("src/grade.rs", ""),
        ]
        .map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec()))
        .into();
        leave_authors_out(&mut files);
        let left: Vec<&str> = files.keys().filter_map(|path| path.to_str()).collect();
        assert_eq!(left, ["src/benches.rs", "src/main.rs", "src/run/kept.rs", "src/run.rs"]);
    }
}
