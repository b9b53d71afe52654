//! The same commands, run by GNU parallel.

use std::time::Duration;

use trial::{Outcome, Trial, Wrong};

use crate::fifos;

const SAME: &str = "GNU parallel --keep-order has run the same commands in the same place \
    before: each command's output up to its end, in their order, and the number of those that \
    failed.";

/// Another program may have that name. It is a script: reading that is sooner done than asking it.
/// How long a command may be, it finds out by trials, unless it has done so before: that takes
/// longer than all else.
const SCRIPT: &str = r#"
    export HOME=$PWD SHELL=/bin/sh
    grep -q "GNU parallel" "$(command -v parallel)" 2> /dev/null || {
        echo missing > status
        exit
    }
    known=.parallel/tmp/sshlogin/$(uname -n)
    mkdir -p "$known" && echo 100000 > "$known/linelen"
    parallel --plain --will-cite --keep-order -j 3 < commands > expected 2> /dev/null
    echo $? > status
"#;

pub fn as_gnu_parallel(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    let mut numbers = || random.usize(1..40_000);
    let commands = [
        // The second ends before the first, and the third leaves somebody behind.
        &format!("cat gate; seq {}", numbers()),
        &format!("exec 9> gate; seq {}", numbers()),
        &format!("cat never & seq {}", numbers()),
        "echo out; echo error >&2; exit 3",
        "printf 'no newline'; kill -TERM $$",
        "cat; no-such-command",
        r"printf '\377\n'; kill -KILL $$",
        ":",
    ];
    fifos(trial, &["gate", "never"])?;
    trial.put("commands", commands.join("\n") + "\n")?;
    // A run of its own, over before the program is started: what it leaves is GNU parallel's.
    let peer = trial
        .program::<&str>([])
        .in_script(SCRIPT)
        // parallel is a large program.
        .limits(|limits| {
            limits.cpu = Some(Duration::from_secs(20));
            limits.wall = Some(Duration::from_secs(30));
        })
        .run()?;
    peer.exits(0, SAME)?;
    let status = String::from_utf8_lossy(&trial.left("status")?).trim().to_owned();
    if status == "missing" {
        return Err(Wrong::Skipped(
            "GNU parallel is not installed: apt-get install parallel".to_owned(),
        ));
    }
    let expected = trial.left("expected")?;
    let words = ["-j", "3"].into_iter().chain(commands);
    let ran = trial
        .program(words)
        .by_hand(
            "set -- 'sleep 1; echo one; exit 3' 'echo two; sleep 9 & kill $$' 'printf three'; \
             parallel --keep-order -j 2 ::: \"$@\"; echo $?; \
             cargo xtask run ex-10 -- -j 2 \"$@\"; echo $?",
        )
        .run()?;
    let status = status.parse().map_err(|_| anyhow::anyhow!("parallel ended with {status}"))?;
    ran.exits(status, SAME)?;
    ran.prints(expected, SAME)
}
