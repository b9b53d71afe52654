//! The refused system calls, as filters for seccomp(2).
//!
//! A list of what is refused, not of what is allowed: the exercises are about system calls, and a
//! student may use any of those that concern pipes and processes. Refused is what reaches beyond
//! the sandbox, what has a history of holes in the kernel and no place in the course, and what
//! takes memory that no limit counts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, sock_filter,
};

/// Refused whatever its arguments are.
const REFUSED: [libc::c_long; 62] = [
    // Other processes' memory and descriptors. (process_vm_readv and pidfd_getfd are what the
    // doctor looks with: the kernel lets nobody use them on the launcher, which cannot be traced.)
    libc::SYS_ptrace,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    // The keys of whoever grades.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // Calls made by the kernel on the program's behalf, past these filters.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Parts of the kernel that are no student's business.
    libc::SYS_ioprio_set,
    libc::SYS_kexec_file_load,
    libc::SYS_name_to_handle_at,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_open_by_handle_at,
    libc::SYS_quotactl,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_nfsservctl,
    libc::SYS_mbind,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    libc::SYS_set_mempolicy,
    // Other namespaces and other mounts.
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    // Memory that belongs to no process and no tmpfs. What waits in sockets may be megabytes for
    // each whose buffers may be made larger (measured: 941 MiB in 60 pairs of a process of 14 MiB),
    // and no exercise is about them. `socketpair` stays: Rust's `Command` starts programs with one.
    libc::SYS_socket,
    libc::SYS_setsockopt,
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_semget,
    libc::SYS_mq_open,
];

/// New namespaces, for clone and unshare.
const NAMESPACES: [libc::c_int; 8] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWTIME,
];

/// What the kernel lets any process of the same user do to another, the launcher included, however
/// well that one hides (`PR_SET_DUMPABLE` is not asked): each with the argument that names another
/// process, and that is 0 for the caller.
const ON_OTHERS: [(libc::c_long, u8); 6] = [
    (libc::SYS_prlimit64, 0),
    (libc::SYS_sched_setaffinity, 0),
    (libc::SYS_sched_setattr, 0),
    (libc::SYS_sched_setparam, 0),
    (libc::SYS_sched_setscheduler, 0),
    (libc::SYS_setpriority, 1),
];

/// Typing at somebody's terminal (ioctl_tty(2)).
const TERMINALS: [u64; 2] = [libc::TIOCSTI, libc::TIOCLINUX];

/// Writes the filters beside each other in `folder`, for `bwrap --add-seccomp-fd`.
///
/// # Errors
/// When this processor is not one that the filters are known for, or the folder cannot be written.
pub fn write(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let filters = [
        ("deny-calls", refused().context("make the list of refused system calls")?),
        ("deny-clone3", unknown().context("make the list of unknown system calls")?),
        ("deny-other-abi", other_abi()),
    ];
    let write = |(name, program): (&str, BpfProgram)| {
        let path = folder.join(name);
        fs::write(&path, bytes(&program)).with_context(|| format!("write {}", path.display()))?;
        Ok(path)
    };
    filters.into_iter().map(write).collect()
}

/// EPERM: nobody is allowed to.
fn refused() -> anyhow::Result<BpfProgram> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED.into_iter().map(|number| (number, Vec::new())).collect();
    #[cfg(target_arch = "x86_64")]
    rules.extend([(libc::SYS_ioperm, Vec::new()), (libc::SYS_iopl, Vec::new())]);
    let namespaces = NAMESPACES
        .into_iter()
        .map(|flag| has_bits(0, u64::from(flag.unsigned_abs())))
        .collect::<anyhow::Result<Vec<_>>>()?;
    rules.insert(libc::SYS_clone, namespaces.clone());
    rules.insert(libc::SYS_unshare, namespaces);
    let terminal = |request: u64| rule(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, request);
    let terminals = TERMINALS.into_iter().map(terminal).collect::<anyhow::Result<Vec<_>>>()?;
    rules.insert(libc::SYS_ioctl, terminals);
    let family = u64::from(libc::AF_UNIX.unsigned_abs());
    let others = rule(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, family)?;
    rules.insert(libc::SYS_socketpair, vec![others]);
    // Shared memory without a name: what its owner has let go of counts for no process any more,
    // and stays (measured: 1 GiB behind a process of 13 MiB).
    let anonymous = u64::from((libc::MAP_SHARED | libc::MAP_ANONYMOUS).unsigned_abs());
    rules.insert(libc::SYS_mmap, vec![has_bits(3, anonymous)?]);
    for (call, argument) in ON_OTHERS {
        rules.insert(call, vec![rule(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, 0)?]);
    }
    compile(rules, libc::EPERM)
}

/// ENOSYS: the C library then takes the call's older form, whose flags a filter can read.
fn unknown() -> anyhow::Result<BpfProgram> {
    compile(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), libc::ENOSYS)
}

fn compile(rules: BTreeMap<i64, Vec<SeccompRule>>, error: i32) -> anyhow::Result<BpfProgram> {
    let refuse = SeccompAction::Errno(error.unsigned_abs());
    let arch = std::env::consts::ARCH.try_into().context("this processor")?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch)?;
    Ok(filter.try_into()?)
}

fn has_bits(argument: u8, bits: u64) -> anyhow::Result<SeccompRule> {
    rule(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(bits), bits)
}

fn rule(
    argument: u8,
    length: SeccompCmpArgLen,
    compare: SeccompCmpOp,
    value: u64,
) -> anyhow::Result<SeccompRule> {
    Ok(SeccompRule::new(vec![SeccompCondition::new(argument, length, compare, value)?])?)
}

/// Refuses the system calls of x32, which have numbers of their own for everything
/// (`__X32_SYSCALL_BIT`). Those of 32 bits end the program: that is in every filter of the library.
fn other_abi() -> BpfProgram {
    const X32: u32 = 0x4000_0000;
    const LOAD_NUMBER: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS, at offset 0 of struct seccomp_data
    const JUMP_IF_AT_LEAST: u16 = 0x35; // BPF_JMP | BPF_JGE | BPF_K
    const RETURN: u16 = 0x06; // BPF_RET | BPF_K
    let refuse = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
    let step = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    vec![
        step(LOAD_NUMBER, 0, 0, 0),
        step(JUMP_IF_AT_LEAST, 0, 1, X32),
        step(RETURN, 0, 0, refuse),
        step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}

/// `struct sock_filter` after `struct sock_filter`, as bwrap reads them.
fn bytes(program: &BpfProgram) -> Vec<u8> {
    let one = |step: &sock_filter| {
        let code = step.code.to_ne_bytes();
        let k = step.k.to_ne_bytes();
        [code[0], code[1], step.jt, step.jf, k[0], k[1], k[2], k[3]]
    };
    program.iter().flat_map(one).collect()
}
