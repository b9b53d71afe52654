//! The grader.

use std::path::Path;
use std::time::{Duration, Instant};

use grader::compile::{Compiled, compile};
use grader::judge::judge;
use grader::mounts;
use grader::toolchain::Toolchain;
use launcher::Limits;
use sandbox::user::User;
use sandbox::{Config, Place};

fn main() -> anyhow::Result<()> {
    let root = nix::unistd::Uid::effective().is_root();
    if root {
        mounts::leave()?;
    }
    let course = course::Course::here()?;
    let built = build::binaries(&course.root, &["sandbox"])
        .or_else(|_| build::each(&course.root, &["sandbox"], &["--bins"]).map(|b| b.binaries))?;
    let place = Place::new(
        &built["sandboxed"],
        Config::default(),
        Config {
            address_bytes: 16 << 30,
            user_processes: 256,
            file_bytes: 512 << 20,
            tmpfs_bytes: 1 << 30,
            ..Config::default()
        },
    )?;
    let user = User::choose(1)?[0];
    let toolchain = Toolchain::prepare(&course, &place, user)?;
    println!("{:?}", toolchain.externs);
    let limits = Limits {
        wall: Some(Duration::from_secs(60)),
        cpu: Some(Duration::from_secs(40)),
        memory_bytes: Some(2 << 30),
        processes: Some(64),
        output_bytes: Some(1 << 20),
        ..Limits::default()
    };
    for entry in course.exercises() {
        let work = tempfile::Builder::new()
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir_in(place.path())?;
        let source = work.path().join("source");
        std::fs::create_dir(&source)?;
        std::fs::copy(
            course.root.join("solutions").join(entry.folder_name()).join("src/main.rs"),
            source.join("main.rs"),
        )?;
        let t = Instant::now();
        let compiled = compile(&place, user, &toolchain, entry, &source, work.path(), &limits)?;
        println!("{} {:?} {:?}", entry.id, t.elapsed(), compiled);
        let Compiled::Program(folder) = compiled else { continue };
        let tests = build::each(&course.root, &[entry.id.as_str()], &["--examples"])?.binaries
            [&format!("{}-tests", entry.id)]
            .clone();
        let copy = place.path().join(format!("{}-tests", entry.id));
        std::fs::copy(tests, &copy)?;
        for test in &entry.tests {
            let t = Instant::now();
            let result = judge(&place, user, entry, Path::new(&copy), &test.name, &folder, 1);
            println!("  {} {:?} {:?}", test.name, t.elapsed(), result.map(|r| r.answer));
        }
    }
    if root {
        mounts::unbind(place.path());
    }
    Ok(())
}
