//! A mount namespace of the grader's own, for a caller that is root.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;

use anyhow::Context;
use nix::errno::Errno;

/// Leaves the caller's mount namespace, so that nothing that is mounted here outlives the grader.
/// Before any thread is started.
///
/// # Errors
/// When the caller is not root.
pub fn leave() -> anyhow::Result<()> {
    nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS)
        .context("make a mount namespace (is this a container without CAP_SYS_ADMIN?)")?;
    mount(None, Path::new("/"), libc::MS_REC | libc::MS_PRIVATE).context("keep mounts to us")
}

/// Binds a folder below `place`, to read. Where it is, a user without a way to the folder itself
/// finds it.
///
/// # Errors
/// When [`leave`] was not called before, or the mount fails.
pub fn bind_to_read(folder: &Path, place: &Path) -> anyhow::Result<PathBuf> {
    let at = place.join("toolchain");
    std::fs::create_dir(&at).with_context(|| format!("make {}", at.display()))?;
    mount(Some(folder), &at, libc::MS_BIND)
        .with_context(|| format!("bind {} to {}", folder.display(), at.display()))?;
    // A bind takes its flags in a second step (mount(2)).
    mount(None, &at, libc::MS_BIND | libc::MS_REMOUNT | libc::MS_RDONLY)
        .with_context(|| format!("make {} read-only", at.display()))?;
    Ok(at)
}

/// Takes away what [`bind_to_read`] has bound: before the place around it is removed.
pub fn unbind(place: &Path) {
    let at = place.join("toolchain");
    if let Ok(at) = CString::new(at.as_os_str().as_bytes()) {
        // SAFETY:
        // obligation: the path must be a string that ends with a zero byte (umount2(2)).
        // here: it is a CString that lives until the call has returned.
        // broken by: a pointer into a Rust string.
        unsafe { libc::umount2(at.as_ptr(), libc::MNT_DETACH) };
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
