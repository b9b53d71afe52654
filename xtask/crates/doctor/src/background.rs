//! What the kernel may do for a process while all of its threads wait.

use nix::unistd::Pid;

use crate::tree::read_to_end;

/// The mappings of a process, by which one is known that has asked for something asynchronous. A
/// ring of io_uring works on for as long as it is mapped, also when its descriptor is closed.
pub struct Background {
    /// `None`: whoever may not be looked at might have both.
    maps: Option<String>,
}

impl Background {
    pub fn of(pid: Pid) -> Background {
        let maps = read_to_end(&format!("/proc/{pid}/maps")).ok();
        Background { maps: maps.map(|maps| String::from_utf8_lossy(&maps).into_owned()) }
    }

    pub fn may_use_aio(&self) -> bool {
        self.has("/[aio]")
    }

    pub fn may_use_io_uring(&self) -> bool {
        self.has("anon_inode:[io_uring]")
    }

    fn has(&self, name: &str) -> bool {
        self.maps.as_ref().is_none_or(|maps| maps.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_known_by_their_mappings() {
        let both = |found: Background| (found.may_use_aio(), found.may_use_io_uring());
        let of = |path| {
            let line = format!("7f10ac6ad000-7f10ac6ae000 rw-s 00000000 00:10 2058   {path}\n");
            both(Background { maps: Some(line) })
        };
        assert_eq!(of("anon_inode:[io_uring]"), (false, true));
        assert_eq!(of("/[aio] (deleted)"), (true, false));
        assert_eq!(of("/usr/lib/libc.so.6"), (false, false));
        assert_eq!(both(Background::of(nix::unistd::getpid())), (false, false));
        assert_eq!(both(Background { maps: None }), (true, true));
    }
}
