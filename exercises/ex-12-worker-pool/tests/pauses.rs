//! Workers that end at once.

use std::fs;
use std::time::Duration;

use trial::{Outcome, Trial};

use crate::scene::{PLAIN, TELLS, by_worker, pool};

const BACKOFF: &str = "A worker that ends at once would be replaced as fast as the machine can. \
    From one start of a worker to its next one `--backoff` has to pass; who has lived longer is \
    replaced at once.";
const LONGER: &str = "The back-off counts from the start of the worker. Who has run for as long is \
    replaced when it ends, without another wait: only who ends earlier has to wait, for the rest.";
const NOBODY: &str = "One worker waits for its next start, for a minute. Meanwhile the others may \
    end, and the pool may be told to stop: that wait is the timeout of poll, not a sleep.";
const REAP: &str = "Who starts a child waits for it, or it stays as a zombie: each worker, and each \
    that takes its place.";

/// So many lives that a wait before the first restart alone does not look like one before each.
pub fn back_off(trial: &Trial) -> Outcome {
    let worker = format!("echo >> starts; test $(wc -l < starts) -gt 8 || exit 1; {TELLS}");
    let ran = pool(trial, &["--backoff", "40", "1"], &worker, PLAIN)?.run()?;
    ran.exits(0, BACKOFF)?;
    let lives = "worker 0 started\nworker 0 ended: exit 1\n".repeat(8);
    let last = "worker 0 started\ntold to stop: SIGTERM\nworker 0 stopped by SIGTERM\n";
    ran.prints(lives + last, BACKOFF)?;
    let took = ran.report.wall_ms;
    ran.holds(
        took >= 8 * 40,
        "eight lives that end at once, and each next start 40 ms after the last or later",
        &format!("all was over after {took} ms"),
        BACKOFF,
    )
}

/// All of it takes little longer than the first life, or the worker tells when that life ended and
/// when the next began. A right pool may be late where others want the processors, so it is given
/// another try with more time; one that waits for the back-off after the end takes too long each
/// time.
pub fn lived_longer(trial: &Trial) -> Outcome {
    for millis in [300, 2400] {
        let backoff = Duration::from_millis(millis);
        let worker = format!(
            "read now rest < /proc/uptime; if mkdir life 2> errors; then sleep {}; \
             read now rest < /proc/uptime; echo ends $now >&2; exit 1; fi; \
             echo begins $now >&2; {TELLS}",
            backoff.as_secs_f64()
        );
        let option = millis.to_string();
        let program = pool(trial, &["--backoff", &option, "1"], &worker, PLAIN)?;
        let ran = program.may_sleep().run()?;
        ran.exits(0, LONGER)?;
        ran.prints(
            "worker 0 started\nworker 0 ended: exit 1\nworker 0 started\n\
             told to stop: SIGTERM\nworker 0 stopped by SIGTERM\n",
            LONGER,
        )?;
        let gap = told(&ran.stderr, "ends").zip(told(&ran.stderr, "begins"));
        let gap = gap.and_then(|(end, begin)| begin.checked_sub(end));
        // The clock goes in steps of 10 ms.
        let step = Duration::from_millis(20);
        let is_at_once =
            ran.report.wall_ms < 2 * millis || gap.is_some_and(|gap| gap + step < backoff);
        if is_at_once || millis == 2400 {
            let came = gap.map_or("the worker has told no times".to_owned(), |gap| {
                format!("the next began {} ms after the end", gap.as_millis())
            });
            let expected =
                format!("a life of {millis} ms, and then no {millis} ms more until the next");
            return ran.holds(is_at_once, &expected, &came, LONGER);
        }
        // Where it was made elsewhere, the next try says what is wrong.
        let _ = fs::remove_dir(trial.folder().join("life"));
    }
    Ok(())
}

/// The seconds behind a word.
fn told(text: &[u8], word: &str) -> Option<Duration> {
    let text = String::from_utf8_lossy(text);
    let seconds = text.lines().find_map(|line| line.strip_prefix(word));
    Duration::try_from_secs_f64(seconds?.trim().parse().ok()?).ok()
}

pub fn back_off_holds_up_nobody(trial: &Trial) -> Outcome {
    // Whoever reads the log ends worker 1 when worker 0 waits, and then the pool.
    let worker = "if test $WORKER_ID = 0; then : < go; exit 1; fi; \
        echo $$ > pid; : > go; exec cat never";
    let around = "mkfifo log; \"$@\" > log & exec 8< log; while read line <&8; do echo \"$line\"; \
        case $line in *0\\ ended*) kill -KILL $(cat pid);; *1\\ ended*) kill -TERM $!;; esac; \
        done; wait $!";
    let ran = pool(trial, &["--backoff", "60000", "2"], worker, around)?
        .limits(|limits| limits.wall = Some(Duration::from_secs(5)))
        .run()?;
    let ran = by_worker(ran);
    ran.exits(0, NOBODY)?;
    trial::snapshot!(
        ran,
        @"\n\
            worker 0 started\n\
            worker 0 ended: exit 1\n\
            worker 1 started\n\
            worker 1 ended: SIGKILL\n\
            told to stop: SIGTERM\n",
        NOBODY
    )?;
    ran.leaves_nothing(REAP)
}
