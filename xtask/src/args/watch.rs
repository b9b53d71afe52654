//! `watch [ID] [--poll[=MS]] [--times]`.

use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::Verb;

#[derive(Debug)]
pub struct Watch {
    /// The exercise; the first that is not done where none is named.
    pub id: Option<String>,
    /// Look so often, whatever events there are.
    pub poll: Option<Duration>,
    /// Tell how long the tests took.
    pub times: bool,
}

pub fn command(verb: Command) -> Command {
    verb.about("Check an exercise again at every save")
        .long_about(
            "\
Check an exercise again at every save

Shows why it fails, and checks it again as soon as you save it. Keys: n next,
h hint, t task, l list, r run again, s solution, q quit, ? all of them. Without
a terminal it prints plain lines and needs no keys.",
        )
        .arg(
            Arg::new("id")
                .value_name("ID")
                .help("Begin with this exercise [default: the first that is not done]"),
        )
        .arg(
            Arg::new("poll")
                .long("poll")
                .value_name("MS")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("200")
                .value_parser(millis)
                .help(
                    "Look at the files every so many milliseconds, where their\n\
                     file system tells of no saves (Windows drives in WSL, some\n\
                     network drives) [default: 200]",
                ),
        )
        .arg(
            Arg::new("times")
                .long("times")
                .action(ArgAction::SetTrue)
                .help("Tell also how long the tests took"),
        )
        .after_help(
            "\
Examples:
  cargo xtask watch              the first exercise that is not done
  cargo xtask watch ex-03        this one
  cargo xtask watch --poll       on a Windows drive in WSL
  cargo xtask watch --poll=1000  once a second is enough",
        )
}

pub fn read(words: &ArgMatches) -> Verb {
    Verb::Watch(Watch {
        id: words.get_one("id").cloned(),
        poll: words.get_one("poll").copied(),
        times: words.get_flag("times"),
    })
}

/// Less would only warm the room, more would be no watching.
fn millis(text: &str) -> Result<Duration, String> {
    let range = 10..=60_000;
    let millis = text.parse().ok().filter(|millis| range.contains(millis));
    let millis = millis.ok_or("it takes a number of milliseconds, from 10 to 60000")?;
    Ok(Duration::from_millis(millis))
}
