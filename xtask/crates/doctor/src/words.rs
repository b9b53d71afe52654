//! A scene in words for a student.

use crate::calls::Direction;
use crate::scene::{Beyond, COPIES, Cause, PipeId, Scene, ThreadId, Wait, Want};

/// Columns of everything that is printed.
pub const COLUMNS: usize = 80;
/// So many holders, and so many descriptors of a set, are named; the rest is counted.
const NAMED_MAX: usize = 3;

/// What one thread does: a sentence without its full stop.
#[must_use]
pub fn thread(scene: &Scene, roles: &[String], id: ThreadId) -> String {
    let name = scene.thread_name(roles, id);
    let found = &scene.threads[id];
    let call = found.call.as_deref().unwrap_or("a system call");
    let doing = match &found.wait {
        Wait::Moves(why) => why.words.clone(),
        Wait::Any(wants) => any(scene, roles, call, found.fd, wants),
        Wait::Open { pipe, direction } => {
            let (way, other) = (gerund(*direction), gerund(direction.opposite()));
            let path = scene.pipes[*pipe].path.as_deref().unwrap_or("?");
            let name = scene.pipe_name(*pipe);
            format!("waits to open {name} ({path}) for {way}: nobody opens it for {other}")
        }
        Wait::Child(Some(child)) => format!("waits in {call} for {} to end", roles[*child]),
        Wait::Child(None) => format!("waits in {call} for any child to end"),
        Wait::Vfork => format!("waits in {call} until its child calls exec or ends"),
        Wait::Join(other) => {
            format!("waits in {call} for {} to end", scene.thread_name(roles, *other))
        }
        Wait::Siblings => format!("waits in {call} for a lock or a condition"),
        Wait::Signal => format!("waits in {call} for a signal"),
    };
    format!("{name} {doing}")
}

fn any(
    scene: &Scene,
    roles: &[String],
    call: &str,
    argument: Option<i32>,
    wants: &[Want],
) -> String {
    if let [Want::Pipe { pipe, direction, fd }] = wants {
        let state = match (direction, scene.pipes[*pipe].bytes) {
            // Any other wait for a pipe that has some would be over.
            (Direction::Read, Some(bytes @ 1..)) if call.starts_with("epoll") => {
                unread(scene, roles, *pipe, bytes)
            }
            _ => state(scene, roles, *pipe, *direction),
        };
        let name = scene.pipe_name(*pipe);
        return if argument == Some(*fd) {
            format!("is blocked in {call}({fd}) on {name}: {state}")
        } else {
            format!("is blocked in {call} on {name} (fd {fd}): {state}")
        };
    }
    if wants.is_empty() {
        return format!("waits in {call} for nothing, and without a timeout");
    }
    let names: Vec<String> = wants
        .iter()
        .map(|want| match want {
            Want::Pipe { pipe, fd, .. } => format!("{} (fd {fd})", scene.pipe_name(*pipe)),
            Want::Exit { process, .. } => format!("the end of {}", roles[*process]),
            Want::Anyone { what, fd: -1 } => what.clone(),
            Want::Anyone { what, fd } => format!("{what} (fd {fd})"),
        })
        .collect();
    let mut line = format!("is blocked in {call} on {}", list(&names));
    let mut seen = Vec::new();
    // It waits for one of them; which was not, or could not be, asked.
    let is = if COPIES.contains(&call) { "is perhaps" } else { "is" };
    for want in wants {
        let Want::Pipe { pipe, direction, .. } = want else { continue };
        if seen.len() < NAMED_MAX && !seen.contains(&(*pipe, *direction)) {
            seen.push((*pipe, *direction));
            let state = state(scene, roles, *pipe, *direction);
            line += &format!("; {} {is} {state}", scene.pipe_name(*pipe));
        }
    }
    line
}

/// An edge-triggered wait (EPOLLET of epoll(7)) beside what came before it.
fn unread(scene: &Scene, roles: &[String], pipe: PipeId, bytes: u64) -> String {
    let state = state(scene, roles, pipe, Direction::Read);
    let rest = state.strip_prefix("empty").unwrap_or_default();
    format!("with {bytes} bytes from before this edge-triggered wait (EPOLLET){rest}")
}

