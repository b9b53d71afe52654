//! A program compiled as cargo compiles it, without asking cargo: what a student waits for at every
//! save.
//!
//! Asking cargo costs half as much as compiling an exercise. So the words with which cargo has
//! called rustc are kept, with the state of all that decides them: the manifests, the lock file,
//! cargo's settings, cargo, rustc, the libraries, the variables that steer a build. As long as none
//! of it differs rustc is called with the same words. What it makes is never used a second time: it
//! is made of the sources as they are, or not at all. Where anything is out of the ordinary the
//! answer is to ask cargo.
//!
//! rustc does only what has changed where all its words are the same as before, where the output
//! goes included. So that is one folder for all checks, with a lock, and the program is moved from
//! there to where whoever asked wants it. The lock is rustc's standard input as well: it holds for
//! as long as rustc may write, even where the check that started it has been killed.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use nix::fcntl::{Flock, FlockArg};
use serde_json::Value;

use crate::fresh::{self, State};

/// What cargo wants of rustc for a program.
const EMIT: &str = "--emit=dep-info,link";

/// How cargo calls rustc for the program of a package, without where the output goes.
#[derive(Debug, PartialEq, Eq)]
pub struct Recipe {
    words: Vec<String>,
}

/// A program that is being compiled.
pub struct Compiling {
    rustc: Option<Child>,
    /// Where rustc puts it.
    made: PathBuf,
    /// Where it is wanted.
    binary: PathBuf,
    colours: bool,
    /// Nobody else has rustc write there.
    _lock: Flock<File>,
}

/// What has come of it: no binary where rustc refuses the source.
#[derive(Debug)]
pub struct Compiled {
    pub binary: Option<PathBuf>,
    /// What rustc said.
    pub said: String,
}

/// The words in cargo's line "Running `…`", which are quoted as for a shell.
#[must_use]
pub fn words_of(line: &str) -> Option<Vec<String>> {
    let command = line.trim().strip_prefix("Running `")?.strip_suffix('`')?;
    // Nobody knows better than a shell how to read it; printf ends each word with a NUL.
    let script = format!("printf '%s\\0' {command}");
    let output = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Some(text.split_terminator('\0').map(str::to_owned).collect())
}

impl Recipe {
    /// What is in cargo's line "Running `…`".
    #[must_use]
    pub fn parse(line: &str) -> Option<Recipe> {
        let mut words = Vec::new();
        let called_with = words_of(line)?;
        let mut all = called_with.iter().map(String::as_str).peekable();
        let mut has_usual_output = false;
        while let Some(word) = all.next() {
            let next = all.peek().copied().unwrap_or_default();
            let is_about_output = word == "--out-dir"
                || word == "-C"
                    && ["extra-filename=", "incremental="].iter().any(|key| next.starts_with(key));
            if is_about_output {
                all.next();
            } else if !word.starts_with("--json=") {
                has_usual_output |= word == EMIT;
                words.push(word.to_owned());
            }
        }
        has_usual_output.then_some(Recipe { words })
    }

    /// The recipe of the package in `folder`, where all is as it was at [`Recipe::keep`].
    #[must_use]
    pub fn known(root: &Path, package: &str, folder: &Path) -> Option<Recipe> {
        let noted = fs::read_to_string(note(root, package)).ok()?;
        let (words, of) = noted.split_once('\n')?;
        let words = words.split_terminator('\0').map(str::to_owned).collect();
        let recipe = Recipe { words };
        (of == recipe.state(root, folder)?.text).then_some(recipe)
    }

    /// Keeps it, where cargo was asked for the package in `folder` at `asked`.
    pub fn keep(&self, root: &Path, package: &str, folder: &Path, asked: SystemTime) {
        let is_one_line = self.words.iter().all(|word| !word.contains(['\n', '\0']));
        let state = self.state(root, folder).filter(|state| state.is_older_than(asked));
        if let Some(state) = state.filter(|_| is_one_line) {
            let words: String = self.words.iter().map(|word| format!("{word}\0")).collect();
            fresh::write(&note(root, package), &format!("{words}\n{}", state.text));
        }
    }

