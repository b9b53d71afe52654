//! Who beside the tree holds an end of its pipes.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::unistd::{Pid, getpid};

use crate::calls::Direction;
use crate::holders::Wanted;
use crate::in_flight;
use crate::scene::{Beyond, Scene};
use crate::tree::{Stat, command, everybody};

/// Looks through all other processes for ends of the pipes. Those of this process are left to the
/// caller, who knows what it does with its own.
///
/// Who may not be looked into can hold an end only if it got one from the tree or from where the
/// tree got its own. Of a tree below a subreaper nobody gets away, and it was given nothing but its
/// standard streams; of any other tree, whoever is of its session or began after it may have.
///
/// `has_sockets`: of the tree, over which it may have sent one away.
pub fn look_beyond(
    scene: &mut Scene,
    wanted: &Wanted,
    tree: &HashSet<Pid>,
    is_launched: bool,
    has_sockets: bool,
) {
    let program = scene.processes.first().map(|process| Pid::from_raw(process.pid));
    let program = program.and_then(Stat::read);
    // A tree that was given no socket, and has none, can only have sent something over one that it
    // had connected itself.
    let is_closed = is_launched && !has_sockets && (0..=2).all(|fd| !is_a_socket(fd));
    let is_older = |peer: Pid| {
        let (peer, program) = (Stat::read(peer), program.as_ref());
        let both = peer.zip(program);
        both.is_some_and(|(peer, program)| peer.started_ticks < program.started_ticks)
    };
    let mut hidden: usize = 0;
    let mut is_carried = false;
    for pid in everybody().unwrap_or_default() {
        if tree.contains(&pid) {
            continue;
        }
        match wanted.held_by(pid) {
            Ok(held) => {
                let who = || format!("{} (pid {pid})", command(pid));
                for (pipe, _, direction) in held.ends.iter().filter(|_| pid != getpid()) {
                    *scene.pipes[*pipe].beyond_mut(*direction) = Beyond::Somebody(who());
                }
                if held.has_eventfd {
                    scene.doubts.push(format!("{} has an eventfd that is waited for", who()));
                }
                let may_hold = |&(tid, fd): &(Pid, i32)| {
                    in_flight::has_descriptors(tid, fd)
                        && !(is_closed && in_flight::peer(tid, fd).is_some_and(is_older))
                };
                is_carried = is_carried || held.sockets.iter().any(may_hold);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && is_launched => {}
            Err(_) => hidden += usize::from(may_have_one(pid, program)),
        }
    }
    if is_carried {
        let what = "a socket outside the tree has a descriptor that nobody has received yet";
        scene.doubts.push(what.to_owned());
    }
    if hidden > 0 {
        let who = format!(
            "an end may be held by one of {hidden} processes of other users, which cannot be seen"
        );
        for pipe in &mut scene.pipes {
            for direction in [Direction::Read, Direction::Write] {
                let beyond = pipe.beyond_mut(direction);
                if *beyond == Beyond::Nobody {
                    *beyond = Beyond::Perhaps(who.clone());
                }
            }
        }
    }
}

/// One of this process's own descriptors.
fn is_a_socket(fd: i32) -> bool {
    let link = fs::read_link(format!("/proc/self/fd/{fd}"));
    link.is_ok_and(|link| link.as_os_str().as_bytes().starts_with(b"socket:"))
}

pub fn may_have_one(pid: Pid, program: Option<Stat>) -> bool {
    let (Some(stat), Some(program)) = (Stat::read(pid), program) else {
        // Whoever has ended holds nothing.
        return Path::new(&format!("/proc/{pid}")).exists();
    };
    let came_later = stat.started_ticks >= program.started_ticks;
    !stat.is_of_the_kernel && (came_later || stat.session == program.session)
}
