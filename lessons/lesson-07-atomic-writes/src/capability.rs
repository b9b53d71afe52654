//! Takes CAP_SYS_RESOURCE out of this process's effective set, so that root is refused what an
//! ordinary user is refused.
//!
//! Neither std nor nix has capset, and libc has only its number. It changes the calling thread
//! alone, and its permitted set stays as it is (capset(2)).

use nix::errno::Errno;
use nix::libc;

/// `_LINUX_CAPABILITY_VERSION_3` of linux/capability.h: two blocks of 32 capabilities each.
const VERSION_3: u32 = 0x2008_0522;
/// The number of CAP_SYS_RESOURCE in linux/capability.h; it lies in the first block.
const CAP_SYS_RESOURCE: u32 = 24;

/// `cap_user_header_t`; pid 0 is the caller.
#[repr(C)]
struct Header {
    version: u32,
    pid: libc::c_int,
}

/// `cap_user_data_t`: one block, a bit for each capability.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Block {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

// ANCHOR: capability
/// Allocates nothing and cannot panic: a child may call it after fork.
pub fn drop_sys_resource() -> nix::Result<()> {
    let mut header = Header { version: VERSION_3, pid: 0 };
    let mut blocks = [Block::default(); 2];

    // The sets as they are: capset sets all of them at once.
    // SAFETY:
    // obligation: the kernel writes two blocks for this version, and may write to the header
    //   (capget(2)).
    // here: both arrays live on this stack, and `blocks` has two elements of the kernel's layout.
    // broken by: a shorter array, another version, or a field more in `Block`.
    let answer = unsafe { libc::syscall(libc::SYS_capget, &raw mut header, blocks.as_mut_ptr()) };
    Errno::result(answer)?;

    // Without one bit of them. Giving up needs no privilege.
    blocks[0].effective &= !(1 << CAP_SYS_RESOURCE);
    // SAFETY:
    // obligation: the kernel reads two blocks for this version, and may write to the header
    //   (capset(2)).
    // here: both arrays live on this stack, and `blocks` has two elements of the kernel's layout.
    // broken by: a shorter array, another version, or a field more in `Block`.
    let answer = unsafe { libc::syscall(libc::SYS_capset, &raw mut header, blocks.as_ptr()) };
    Errno::result(answer)?;
    Ok(())
}
// ANCHOR_END: capability
