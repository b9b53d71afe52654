//! Looks at a tree from outside, with the doctor's own functions: what `doctor --pid` stands on,
//! without starting a process for each look.

use std::fs;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use doctor::proof::{PAUSE, Still, tasks_from};
use doctor::scene::Scene;
use doctor::{Diagnosis, Occasion, Whose};
use fixture::skip::skipped;
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
        let doubts = doubts.join("\n");
        if proof.is_some() || !User::Own.sees_all() || !is_refused(&doubts) {
            return Ok(proof.into());
        }
        if stranger.stays(&doubts) {
            return Ok(Seen::Refused);
        }
    }
}

/// Somebody into whom root may not look, and who may have an end of the program's: he began after
/// it, or is of its session. Whoever keeps the machine may have more rights than its root, may have
/// started all of this, and may start something at any time.
pub struct Stranger {
    program: i32,
    began: Instant,
}

impl Stranger {
    pub fn new(program: i32) -> Stranger {
        Stranger { program, began: Instant::now() }
    }

    /// Whether those of whom the doctor speaks are in the way, and will not go or have not gone for
    /// some time. Asked again and again where somebody was in the way.
    pub fn stays(&self, doubts: &str) -> bool {
        let Some(program) = Stat::read(self.program) else { return false };
        let all = fs::read_dir("/proc").expect("list the processes").flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let hidden = pids.filter(|&pid| pid != self.program && is_hidden(pid));
        let hidden = hidden.filter_map(|pid| Some((pid, Stat::read(pid)?)));
        let is_in_the_way = |(_, stat): &(i32, Stat)| {
            let may_have_one = stat.start >= program.start || stat.session == program.session;
            may_have_one && !stat.is_of_the_kernel
        };
        let found: Vec<(i32, Stat)> = hidden.filter(is_in_the_way).collect();
        let will_stay = found.iter().any(|(_, stat)| stat.start < program.start);
        let waited = self.began.elapsed();
        let said = how_many(doubts);
        if said <= found.len() && (will_stay || waited >= PATIENCE) {
            let pid = found.first().map_or(0, |(pid, _)| *pid);
            let who = format!("{} processes may not be looked into, one is {pid}", found.len());
            skipped(&format!("needs root of all of the machine: {who}"));
            return true;
        }
        assert!(waited < 3 * PATIENCE, "{said} said to be in the way, {} are", found.len());
        false
    }
}

/// How many the doctor could not look into, in its words.
fn how_many(doubts: &str) -> usize {
    let count = doubts.split("held by one of ").nth(1).and_then(|rest| rest.split(' ').next());
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// Of proc_pid_stat(5).
struct Stat {
    session: i32,
    is_of_the_kernel: bool,
    /// In ticks since the machine began.
    start: u64,
}

impl Stat {
    fn read(pid: i32) -> Option<Stat> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // Behind the name, with the third field first.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        // PF_KTHREAD of linux/sched.h.
        let is_of_the_kernel = fields.get(6)?.parse::<u64>().ok()? & 0x0020_0000 != 0;
        let session = fields.get(3)?.parse().ok()?;
        Some(Stat { session, is_of_the_kernel, start: fields.get(19)?.parse().ok()? })
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
