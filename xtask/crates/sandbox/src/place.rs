//! What a box is made of, as files that its user can read.
//!
//! ```text
//! PLACE/          0755, so that a user other than the caller can read it
//!   sandboxed     both sides of the wall
//!   filters/      the refused system calls
//!   config        the sizes and defences
//!   toolchain/    where root's own toolchain is bound, if nobody else can read it
//! ```

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::{Bubblewrap, Config, OURS, WORK, deny, wall};

/// A folder with all that every box needs. It is removed when this is dropped.
pub struct Place {
    folder: tempfile::TempDir,
    bwrap: PathBuf,
    config: Config,
}

/// A folder of the box's user, where the box leaves what it is to report.
pub const REPORT: &str = "/report";

impl Place {
    /// Makes it below the directory for temporary files.
    ///
    /// # Errors
    /// When that cannot be written, or bwrap is not installed.
    pub fn new(sandboxed: &Path, config: Config) -> anyhow::Result<Place> {
        let bwrap = Bubblewrap::find()?;
        let folder = tempfile::Builder::new()
            .prefix("pipeworks-grade-")
            .tempdir()
            .context("make a folder for the sandbox")?;
        let place = Place { folder, bwrap, config };
        let path = place.folder.path();
        open_to_all(path)?;
        let own = path.join("sandboxed");
        fs::copy(sandboxed, &own)
            .with_context(|| format!("copy {} to {}", sandboxed.display(), own.display()))?;
        let filters = path.join("filters");
        fs::create_dir(&filters).context("make a folder for the filters")?;
        deny::write(&filters)?;
        place.configure()?;
        for path in [&own, &filters] {
            open_to_all(path)?;
        }
        Ok(place)
    }

    fn configure(&self) -> anyhow::Result<()> {
        let path = self.folder.path().join("config");
        fs::write(&path, self.config.to_json().to_string()).context("write the sandbox's sizes")?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).context("open it to all")
    }

    /// A folder that every user can read.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The launcher's binary for what is outside of a box.
    #[must_use]
    pub fn launcher(&self) -> PathBuf {
        self.folder.path().join("sandboxed")
    }

    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The beginning of a command that runs what follows in a box: `program` is the folder with
    /// the program under test, `report` a folder that the box's user may write, and `reads` what
    /// else is there to read, each with its place.
    #[must_use]
    pub fn command(
        &self,
        program: Option<&Path>,
        report: &Path,
        reads: &[(&Path, &Path)],
    ) -> Vec<OsString> {
        let ours = Path::new(OURS);
        let mut made = Bubblewrap::default()
            .flag("--unshare-user")
            .flag("--unshare-pid")
            .flag("--unshare-ipc")
            .flag("--unshare-net")
            .flag("--die-with-parent")
            .system()
            .option("--proc", ["/proc"])
            .option("--dev", ["/dev"])
            // bwrap itself begins by mounting something there.
            .option("--dir", ["/tmp"])
            .reads(self.launcher(), ours.join("sandboxed"))
            .reads(self.folder.path().join("filters"), ours.join("filters"))
            .reads(self.folder.path().join("config"), ours.join("config"))
            .reads(&self.bwrap, ours.join("bwrap"));
        made = match program {
            Some(folder) => made.reads(folder, ours.join(wall::PROGRAM)),
            None => made.option("--dir", [ours.join(wall::PROGRAM)]),
        };
        for (from, at) in reads {
            made = made.reads(from, at);
        }
        made = made.writes(report, REPORT).tmpfs(Some(self.config.tmpfs_bytes), WORK);
        made = made.option("--chdir", [WORK]).flag("--clearenv");
        let sandboxed = ours.join("sandboxed");
        let variables = [
            ("PATH", crate::bubblewrap::PATH),
            ("HOME", WORK),
            ("TMPDIR", WORK),
            ("LANG", "C.UTF-8"),
            (launcher::XTASK_VARIABLE, &sandboxed.to_string_lossy()),
            // What decides whether a snapshot agrees is insta's comparison and nothing else.
            ("INSTA_UPDATE", "no"),
            ("INSTA_FORCE_PASS", "0"),
            ("INSTA_OUTPUT", "none"),
            ("INSTA_WORKSPACE_ROOT", WORK),
            ("RUST_BACKTRACE", "0"),
        ];
        for (name, value) in variables {
            made = made.option("--setenv", [name, value]);
        }
        made.words(&self.bwrap)
    }
}

/// Whoever grades may have a umask that keeps others out.
fn open_to_all(path: &Path) -> anyhow::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("open {} to all", path.display()))
}
