//! Requests from standard input.

use std::time::Duration;

use trial::{Outcome, Trial, inputs};

use crate::asks::not_ascii;
use crate::{ENDS, MAX_LENGTH_BYTES, REAP, UPPER, by_hand, by_hand_in_two, frame, program, reply};

const AT_ONCE: &str = "A reply is a frame as its request is: the length (u32, big-endian) counts \
    the byte of the type and the payload, and length and type stay as they were. It is printed as \
    soon as its request is complete: who sends the next request only after it would wait for ever. \
    A buffer of standard output that waits for a newline, or to be full, keeps it back.";
const TWO: &str = "The server is a child of the client, a process of its own, which waits in `read` \
    on the pipe of the requests as long as none comes.";
const NONE: &str = "The requests ended before the first: `read` returned 0 where a header may \
    begin. That is a good end.";
const SHORT: &str = "One read returned a whole request and a piece of the next, and the rest came \
    later. A read returns what is there: where a request ends is said by its header alone.";
const ANY: &str = "Only a to z have another byte in upper case here. A payload need not be text: \
    who converts it as such changes bytes, or their number, or refuses it. The type is copied, \
    known or not.";
const MANY: &str = "All requests come at once, more than the pipes hold, and each must have its \
    reply, in order.";
const LARGEST: &str = "A request of 1 MiB does not fit into its pipe, nor its reply. As long as \
    the client writes, the server must read, and the other way round: a server that replies to \
    the first piece of a request while the client still sends lets both wait in `write`.";

pub fn one_by_one(trial: &Trial) -> Outcome {
    let requests = [(1, "hello"), (1, "are you there?"), (3, ""), (2, "bye")];
    let (one, two) = (frame(1, requests[0].1), frame(1, requests[1].1));
    let mut talk = program(trial).by_hand(by_hand_in_two(&one, &two)).talk()?;
    for (kind, payload) in requests {
        talk.send(frame(kind, payload));
        talk.expects(reply(kind, payload), AT_ONCE)?;
    }
    let ran = talk.finish()?;
    ran.exits(0, ENDS)?;
    ran.prints(requests.map(|(kind, payload)| reply(kind, payload)).concat(), AT_ONCE)?;
    ran.leaves_nothing(REAP)
}

pub fn child_is_server(trial: &Trial) -> Outcome {
    let mut talk = program(trial)
        .may_stand_still()
        .by_hand("sleep 3 | cargo xtask run ex-09 & sleep 2; ps -C ex-09; wait")
        .talk()?;
    talk.send(frame(1, "hello"));
    talk.expects(reply(1, "hello"), AT_ONCE)?;
    talk.runs_as(2, TWO)?;
    let ran = talk.finish()?;
    ran.exits(0, ENDS)?;
    ran.leaves_nothing(REAP)
}

pub fn no_requests(trial: &Trial) -> Outcome {
    let ran = program(trial).input("").run()?;
    ran.exits(0, NONE)?;
    ran.prints("", NONE)?;
    ran.leaves_nothing(REAP)
}

/// A whole request comes together with the first piece, and its reply shows that both were read.
pub fn in_pieces(trial: &Trial) -> Outcome {
    let (whole, cut) = (frame(1, "whole"), frame(2, "in two"));
    let by_hand = by_hand_in_two(&[&whole, &cut[..2]].concat(), &cut[2..]);
    let mut talk = program(trial).by_hand(by_hand).talk()?;
    for place in 1..cut.len() {
        let (one, two) = cut.split_at(place);
        talk.send([&whole, one].concat());
        talk.expects(reply(1, "whole"), AT_ONCE)?;
        talk.send(two);
        talk.expects(reply(2, "in two"), SHORT)?;
    }
    talk.finish()?.exits(0, ENDS)
}

pub fn any_bytes(trial: &Trial) -> Outcome {
    let every: Vec<u8> = (0..=u8::MAX).collect();
    let inner = frame(1, "no request of its own");
    let requests: [(u8, &[u8]); 7] = [
        (0, "Gr\u{fc}\u{df}e in UTF-8".as_bytes()),
        (1, b"Gr\xfc\xdfe in Latin-1"),
        (2, b"@az[`AZ{"),
        (3, &every),
        (4, b""),
        (255, b"two\nlines\n\0"),
        (1, &inner),
    ];
    for (kind, payload) in requests {
        let input = frame(kind, payload);
        let ran = program(trial).by_hand(by_hand(&input)).input(input).run()?;
        ran.exits(0, ANY)?;
        ran.prints(reply(kind, payload), ANY)?;
    }
    not_ascii(trial)
}

pub fn ten_thousand(trial: &Trial) -> Outcome {
    const REQUESTS: usize = 10_000;
    let mut random = trial.random();
    let (mut input, mut expected) = (Vec::new(), Vec::new());
    for _ in 0..REQUESTS {
        let size = random.usize(0..100);
        let payload = inputs::alphanumeric(&mut random, size);
        let kind = random.u8(..);
        input.extend(frame(kind, &payload));
        expected.extend(reply(kind, &payload));
    }
    let ran = program(trial)
        // Each is a wait for the other process, which may be long where others want the processors.
        .limits(|limits| limits.wall = Some(Duration::from_secs(60)))
        .by_hand(
            "for i in $(seq 10000); do printf '\\000\\000\\000\\006\\001hello'; done | \
             cargo xtask run ex-09 | wc -c",
        )
        .input(input)
        .run()?;
    ran.exits(0, MANY)?;
    ran.prints(expected, MANY)?;
    ran.leaves_nothing(REAP)
}

pub fn largest(trial: &Trial) -> Outcome {
    let mut random = trial.random();
    let mut payload = || inputs::bytes(&mut random, MAX_LENGTH_BYTES as usize - 1);
    let requests = [payload(), b"and one more".to_vec(), payload(), payload()];
    let input = requests.each_ref().map(|payload| frame(1, payload)).concat();
    let ran = program(trial)
        // One read a byte is slow, and right.
        .limits(|limits| {
            limits.cpu = Some(Duration::from_secs(10));
            limits.wall = Some(Duration::from_secs(60));
        })
        .by_hand(
            "(printf '\\000\\020\\000\\000\\001'; yes | head -c 1048575) | \
             cargo xtask run ex-09 | wc -c",
        )
        .input(input)
        .run()?;
    ran.exits(0, LARGEST)?;
    ran.prints(requests.map(|payload| reply(1, payload)).concat(), UPPER)?;
    ran.leaves_nothing(REAP)
}
