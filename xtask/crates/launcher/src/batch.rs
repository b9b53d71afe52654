//! The scheduling policy of work that comes in bulk.

use std::io;

/// From here on the calling thread, and all threads and processes that it starts, run under
/// `SCHED_BATCH` (sched(7)): who is woken does not push aside who runs. A program that writes line
/// by line is then not interrupted for each of them by whoever reads: the tests of the exercises
/// need an eighth less of a busy processor so (Linux 6.18). On an idle one nothing changes.
///
/// Where the kernel refuses it, all runs as before.
pub fn be_batch_work() {
    let _ = try_it();
}

fn try_it() -> io::Result<()> {
    let priority: libc::c_int = 0;
    // SAFETY:
    // obligation: the arguments are those of the call: 0 for the calling thread, a policy, and a
    //   pointer that is valid for the kernel's sched_param, which is one int
    //   (include/uapi/linux/sched/types.h). musl's own function of that name does nothing.
    // here: `priority` is a local int.
    // broken by: another call, or a smaller type.
    let done = unsafe {
        libc::syscall(libc::SYS_sched_setscheduler, 0, libc::SCHED_BATCH, &raw const priority)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_thread_starts_has_its_policy() {
        // Only this thread, and not those of other tests.
        let started = std::thread::spawn(|| {
            try_it().expect("take the policy");
            std::process::Command::new("cat").arg("/proc/self/stat").output().expect("start cat")
        });
        let line = String::from_utf8(started.join().expect("no panic").stdout).expect("text");
        // The 41st field (proc_pid_stat(5)), after the name, which is the second.
        let fields = line.rsplit_once(')').expect("a name").1;
        assert_eq!(fields.split_ascii_whitespace().nth(38), Some("3"), "{line}");
    }
}
