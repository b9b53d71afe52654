//! A server, and clients that know of it nothing but the name of its FIFO.
//!
//! Server and clients of one test are started by one shell, so that one launcher sees them all, and
//! nothing is ordered by time: a script looks at /proc to see that a process waits, or has ended.

use std::time::Duration;

use trial::{Outcome, Program, Trial, Wrong};

use crate::leaves_only;

/// The script in which `"$@"` is the program, with what all of them use before it.
///
/// `look PID` sets `state` to the letter of proc_pid_stat(5), where S waits and Z has ended, and
/// `ticks` to the CPU time, in hundredths of a second. Where a sandbox stands before the program,
/// the last process in the line is the program. `appears` waits for the server's FIFO. `settles
/// PID` looks until a process waits or has ended: who has just been woken is no longer in S, so
/// who is in S knows all that has happened before. One that spins is taken as settled after 50 ms
/// of its time.
macro_rules! script {
    ($body:literal) => {
        concat!(
            r#"
            look() {
                pid=$1
                while
                    below=
                    { read -r below < /proc/$pid/task/$pid/children; } 2> /dev/null
                    [ "$below" ]
                do
                    pid=${below%% *}
                done
                state=gone
                {
                    read -r a a state a a a a a a a a a a user system a < /proc/$pid/stat
                } 2> /dev/null
                ticks=$((user + system))
            }
            appears() {
                until [ -p requests ]; do
                    look $server
                    case $state in Z | gone) wait $server; exit ;; esac
                done
            }
            settles() {
                look $1
                begun=$ticks
                until [ $state = S ] || [ $state = Z ] || [ $state = gone ]; do
                    [ $((ticks - begun)) -lt 5 ] || break
                    look $1
                done
            }
            "#,
            $body
        )
    };
}

const DUMMY_WRITER: &str = "When the last write end of a FIFO closes, its reader is at \
    end-of-file: the server's first client took the server with it. There is none as long as \
    somebody holds a write end. That can be the server, once its read end is open: `open` to write \
    waits for a reader.";
const SILENT: &str = "A client that opens and closes without a word is no reason to end. Only \
    `quit` is: end-of-file tells that nobody writes now, not that nobody will.";
const SLEEPS: &str = "At end-of-file `read` returns 0 at once, and the next one again, and poll \
    says POLLHUP at once: a server that goes on reading burns a processor. It sleeps in `read` as \
    long as somebody holds a write end of the FIFO.";
const MEETS: &str = "`open` of a FIFO waits for the other end, whoever comes first. A client that \
    has found the FIFO is served if the server opens that one, and opens first to read: for a \
    writer alone `open` waits as well.";
const STREAM: &str = "A FIFO is a pipe: one `read` returns what happens to be there, half a \
    request or several. A request ends with its newline.";
const LONGEST: &str = "Up to PIPE_BUF bytes, 4096, a write comes in one piece, whoever else \
    writes. So that is the longest request, with its newline; `send` refuses more, and sends \
    nothing of it.";
const REMOVED: &str = "A FIFO is a name in a directory and stays there after its program, unless \
    that removes it, on every way out: after `quit`, and when an error ends the server.";
const ONLY_A_FIFO: &str = "A name proves nothing. Look at the type before you open it, and leave \
    alone what is not a FIFO.";
const REAP: &str = "The server and each client are one process each, and nothing of them is left.";

const PRECIOUS: &str = "not for a FIFO\n";

/// `p` is the program, and what follows `p serve $D` differs.
fn by_hand(clients: &str) -> String {
    let run = "cargo xtask run ex-02 --deadline 9 --";
    let folder = "D=$(mktemp -d); mkfifo $D/requests";
    format!("{folder}; p() {{ {run} \"$@\"; }}; p serve $D {clients}")
}

fn program<'a>(trial: &'a Trial, script: &'static str, clients: &str) -> Program<'a> {
    trial.program::<&str>([]).in_script(script).by_hand(by_hand(&format!("& {clients}; wait")))
}

pub fn three_clients(trial: &Trial) -> Outcome {
    let script = script!(
        r#"
        "$@" serve . & server=$!
        appears
        for word in one two three; do
            "$@" send . "$word" again || exit
            settles $server
        done
        "$@" send . quit || exit
        wait $server
        "#
    );
    let clients = "for W in one two three quit; do p send $D $W; done";
    let ran = program(trial, script, clients).run()?;
    ran.exits(0, DUMMY_WRITER)?;
    let expected = "1: one again\n2: two again\n3: three again\nrequests served: 3\n";
    ran.prints(expected, DUMMY_WRITER)?;
    leaves_only(trial, &ran, &[], REMOVED)?;
    ran.leaves_nothing(REAP)
}

pub fn silent_client(trial: &Trial) -> Outcome {
    let script = script!(
        r#"
        "$@" serve . & server=$!
        appears
        : > requests
        settles $server
        "$@" send . one || exit
        settles $server
        : > requests
        settles $server
        "$@" send . quit || exit
        wait $server
        "#
    );
    let clients = "p send $D one; : > $D/requests; p send $D two; p send $D quit";
    let ran = program(trial, script, clients).run()?;
    ran.exits(0, SILENT)?;
    trial::snapshot!(ran, @"\n1: one\nrequests served: 1\n", SILENT)?;
    leaves_only(trial, &ran, &[], REMOVED)?;
    ran.leaves_nothing(REAP)
}