/// "empty, and its write end is still open in child-1 (wc) as fd 4".
fn state(scene: &Scene, roles: &[String], pipe: PipeId, direction: Direction) -> String {
    let found = &scene.pipes[pipe];
    let (full, end) = match direction {
        Direction::Read => ("empty", "write end"),
        Direction::Write => ("full", "read end"),
    };
    let mut holders: Vec<String> = found
        .ends(direction.opposite())
        .map(|end| format!("in {} as fd {}", roles[end.process], end.fd))
        .collect();
    if let Beyond::Somebody(who) = found.beyond(direction.opposite()) {
        holders.push(format!("in {who}"));
    }
    let is_still = if direction == Direction::Read { "is still open" } else { "is open" };
    let are_still = is_still.replace("is ", "are ");
    match holders.len() {
        0 => full.to_owned(),
        1 => format!("{full}, and its {end} {is_still} {}", holders[0]),
        _ => format!("{full}, and its {end}s {are_still} {}", list(&holders)),
    }
}

/// How full one pipe is, and who has its ends.
#[must_use]
pub fn pipe(scene: &Scene, roles: &[String], id: PipeId) -> String {
    let found = &scene.pipes[id];
    let mut line = scene.pipe_name(id);
    if let Some(path) = &found.path {
        line += &format!(" ({path})");
    }
    if let (Some(bytes), Some(capacity)) = (found.bytes, found.capacity) {
        line += &format!(": {bytes} of {capacity} bytes");
        let waits_to_write = |(pipe, direction, _)| pipe == id && direction == Direction::Write;
        if bytes < capacity && scene.threads.iter().flat_map(|t| t.pipes()).any(waits_to_write) {
            line += ", and no room for the next write, since bytes are stored in whole pages";
        }
    }
    for (direction, name) in [(Direction::Write, "write"), (Direction::Read, "read")] {
        let ends = found.ends(direction);
        let mut all: Vec<String> =
            ends.map(|end| format!("{} fd {}", roles[end.process], end.fd)).collect();
        match found.beyond(direction) {
            Beyond::Somebody(who) => all.push(who.clone()),
            Beyond::Perhaps(_) => all.push("perhaps somebody outside".to_owned()),
            Beyond::Nobody => {}
        }
        let all = if all.is_empty() { "nobody".to_owned() } else { list(&all) };
        line += &format!("; {name} end: {all}");
    }
    line
}

/// Why the tree may go on, where it may: a sentence for each cause, the most telling first.
#[must_use]
pub fn movers(scene: &Scene, roles: &[String]) -> Vec<String> {
    let mut all: Vec<(u8, String)> = Vec::new();
    for (id, found) in scene.threads.iter().enumerate() {
        let Wait::Moves(why) = &found.wait else { continue };
        let order = match why.cause {
            Cause::Hidden => 0,
            Cause::Stopped => 1,
            Cause::Outside => 2,
            Cause::Time => 3,
            Cause::Runs => 4,
        };
        all.push((order, format!("{} {}", scene.thread_name(roles, id), why.words)));
    }
    for found in scene.threads.iter().flat_map(|thread| thread.pipes()) {
        let (pipe, direction, _) = found;
        if let Beyond::Somebody(who) = scene.pipes[pipe].beyond(direction.opposite()) {
            all.push((2, format!("{who} has the other end of {}", scene.pipe_name(pipe))));
        }
    }
    all.sort();
    all.dedup();
    all.into_iter().map(|(_, line)| line).collect()
}

/// "a", "a and b", "a, b and 4 more".
#[must_use]
pub fn list(all: &[String]) -> String {
    let (shown, more) =
        if all.len() > NAMED_MAX + 1 { (NAMED_MAX, true) } else { (all.len(), false) };
    let mut parts = all[..shown].to_vec();
    if more {
        parts.push(format!("{} more", all.len() - shown));
    }
    match parts.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// Breaks a line at spaces; what follows the first is indented by `rest` columns.
#[must_use]
pub fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = " ".repeat(first);
    let mut is_empty = true;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let width = line.chars().count() + usize::from(!is_empty) + word.chars().count();
        if width > COLUMNS && !is_empty {
            lines.push(std::mem::replace(&mut line, " ".repeat(rest)));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line += word;
        is_empty = false;
    }
    lines.push(line);
    lines
}

#[must_use]
pub fn gerund(direction: Direction) -> &'static str {
    match direction {
        Direction::Read => "reading",
        Direction::Write => "writing",
    }
}
