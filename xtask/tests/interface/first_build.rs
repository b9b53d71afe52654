//! What is compiled before a first lesson runs: the wait of everybody who has just cloned this.

use std::collections::BTreeSet;
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The packages that a package is built from, each with its version and its features.
fn built_for(package: &str) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--offline", "--locked", "--package", package]).current_dir(ROOT);
    cargo.args(["--edges", "normal,build", "--prefix", "none", "--no-dedupe"]);
    cargo.args(["--format", "{p} [{f}]"]);
    let output = cargo.output().expect("start cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn is_named(package: &str, name: &str) -> bool {
    package.split(' ').next() == Some(name)
}

#[test]
fn the_runner_needs_nothing_that_takes_long() {
    let built = built_for("xtask");
    assert!(built.iter().any(|package| is_named(package, "nix")), "{built:#?}");
    // Derived macros and what they stand on; what nix and std can do; what only tests need.
    for slow in ["syn", "proc-macro2", "clap_derive", "serde_derive", "rustix", "insta", "regex"] {
        let found = built.iter().find(|package| is_named(package, slow));
        assert_eq!(found, None, "`cargo xtask run` compiles it before the first lesson");
    }
}

/// Cargo builds a package once for each set of features. What a lesson shares with the runner has
/// to have the same ones in both, or it is compiled a second time.
#[test]
fn lessons_share_what_the_runner_was_built_from() {
    let runner = built_for("xtask");
    for package in built_for("lesson-01") {
        let name = package.split(' ').next().expect("a name");
        let is_shared = runner.iter().any(|other| is_named(other, name));
        assert!(!is_shared || runner.contains(&package), "built twice: {package}");
    }
}
