//! The recipes of the book for classes that are graded on several machines: their files are what
//! their engines read, and their commands come to the report of a single run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use saphyr::{LoadableYamlNode, Yaml};
use tempfile::TempDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// The tests of an exercise may have to be built first.
const DEADLINE: Duration = Duration::from_secs(15 * 60);

fn recipe(name: &str) -> PathBuf {
    Path::new(ROOT).join("book/src/instructors").join(name)
}

fn text_of(name: &str) -> String {
    fs::read_to_string(recipe(name)).expect("read the recipe")
}

fn at<'a, 'b>(yaml: &'a Yaml<'b>, keys: &[&str]) -> &'a Yaml<'b> {
    keys.iter().fold(yaml, |yaml, key| {
        yaml.as_mapping_get(key).unwrap_or_else(|| panic!("no {key} of {keys:?}"))
    })
}

fn words<'a>(yaml: &'a Yaml<'_>, keys: &[&str]) -> &'a str {
    at(yaml, keys).as_str().unwrap_or_else(|| panic!("{keys:?} is no text"))
}

/// The line of a step that calls the runner.
fn line_of<'a>(job: &'a Yaml<'_>) -> &'a str {
    let steps = at(job, &["steps"]).as_sequence().expect("steps");
    let lines = steps.iter().filter_map(|step| step.as_mapping_get("run")?.as_str());
    let ours: Vec<&str> = lines.filter(|line| line.contains("cargo xtask")).collect();
    assert_eq!(ours.len(), 1, "{ours:?}");
    ours[0]
}

/// A class of three, of the real course, and a folder to grade it in. It is in the course, as the
/// recipes' folders are.
struct Class {
    folder: TempDir,
}

impl Class {
    /// Nothing where no sandbox can be made.
    fn new() -> Option<Class> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if !std::env::split_paths(&path).any(|folder| folder.join("bwrap").is_file()) {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "bubblewrap is not installed");
            eprintln!("\nSKIPPED: bwrap is not installed: apt-get install bubblewrap");
            return None;
        }
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("make a folder");
        for name in ["ann", "bob", "cleo"] {
            let src = format!("submissions/{name}/exercises/ex-01-forgotten-close/src");
            let src = folder.path().join(src);
            fs::create_dir_all(&src).expect("make a folder");
            fs::write(src.join("main.rs"), format!("fn main() {{}} // {name}\n")).expect("write");
        }
        // Whoever types `cargo xtask` gets the runner that is tested.
        let cargo = folder.path().join("bin/cargo");
        fs::create_dir(folder.path().join("bin")).expect("make a folder");
        let script = "#!/bin/sh\n[ \"$1\" = xtask ] && shift && exec \"$XTASK\" \"$@\"\n\
                      exec \"$REAL_CARGO\" \"$@\"\n";
        fs::write(&cargo, script).expect("write a script");
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("set its mode");
        let class = Class { folder };
        class.run("cargo xtask grade submissions --seed 7 --out whole", &[], &[]);
        Some(class)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command line as bash does.
    #[track_caller]
    fn run(&self, line: &str, arguments: &[&str], variables: &[(&str, &str)]) {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", line, "bash"]).args(arguments);
        bash.current_dir(self.folder.path()).envs(variables.iter().copied());
        bash.env("PATH", format!("{}:{path}", self.at("bin").display()));
        bash.env("XTASK", env!("CARGO_BIN_EXE_xtask")).env("REAL_CARGO", env!("CARGO"));
        bash.env_remove("CARGO").env_remove("PIPEWORKS_XTASK").env_remove("CARGO_TARGET_DIR");
        let output = assert_cmd::Command::from_std(bash).timeout(DEADLINE).output();
        let output = output.expect("start bash");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}\n{said}");
    }

    #[track_caller]
    fn is_whole(&self, report: &str) {
        for file in ["results.json", "grades.csv", "run.json"] {
            let read = |folder: &str| {
                fs::read_to_string(self.at(folder).join(file)).expect("read a report")
            };
            assert_eq!(read("whole"), read(report), "{file}");
        }
    }
}

