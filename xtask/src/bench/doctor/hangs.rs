//! From the moment at which a tree stands still to the report of a proof.
//!
//! The program writes down the time, and makes the call in which it hangs; all its children wait by
//! then. The clock stops when the launcher has proved the deadlock, ended the tree, and written its
//! report, and the caller has read it: the proof itself came a little earlier.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use launcher::{Ended, Launch, Limits};

use super::super::table::{Table, Target};
use super::super::{median, millis};
use super::Tools;

const TARGET: Duration = Duration::from_millis(60);
/// Nothing hangs this long.
const DEADLINE: Duration = Duration::from_secs(30);

pub fn measure(tools: &Tools, table: &mut Table) -> anyhow::Result<()> {
    table.section(
        &format!("last call to report in hand ({} hangs)", tools.pairs),
        ["median", "slowest"],
    )?;
    for (what, children) in
        [("  one process", 0), ("  a parent and a child", 1), ("  a parent and ten children", 10)]
    {
        let times: Vec<Duration> = (0..tools.pairs)
            .map(|_| one(tools, children))
            .collect::<anyhow::Result<_>>()
            .with_context(|| format!("measure {}", what.trim_start()))?;
        let slowest = times.iter().max().copied().unwrap_or_default();
        let median = median(times);
        let figures = [median, slowest].map(|time| format!("{:.1} ms", millis(time)));
        let most = format!("{} ms", TARGET.as_millis());
        table.row(what, figures, Some(Target { most, met: median <= TARGET }))?;
    }
    Ok(())
}

fn one(tools: &Tools, children: usize) -> anyhow::Result<Duration> {
    let place = files::TempDir::new().context("make a temporary directory")?;
    let stamp = place.path().join("stamp");
    let limits = Limits { wall: Some(DEADLINE), deadlock: true, ..Limits::default() };
    let launch = Launch::captured(&tools.patient)
        .args(["hang", &children.to_string(), "1"])
        .args([&stamp])
        .limits(limits);
    let captured = launch.output_reported_in(place.path(), &tools.xtask, |_| {})?;
    // The clock of the whole system, since it was another process that wrote the time.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("ask for the time")?;
    let ended = captured.report.ended;
    let said = String::from_utf8_lossy(&captured.stderr);
    ensure!(ended == Ended::Deadlock, "it was {}, and said: {said}", ended.words());
    let nanos = fs::read_to_string(&stamp).context("read the time")?;
    let stood_still = Duration::from_nanos(nanos.parse().context("read the time")?);
    now.checked_sub(stood_still).context("the system's clock was set back meanwhile")
}
