//! Looks at a tree from outside, with the doctor's own functions: what `doctor --pid` stands on,
//! without starting a process for each look.

use std::fs;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use doctor::proof::{PAUSE, Still, tasks_from};
use doctor::scene::Scene;
use doctor::{Diagnosis, Occasion, Whose};
use nix::unistd::Pid;

use super::machine::we_are_root;

/// How long is waited for a [`Stranger`] to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// What looks from outside came to.
#[derive(Debug)]
pub enum Seen {
    Proof(Box<Diagnosis>),
    NoProof,
    /// Root may not look into somebody, who may have an end.
    Refused,
}

impl From<Option<Diagnosis>> for Seen {
    fn from(proof: Option<Diagnosis>) -> Seen {
        proof.map_or(Seen::NoProof, |proof| Seen::Proof(Box::new(proof)))
    }
}

/// Looks, and looks again where somebody is in the way.
///
/// # Errors
/// When there is no such process any more.
pub fn look(program: i32) -> io::Result<Seen> {
    let stranger = Stranger::new(program);
    loop {
        let (proof, doubts) = two_looks(program)?;
        if proof.is_some() || !we_are_root() || !is_refused(&doubts.join("\n")) {
            return Ok(proof.into());
        }
        if stranger.stays() {
            return Ok(Seen::Refused);
        }
    }
}

/// Somebody into whom root may not look, and who may have got an end from the program, as he began
/// after it: whoever keeps the machine may have more rights than its root, and start one at any
/// time.
pub struct Stranger {
    program: i32,
    began: Instant,
}

impl Stranger {
    pub fn new(program: i32) -> Stranger {
        Stranger { program, began: Instant::now() }
    }

    /// Whether one is still there after some time. Asked again and again where one was in the way.
    pub fn stays(&self) -> bool {
        if self.began.elapsed() < PATIENCE {
            return false;
        }
        let all = fs::read_dir("/proc").expect("list the processes").flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let age = start(self.program);
        let mut hidden = pids.filter(|&pid| start(pid) >= age && is_hidden(pid));
        let found = hidden.next();
        match found {
            Some(pid) => println!("not proved: root may not look into the process {pid}"),
            None => assert!(self.began.elapsed() < 3 * PATIENCE, "nobody is in the way"),
        }
        found.is_some()
    }
}

/// Whether the doctor was not allowed to look into somebody. Others than root often are not.
pub fn is_refused(doubts: &str) -> bool {
    doubts.contains("which cannot be seen")
}

/// Which program it is may be read by whoever may read what its descriptors are (proc_pid_exe(5)).
fn is_hidden(pid: i32) -> bool {
    let is_refused = |error: io::Error| error.kind() == io::ErrorKind::PermissionDenied;
    fs::read_link(format!("/proc/{pid}/exe")).is_err_and(is_refused)
}

/// When it began, in ticks since the machine did (proc_pid_stat(5), field 22).
fn start(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// The same of a program of which no proof is expected.
///
/// # Errors
/// When there is no such process any more.
pub fn proof(program: i32) -> io::Result<Option<Diagnosis>> {
    Ok(two_looks(program)?.0)
}

/// A proof, or what speaks against one.
fn two_looks(program: i32) -> io::Result<(Option<Diagnosis>, Vec<String>)> {
    let top = Pid::from_raw(program);
    let whose = Whose { program: top, outside: None };
    let look = || Still::look(tasks_from(top)?, whose, || tasks_from(top));
    let Some(first) = look()?.filter(Still::is_stuck) else { return Ok((None, Vec::new())) };
    if !first.is_beyond_doubt() {
        return Ok((None, first.scene.all_doubts()));
    }
    thread::sleep(PAUSE);
    let Some(mut second) = look()? else { return Ok((None, Vec::new())) };
    let (is_proved, refused) = first.is_proved_by(&mut second);
    let proof = is_proved.then(|| Diagnosis::of(&second.scene, Occasion::Proof(PAUSE), refused));
    Ok((proof, second.scene.all_doubts()))
}

/// What one look finds, for whoever has to find out why a test has failed.
pub fn scene(program: i32) -> io::Result<Scene> {
    let top = Pid::from_raw(program);
    let whose = Whose { program: top, outside: None };
    Ok(doctor::look(&tasks_from(top)?, whose))
}
