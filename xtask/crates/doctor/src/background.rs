//! What the kernel may do for a process while all of its threads wait.

use nix::unistd::Pid;

use crate::tree::text_at_once;

/// What stands in the memory of a process that has asked for something asynchronous. A ring of
/// io_uring works on for as long as it is mapped, also when its descriptor is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Background {
    pub aio: bool,
    pub io_uring: bool,
}

impl Background {
    /// Whoever may not be looked at might have both.
    pub fn of(pid: Pid) -> Background {
        let maps = text_at_once(&format!("/proc/{pid}/maps"));
        maps.map_or(Background { aio: true, io_uring: true }, |maps| Background::in_maps(&maps))
    }

    fn in_maps(maps: &str) -> Background {
        Background {
            aio: maps.contains("/[aio]"),
            io_uring: maps.contains("anon_inode:[io_uring]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_known_by_their_mappings() {
        let of = |path| {
            let line = format!("7f10ac6ad000-7f10ac6ae000 rw-s 00000000 00:10 2058   {path}\n");
            let found = Background::in_maps(&line);
            (found.aio, found.io_uring)
        };
        assert_eq!(of("anon_inode:[io_uring]"), (false, true));
        assert_eq!(of("/[aio] (deleted)"), (true, false));
        assert_eq!(of("/usr/lib/libc.so.6"), (false, false));
        let me = Background::of(nix::unistd::getpid());
        assert_eq!(me, Background { aio: false, io_uring: false });
    }
}
