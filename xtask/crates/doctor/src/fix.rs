//! What should have been closed, in words.

use crate::calls::Direction;
use crate::cure::{Because, Close, Cure, survived_exec};
use crate::scene::Scene;

/// So many ends are named; all of them are in the JSON.
const NAMED_MAX: usize = 6;

/// `fix: …`, one sentence for each end, and what comes of it.
#[must_use]
pub fn words(scene: &Scene, roles: &[String], cure: &Cure) -> Vec<String> {
    let shown = cure.closes.iter().take(NAMED_MAX);
    let all: Vec<String> = shown.map(|close| one(scene, roles, close)).collect();
    let label = if cure.is_one_of_several { "one fix" } else { "fix" };
    match all.as_slice() {
        [only] => vec![format!("{label}: {only} With it closed, every process can go on.")],
        _ => {
            let mut lines = vec![format!("{label}: these have to be closed, all of them:")];
            lines.extend(all.iter().map(|line| format!("- {line}")));
            if cure.closes.len() > NAMED_MAX {
                lines.push(format!("- and {} more.", cure.closes.len() - NAMED_MAX));
            }
            lines
        }
    }
}

fn one(scene: &Scene, roles: &[String], close: &Close) -> String {
    let (role, fd) = (&roles[close.end.process], close.end.fd);
    let waits = &roles[scene.threads[close.waits].process];
    let pipe = scene.pipe_name(close.pipe);
    let end = match close.end.direction {
        Direction::Read => format!("read end of {pipe}"),
        Direction::Write => format!("write end of {pipe}"),
    };
    let is_write = close.end.direction == Direction::Write;
    match close.because {
        Because::Own if survived_exec(scene, close.pipe, &close.end) => format!(
            "{role} never closed fd {fd}, its copy of the {end}, which came to it through exec."
        ),
        Because::Own => format!("{role} never closed fd {fd}, its copy of the {end}."),
        Because::SurvivedExec => {
            format!("{role} still has fd {fd}, a {end}, from before its exec.")
        }
        Because::WaitingParent if is_write => format!(
            "{role} never closed fd {fd}, its copy of the {end}, and waits for {waits}, which \
             waits for end-of-file."
        ),
        Because::WaitingParent => format!(
            "{role} never closed fd {fd}, its copy of the {end}: while it is open, {waits} gets no \
             SIGPIPE."
        ),
        Because::Feeds => {
            format!("{role} never closed fd {fd}, its {end}, so that {waits} sees no end-of-file.")
        }
        Because::FeedsProgram => format!(
            "{role} never closed fd {fd}, its {end}, so that {waits} sees no end-of-file on its \
             standard input."
        ),
        Because::Copy => {
            format!("{role} never closed fd {fd}, a copy of the {end} that it got by fork.")
        }
    }
}

/// What helps beside the closing itself.
#[must_use]
pub fn advice(scene: &Scene, roles: &[String], cure: &Cure) -> Option<String> {
    let has = |because| cure.closes.iter().find(|close| close.because == because);
    if has(Because::SurvivedExec).is_some() {
        let advice = "What is made with O_CLOEXEC (pipe2) does not survive exec.";
        return Some(advice.to_owned());
    }
    let close = has(Because::FeedsProgram)?;
    let (feeder, program) = (&roles[close.end.process], &roles[scene.threads[close.waits].process]);
    Some(format!(
        "If {feeder} has more to send: {program} may keep its answers in a buffer until that is \
         full, as C programs do on a pipe (stdbuf -oL)."
    ))
}