/// The script looks at the server until it sleeps. If it never does, the two burn their time.
pub fn idle_server(trial: &Trial) -> Outcome {
    let script = script!(
        r#"
        "$@" serve . & server=$!
        appears
        "$@" send . one || exit
        until look $server; [ $state = S ]; do
            case $state in Z | gone) wait $server; exit ;; esac
        done
        "$@" send . quit || exit
        wait $server
        "#
    );
    let clients = "p send $D one; sleep 1; top -b -n 1 | head -12; p send $D quit";
    let program = program(trial, script, clients).limits(|limits| {
        limits.cpu = Some(Duration::from_secs(1));
    });
    let ran = program.run()?;
    ran.exits(0, SLEEPS)?;
    ran.prints("1: one\nrequests served: 1\n", SLEEPS)?;
    ran.leaves_nothing(REAP)
}

pub fn early_client(trial: &Trial) -> Outcome {
    let script = script!(
        r#"
        mkfifo requests
        "$@" send . early & client=$!
        settles $client
        "$@" serve . & server=$!
        wait $client || exit
        settles $server
        "$@" send . quit || exit
        wait $server
        "#
    );
    let clients = "p send $D one; p send $D quit";
    let ran = program(trial, script, clients).run()?;
    ran.exits(0, MEETS)?;
    ran.prints("1: early\nrequests served: 1\n", MEETS)?;
    leaves_only(trial, &ran, &[], REMOVED)?;
    ran.leaves_nothing(REAP)
}

/// The shell holds both ends, so that all requests are in the FIFO before the server comes.
pub fn many_requests(trial: &Trial) -> Outcome {
    let script = script!(
        r#"
        mkfifo requests
        exec 4<> requests
        while read -r words; do
            "$@" send . $words 4>&- || exit
        done < words
        "$@" serve . 4>&- & server=$!
        settles $server
        "$@" send . quit 4>&- || exit
        wait $server
        "#
    );
    let mut random = trial.random();
    let (mut requests, mut expected) = (String::new(), String::new());
    for number in 1..=12 {
        let word = |length| (0..length).map(|_| random.lowercase()).collect::<String>();
        let words: Vec<String> = [500, number, 300].map(word).into();
        requests += &format!("{}\n", words.join(" "));
        expected += &format!("{number}: {}\n", words.join(" "));
    }
    trial.put("words", requests)?;
    let clients = "printf 'one\\ntwo\\nquit\\n' > $D/requests";
    let ran = program(trial, script, clients).run()?;
    ran.exits(0, STREAM)?;
    ran.prints(expected + "requests served: 12\n", STREAM)?;
    leaves_only(trial, &ran, &["words"], REMOVED)?;
    ran.leaves_nothing(REAP)
}

pub fn longest_request(trial: &Trial) -> Outcome {
    let script = script!(
        r#"
        "$@" serve . & server=$!
        appears
        word=$(head -c 4095 /dev/zero | tr '\0' x)
        "$@" send . "${word}x" 2> /dev/null && echo "send took 4097 bytes"
        "$@" send . "$word" || exit
        "$@" send . quit || exit
        wait $server
        "#
    );
    let clients = "W=$(head -c 4095 /dev/zero | tr '\\0' x); \
        p send $D x$W; p send $D $W; p send $D quit";
    let ran = program(trial, script, clients).run()?;
    ran.exits(0, LONGEST)?;
    ran.prints(format!("1: {}\nrequests served: 1\n", "x".repeat(4095)), LONGEST)?;
    ran.leaves_nothing(REAP)
}

pub fn keeps_a_file(trial: &Trial) -> Outcome {
    let script = script!(
        r#"
        "$@" serve . && echo "serve took it"
        "$@" send . one && echo "send took it"
        exit 0
        "#
    );
    trial.put("requests", PRECIOUS)?;
    let by_hand = "D=$(mktemp -d); echo precious > $D/requests; \
        cargo xtask run ex-02 -- serve $D; cargo xtask run ex-02 -- send $D one; tail $D/*";
    let ran = program(trial, script, "").by_hand(by_hand).run()?;
    ran.prints("", ONLY_A_FIFO)?;
    leaves_only(trial, &ran, &["requests"], ONLY_A_FIFO)?;
    let kept = trial.left("requests")?;
    let came = format!("it has {} bytes, others than before", kept.len());
    let expected = "the file `requests` is as it was, byte for byte";
    ran.holds(kept == PRECIOUS.as_bytes(), expected, &came, ONLY_A_FIFO)?;
    ran.leaves_nothing(REAP)
}

pub fn cannot_print(trial: &Trial) -> Outcome {
    if !std::path::Path::new("/dev/full").exists() {
        return Err(Wrong::Skipped("there is no /dev/full, on which every write fails".to_owned()));
    }
    let script = script!(
        r#"
        "$@" serve . > /dev/full & server=$!
        appears
        "$@" send . one || exit
        wait $server
        "#
    );
    let by_hand = by_hand("> /dev/full & p send $D one; wait; ls -A $D");
    let ran = program(trial, script, "").by_hand(by_hand).run()?;
    ran.fails(REMOVED)?;
    leaves_only(trial, &ran, &[], REMOVED)?;
    ran.leaves_nothing(REAP)
}