#[test]
fn the_matrix_of_github_actions_grades_the_class() {
    let text = text_of("github.yml");
    let all = Yaml::load_from_str(&text).expect("understand it");
    let workflow = &all[0];
    assert!(at(workflow, &["on", "workflow_dispatch", "inputs", "seed", "default"]).is_string());
    let part = at(workflow, &["jobs", "part"]);
    let shards = at(part, &["strategy", "matrix", "shard"]).as_sequence().expect("shards");
    let shards: Vec<i64> = shards.iter().filter_map(Yaml::as_integer).collect();
    assert_eq!(shards, (1..=shards.len() as i64).collect::<Vec<_>>());
    assert_eq!(words(part, &["env", "SHARD"]), "${{ matrix.shard }}/${{ strategy.job-total }}");
    let merge = at(workflow, &["jobs", "merge"]);
    assert_eq!(words(merge, &["needs"]), "part");
    let uses = |job: &Yaml<'_>, action: &str| {
        let steps = at(job, &["steps"]).as_sequence().expect("steps");
        let step = steps.iter().find(|step| {
            let used = step.as_mapping_get("uses").and_then(|uses| uses.as_str());
            used.is_some_and(|used| used.starts_with(action))
        });
        at(step.unwrap_or_else(|| panic!("no {action}")), &["with", "path"])
            .as_str()
            .map(str::to_owned)
    };
    let (kept, got) = (uses(part, "actions/upload"), uses(merge, "actions/download"));
    assert_eq!((kept.as_deref(), got.as_deref()), (Some("part"), Some("parts")));

    let Some(class) = Class::new() else { return };
    for shard in &shards {
        let of = format!("{shard}/{}", shards.len());
        class.run(line_of(part), &[], &[("SHARD", &of), ("SEED", "7")]);
        // As the actions that keep artifacts do.
        fs::create_dir_all(class.at("parts")).expect("make a folder");
        let kept = class.at("parts").join(format!("part-{shard}"));
        fs::rename(class.at("part"), kept).expect("keep it");
    }
    class.run(line_of(merge), &[], &[]);
    class.is_whole("report");
}

#[test]
fn the_job_array_of_slurm_grades_the_class() {
    let text = text_of("slurm.sh");
    let option = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("#SBATCH --{name}=")));
        line.unwrap_or_else(|| panic!("no --{name}")).to_owned()
    };
    assert!(option("array").starts_with("1-"), "shards are counted from 1");
    assert_eq!(text.lines().next(), Some("#!/bin/bash"), "sbatch asks for it");
    let Some(class) = Class::new() else { return };
    for task in ["1", "2"] {
        let variables = [
            ("SLURM_ARRAY_TASK_ID", task),
            ("SLURM_ARRAY_TASK_COUNT", "2"),
            ("SLURM_CPUS_PER_TASK", "1"),
        ];
        class.run(&text, &["submissions", "7"], &variables);
    }
    let merge = text.lines().find_map(|line| line.strip_prefix("#   cargo xtask grade merge"));
    class.run(&format!("cargo xtask grade merge{}", merge.expect("how to merge")), &[], &[]);
    class.is_whole("report");
}

#[test]
fn the_indexed_job_of_kubernetes_grades_the_class() {
    let text = text_of("kubernetes.yml");
    let all = Yaml::load_from_str(&text).expect("understand it");
    let spec = at(&all[0], &["spec"]);
    assert_eq!((words(&all[0], &["kind"]), words(spec, &["completionMode"])), ("Job", "Indexed"));
    let container = &at(spec, &["template", "spec", "containers"]).as_sequence().expect("one")[0];
    let command = at(container, &["command"]).as_sequence().expect("a command");
    let command: Vec<&str> = command.iter().filter_map(Yaml::as_str).collect();
    assert_eq!(command[..2], ["bash", "-c"]);
    let env = at(container, &["env"]).as_sequence().expect("variables");
    let parts = env.iter().find(|variable| words(variable, &["name"]) == "PARTS").expect("PARTS");
    let completions = at(spec, &["completions"]).as_integer().expect("a number");
    assert_eq!(words(parts, &["value"]), completions.to_string());
    let Some(class) = Class::new() else { return };
    let here = class.folder.path().display().to_string();
    for index in ["0", "1"] {
        let variables = [("JOB_COMPLETION_INDEX", index), ("CLASS", &here), ("PARTS", "2")];
        class.run(command[2], &[], &variables);
    }
    let merge = text.lines().find_map(|line| line.strip_prefix("#   cargo xtask grade merge "));
    let merge = merge.expect("how to merge").replace("/class", &here);
    class.run(&format!("cargo xtask grade merge {merge}"), &[], &[]);
    class.is_whole("report");
}
