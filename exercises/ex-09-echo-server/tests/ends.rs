//! One of the two processes is killed while the other waits.

use trial::{Outcome, Trial};

use crate::{frame, printf, program, reply};

const GONE: &str = "The server was killed. That closes its ends of both pipes: a write of a request \
    fails with EPIPE, or kills the client by SIGPIPE if that has its default action, and a read of \
    a reply says end-of-file. An end instead of a reply is an error, and is told. (A client that \
    keeps a copy of the server's ends waits for ever.)";
const ORPHAN: &str = "The client was killed and could not tell the server anything. But the kernel \
    has closed its write end, so the server's `read` says end-of-file, and the server ends. If it \
    does not, it holds a write end of its own, or waits for something else than that.";

/// The program as `$!`, and its output read here; after the first reply, of 10 bytes, `client` and
/// `server` are pids: the last two of the line, since a sandbox may stand above.
macro_rules! with_pids {
    ($then:literal) => {
        concat!(
            "exec 3<&0; mkfifo out; \"$@\" <&3 3<&- >out & { head -c 10; ",
            "server=$!; while ",
            "below=$(cat /proc/$server/task/$server/children) && [ -n \"$below\" ]; ",
            "do client=$server; server=${below%% *}; done; ",
            $then
        )
    };
}

pub fn server_is_killed(trial: &Trial) -> Outcome {
    let hello = frame(1, "hello");
    // `killed` when it has ended, be it a zombie: then its ends are closed.
    let mut talk = program(trial)
        .in_script(with_pids!(
            "kill -KILL $server; \
             while [ -e /proc/$server ] && ! grep -q '^State:.Z' /proc/$server/status 2>/dev/null; \
             do :; done; echo killed; cat; } <out; wait $!; echo \"exit code $?\""
        ))
        .by_hand(format!(
            "({0}; sleep 2; {0}) | cargo xtask run ex-09 > /dev/null & \
             sleep 1; pkill -KILL -n ex-09; wait $!; echo $?",
            printf(&hello)
        ))
        .talk()?;
    talk.send(&hello);
    talk.expects([&reply(1, "hello")[..], b"killed\n"].concat(), GONE)?;
    talk.send(&hello);
    talk.expects("exit code 1\n", GONE)?;
    let ran = talk.finish()?;
    ran.mentions("the server", GONE)?;
    ran.leaves_nothing(GONE)
}

pub fn client_is_killed(trial: &Trial) -> Outcome {
    let hello = frame(1, "hello");
    let mut talk = program(trial)
        .in_script(with_pids!("kill -KILL $client; cat; } <out; echo both are gone"))
        .by_hand(format!(
            "({}; sleep 4) | cargo xtask run ex-09 > /dev/null & \
             sleep 1; pkill -KILL -o ex-09; sleep 1; ps -C ex-09; wait",
            printf(&hello)
        ))
        .talk()?;
    talk.send(&hello);
    talk.expects(reply(1, "hello"), ORPHAN)?;
    talk.expects("both are gone\n", ORPHAN)?;
    talk.finish()?.exits(0, ORPHAN)
}
