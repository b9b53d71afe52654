//! The compiler and the libraries, where the sandbox's user can read them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use course::{Course, Entry, LIBRARIES};
use sandbox::user::User;

use crate::mounts::{Bound, Own};

/// What every exercise is compiled with.
pub struct Toolchain {
    /// A folder with `bin/rustc`.
    pub sysroot: PathBuf,
    /// `rustc --version --verbose`.
    pub version: String,
    /// The linker, by a path that leads nowhere outside of /usr.
    pub linker: PathBuf,
    /// A folder with the libraries, and which file belongs to which crate.
    pub libraries: PathBuf,
    pub externs: BTreeMap<String, String>,
    /// Keeps the compiler where it is.
    _bound: Option<Bound>,
}

impl Toolchain {
    /// Builds the libraries once and puts all within reach of this user, below `place`.
    ///
    /// # Errors
    /// When there is no compiler or linker, or the libraries do not compile.
    pub fn prepare(
        course: &Course,
        place: &Path,
        user: User,
        own: &anyhow::Result<Own>,
    ) -> anyhow::Result<Toolchain> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
        let sysroot = PathBuf::from(said(&rustc, &["--print", "sysroot"], course)?.trim_end());
        let version = said(&rustc, &["--version", "--verbose"], course)?;
        let bound = reachable(&sysroot, place, user, own)?;
        let sysroot = bound.as_ref().map_or(sysroot, |bound| bound.path().to_owned());
        let (libraries, externs) = libraries(course, place)?;
        Ok(Toolchain { sysroot, version, linker: linker()?, libraries, externs, _bound: bound })
    }
}

fn said(program: &OsString, arguments: &[&str], course: &Course) -> anyhow::Result<String> {
    let name = program.display();
    let mut command = Command::new(program);
    // From the root, where rustup looks for the toolchain that the course asks for.
    command.args(arguments).current_dir(&course.root);
    let output = command.output().with_context(|| format!("start {name}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} {arguments:?} failed: {}", said.trim_end());
    String::from_utf8(output.stdout).with_context(|| format!("what {name} {arguments:?} said"))
}

/// Root's own toolchain is often in a folder that nobody else can read. It is bound to one that
/// everybody can, in a mount namespace of the grader's own.
fn reachable(
    sysroot: &Path,
    place: &Path,
    user: User,
    own: &anyhow::Result<Own>,
) -> anyhow::Result<Option<Bound>> {
    let rustc = sysroot.join("bin/rustc");
    let mut test = Command::new("/usr/bin/test");
    test.arg("-x").arg(&rustc);
    user.take(&mut test);
    if test.status().context("start /usr/bin/test")?.success() {
        return Ok(None);
    }
    ensure!(rustc.is_file(), "there is no compiler at {}", rustc.display());
    match own {
        Ok(own) => own.bind_to_read(sysroot, place).map(Some),
        Err(error) => bail!(
            "the compiler in {} cannot be read by the user that the sandbox runs as, and cannot be \
             put elsewhere: {error:#}. Install it where everybody can read it, or grade as an \
             ordinary user",
            sysroot.display()
        ),
    }
}

/// `cc` by the file that it is in the end: it may be a link by way of /etc.
fn linker() -> anyhow::Result<PathBuf> {
    let places = ["/usr/local/bin", "/usr/bin", "/bin"].map(Path::new);
    let found = places.iter().map(|folder| folder.join("cc")).find(|file| file.exists());
    let found = found.context("there is no linker (cc): apt-get install gcc")?;
    let file = found.canonicalize().with_context(|| found.display().to_string())?;
    ensure!(file.starts_with("/usr"), "the linker {} is not below /usr", file.display());
    Ok(file)
}

/// Builds the libraries of the exercises and copies them, and nothing else: beside them cargo has
/// the solutions.
fn libraries(course: &Course, place: &Path) -> anyhow::Result<(PathBuf, BTreeMap<String, String>)> {
    let exercises: Vec<&Entry> = course.exercises().collect();
    let packages: Vec<String> =
        exercises.iter().map(|entry| format!("sol-{:02}", entry.number)).collect();
    let built = build::each(&course.root, &packages, &["--bins"])?;
    let to = place.join("libraries");
    fs::create_dir(&to).context("make a folder for the libraries")?;
    fs::set_permissions(&to, fs::Permissions::from_mode(0o755)).context("open it to all")?;
    let mut externs = BTreeMap::new();
    for (name, file) in &built.libraries {
        let file_name = file.file_name().and_then(|name| name.to_str());
        let file_name = file_name.with_context(|| format!("the name of {}", file.display()))?;
        let copy = to.join(file_name);
        fs::copy(file, &copy).with_context(|| format!("copy {}", file.display()))?;
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o644)).context("open it to all")?;
        // The others are what these stand on, and out of reach for the student's own build as well.
        if LIBRARIES.contains(&name.as_str()) {
            externs.insert(name.clone(), file_name.to_owned());
        }
    }
    Ok((to, externs))
}
