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

use super::machine::User;

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
        if proof.is_some() || !User::Own.sees_all() || !is_refused(&doubts.join("\n")) {
            return Ok(proof.into());
        }
        if stranger.stays() {
            return Ok(Seen::Refused);
        }
    }
}

/// Somebody into whom root may not look, and who may have an end of the program's: he began after
/// it, or is of its session. Whoever keeps the machine may have more rights than its root, may have
/// started all of this, and may start something at any time; and root itself may have few rights,
/// as in a container, where no other user's process can be looked into, nor a launcher.
pub struct Stranger {
    program: i32,
    began: Instant,
}

impl Stranger {
    pub fn new(program: i32) -> Stranger {
        Stranger { program, began: Instant::now() }
    }

    /// Whether one is there who will not go, or one who is still there after some time. Asked again
    /// and again where one was in the way.
    pub fn stays(&self) -> bool {
        let program = Stat::read(self.program);
        let all = fs::read_dir("/proc").expect("list the processes").flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let mut hidden = pids.filter(|&pid| pid != self.program && is_hidden(pid));
        let found = hidden.find_map(|pid| {
            let (stat, program) = (Stat::read(pid)?, program.as_ref()?);
            let was_before = stat.session == program.session && stat.start < program.start;
            let is_in_the_way = was_before || stat.start >= program.start;
            is_in_the_way.then_some((pid, was_before))
        });
        let waited = self.began.elapsed();
        match found {
            Some((_, false)) if waited < PATIENCE => return false,
            Some((pid, _)) => println!("not proved: root may not look into the process {pid}"),
            None => assert!(waited < 3 * PATIENCE, "nobody is in the way"),
        }
        found.is_some()
    }
}

/// Of proc_pid_stat(5).
struct Stat {
    session: i32,
    /// In ticks since the machine began.
    start: u64,
}

impl Stat {
    fn read(pid: i32) -> Option<Stat> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // Behind the name, with the third field first.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(Stat { session: fields.get(3)?.parse().ok()?, start: fields.get(19)?.parse().ok()? })
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
