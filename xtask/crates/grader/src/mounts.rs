//! A mount namespace of the grader's own, for a caller that is root.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;

use anyhow::Context;
use nix::errno::Errno;

/// A mount namespace that nobody else is in: what is mounted in it does not outlive the grader.
pub struct Own(());

/// Leaves the caller's mount namespace. Before any thread is started.
///
/// # Errors
/// When the caller may not.
pub fn leave() -> anyhow::Result<Own> {
    nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS)
        .context("make a mount namespace (is this a container without CAP_SYS_ADMIN?)")?;
    mount(None, Path::new("/"), libc::MS_REC | libc::MS_PRIVATE).context("keep mounts to us")?;
    Ok(Own(()))
}

/// A folder that is bound to another place, for as long as this lives.
pub struct Bound {
    at: PathBuf,
}

impl Own {
    /// Binds a folder below `place`, to read. Where it is, a user without a way to the folder
    /// itself finds it.
    ///
    /// # Errors
    /// When the mount fails.
    pub fn bind_to_read(&self, folder: &Path, place: &Path) -> anyhow::Result<Bound> {
        let at = place.join("toolchain");
        std::fs::create_dir(&at).with_context(|| format!("make {}", at.display()))?;
        mount(Some(folder), &at, libc::MS_BIND)
            .with_context(|| format!("bind {} to {}", folder.display(), at.display()))?;
        let bound = Bound { at };
        // A bind takes its flags in a second step (mount(2)).
        mount(None, &bound.at, libc::MS_BIND | libc::MS_REMOUNT | libc::MS_RDONLY)
            .with_context(|| format!("make {} read-only", bound.at.display()))?;
        Ok(bound)
    }
}

impl Bound {
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.at
    }
}

/// Whoever removes the folder around it must find it gone.
impl Drop for Bound {
    fn drop(&mut self) {
        if let Ok(at) = CString::new(self.at.as_os_str().as_bytes()) {
            // SAFETY:
            // obligation: the path must be a string that ends with a zero byte (umount2(2)).
            // here: it is a CString that lives until the call has returned.
            // broken by: a pointer into a Rust string.
            unsafe { libc::umount2(at.as_ptr(), libc::MNT_DETACH) };
        }
    }
}

fn mount(from: Option<&Path>, at: &Path, flags: libc::c_ulong) -> anyhow::Result<()> {
    let text = |path: &Path| CString::new(path.as_os_str().as_bytes());
    let from = from.map(text).transpose()?;
    let at = text(at)?;
    let from = from.as_ref().map_or(ptr::null(), |from| from.as_ptr());
    // SAFETY:
    // obligation: source and target must be strings that end with a zero byte or, where the flags
    //   allow it, null; type and data may be null for a bind and a change of flags (mount(2)).
    // here: both are CStrings that live until the call has returned, and the flags are such.
    // broken by: mounting a file system by its type.
    let result = unsafe { libc::mount(from, at.as_ptr(), ptr::null(), flags, ptr::null()) };
    Errno::result(result).map(drop).map_err(Into::into)
}