    /// What decides these words, and what they name, but for the sources.
    fn state(&self, root: &Path, folder: &Path) -> Option<State> {
        let rustc = PathBuf::from(self.words.first()?);
        // Another name is looked up along the PATH: who knows what is there.
        if !rustc.is_absolute() {
            return None;
        }
        let libraries = self.words.windows(2).filter(|pair| pair[0] == "--extern");
        let libraries = libraries.filter_map(|pair| pair[1].split_once('='));
        let files = libraries.map(|(_, file)| root.join(file)).chain([rustc]);
        Some(State::of(root, [root.join(folder)], files))
    }

    /// Where rustc keeps what it need not do again: beside what cargo keeps for it.
    fn kept(&self, root: &Path) -> Option<PathBuf> {
        let folder = self.words.iter().find_map(|word| word.strip_prefix("dependency="))?;
        Some(root.join(folder).parent()?.join("again"))
    }

    /// Starts rustc for a program at `binary`.
    ///
    /// # Errors
    /// When rustc cannot be started, or is at work for somebody else.
    pub fn start(&self, root: &Path, binary: &Path) -> io::Result<Compiling> {
        let colours = crate::has_colours();
        let kept = self.kept(root).ok_or(io::ErrorKind::NotFound)?;
        let name = self.words.iter().skip_while(|word| *word != "--crate-name").nth(1);
        let made = kept.join(name.ok_or(io::ErrorKind::NotFound)?);
        fs::create_dir_all(&kept)?;
        let lock = File::create(made.with_extension("lock"))?;
        let lock = Flock::lock(lock, FlockArg::LockExclusiveNonblock).map_err(|(_, why)| why)?;
        let mut command = Command::new(self.words.first().map_or("rustc", String::as_str));
        for (name, _) in env::vars_os() {
            if is_of_another_package(&name) {
                command.env_remove(name);
            }
        }
        command.args(self.words.iter().skip(1));
        if colours {
            command.arg("--json=diagnostic-rendered-ansi");
        }
        // A tenth of rustc's time goes into writing line numbers of std, which only a backtrace
        // would show, and a tenth into many small parts of a program that is small itself.
        command.args(["-C", "strip=debuginfo", "-C", "codegen-units=16"]);
        command.arg("-C").arg(format!("incremental={}", kept.display()));
        command.arg("--out-dir").arg(&kept).current_dir(root);
        command.stdin(lock.try_clone()?).stdout(Stdio::null()).stderr(Stdio::piped());
        let rustc = Some(command.spawn()?);
        Ok(Compiling { rustc, made, binary: binary.to_owned(), colours, _lock: lock })
    }
}

impl Compiling {
    /// Waits for rustc; `None`: ask cargo.
    #[must_use]
    pub fn finish(mut self) -> Option<Compiled> {
        let output = self.rustc.take()?.wait_with_output().ok()?;
        let messages: Vec<Value> = output
            .stderr
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).ok())
            .filter(|message| !message.as_ref().is_some_and(only_counts))
            .collect::<Option<_>>()?;
        let mut said: String = messages.iter().filter_map(|m| m["rendered"].as_str()).collect();
        if !self.colours {
            said = anstream::adapter::strip_str(&said).to_string();
        }
        if output.status.success() {
            let is_whole = !asks_for_variables(&self.made.with_extension("d"))
                && moved(&self.made, &self.binary).is_ok();
            return is_whole.then(|| Compiled { binary: Some(self.binary.clone()), said });
        }
        let mut errors = messages.iter().filter(|message| message["level"] == "error").peekable();
        let is_refused = errors.peek().is_some() && errors.all(is_about_the_source);
        is_refused.then_some(Compiled { binary: None, said })
    }
}

impl Drop for Compiling {
    fn drop(&mut self) {
        // Nobody wants it any more.
        if let Some(mut rustc) = self.rustc.take() {
            let _ = rustc.kill().and_then(|()| rustc.wait());
        }
    }
}

/// Renames a file, or copies it where it goes to another file system.
fn moved(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            fs::copy(from, to).and_then(|_| fs::remove_file(from))
        }
        outcome => outcome,
    }
}

/// Set by the cargo that runs us, for our own package.
fn is_of_another_package(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let begins = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
    begins.iter().any(|begin| name.starts_with(begin)) || name == "OUT_DIR"
}

/// A program may ask for what cargo tells rustc in variables. Where its dep-info cannot be read, it
/// may have.
fn asks_for_variables(dep_info: &Path) -> bool {
    fs::read_to_string(dep_info).map_or(true, |text| text.contains("\n# env-dep:"))
}

/// The last line, which says how many there were. Cargo leaves it out as well.
fn only_counts(message: &Value) -> bool {
    let text = message["message"].as_str().unwrap_or_default();
    text.starts_with("aborting due to")
        || [" warning emitted", " warnings emitted"].iter().any(|end| text.ends_with(end))
}

/// Whether an error would be the same from cargo: not about a library that is not as rustc expects
/// it, a variable that cargo would have set, or the linker.
fn is_about_the_source(error: &Value) -> bool {
    let text = error["message"].as_str().unwrap_or_default();
    let code = error["code"]["code"].as_str().unwrap_or_default();
    let is_about_libraries = code.starts_with("E046") || ["E0514", "E0786"].contains(&code);
    let has_place = error["spans"].as_array().is_some_and(|spans| !spans.is_empty());
    has_place && !is_about_libraries && !text.contains("environment variable")
}

fn note(root: &Path, package: &str) -> PathBuf {
    fresh::folder(root).join(format!("{package}.rustc"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "     Running `/r/rustc --crate-name ex_01 'a b/it'\\''s.rs' --json=x,y \
         --emit=dep-info,link -C debuginfo=1 --check-cfg 'cfg(feature, values())' \
         -C extra-filename=-4f --out-dir /t -C incremental=/i --extern nix=/t/libnix.rlib`";

    #[test]
    fn cargos_words_are_read_as_a_shell_reads_them() {
        let words = words_of(LINE).expect("a line of cargo's");
        assert_eq!(words[..4], ["/r/rustc", "--crate-name", "ex_01", "a b/it's.rs"]);
        assert_eq!(words_of("Compiling ex-01"), None);
        assert_eq!(words_of("Running `rustc 'open`"), None);
    }

    #[test]
    fn where_the_output_goes_is_ours() {
        let Recipe { words } = Recipe::parse(LINE).expect("a line of cargo's");
        let expected = ["-C", "debuginfo=1", "--check-cfg", "cfg(feature, values())", "--extern"];
        assert_eq!(words[5..10], expected);
        assert_eq!(words.len(), 11);
        let unusual = LINE.replace("dep-info,link", "dep-info,asm");
        assert_eq!(Recipe::parse(&unusual), None);
    }

    #[test]
    fn an_error_without_a_place_or_about_libraries_is_not_told() {
        let error = |text: &str| serde_json::from_str::<Value>(text).expect("valid JSON");
        let told = r#"{"message": "m", "code": {"code": "E0308"}, "spans": [{}]}"#;
        assert!(is_about_the_source(&error(told)));
        for other in [
            r#"{"message": "linking with `cc` failed", "code": null, "spans": []}"#,
            r#"{"message": "can't find crate", "code": {"code": "E0463"}, "spans": [{}]}"#,
            r#"{"message": "environment variable `X` not defined", "code": null, "spans": [{}]}"#,
        ] {
            assert!(!is_about_the_source(&error(other)), "{other}");
        }
    }
}
