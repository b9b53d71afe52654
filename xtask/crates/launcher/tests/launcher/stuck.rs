//! What the report says of each thread of a tree that was ended while it waited.

use launcher::{Direction, Ended, Holder, Limit, Stuck};

use crate::case::{Case, Done};
use crate::machine::User;

each_user!(
    a_reader_of_its_own_pipe,
    a_writer_that_nobody_reads,
    a_child_and_its_parent,
    a_thread,
    a_fifo,
    a_relative_fifo,
    standard_input,
    at_the_deadline_too,
    nothing_where_it_ended_by_itself,
);

#[track_caller]
fn stuck(case: Case) -> Vec<Stuck> {
    let done = case.quiet_ms(200).run();
    if done.report().ended != Ended::Deadlock {
        done.limited(Limit::Quiet);
    }
    done.report().stuck.clone()
}

#[track_caller]
fn only(case: Case) -> Stuck {
    let mut all = stuck(case);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn call(stuck: &Stuck) -> &str {
    stuck.call.as_deref().unwrap_or("no call")
}

fn a_reader_of_its_own_pipe(user: User) {
    let case = Case::misbehave(user, &["leak"]);
    let command = case.mark.clone();
    let stuck = only(case);
    let pid = stuck.pid;
    assert!(pid > 1);
    let expected = Stuck {
        pid,
        tid: pid,
        command: command.clone(),
        state: 'S',
        call: Some("read".to_owned()),
        fd: Some(3),
        direction: Some(Direction::Read),
        on: Some("a pipe".to_owned()),
        other_end: vec![Holder { pid, command: command.clone(), fd: 4 }],
        launcher_holds: false,
    };
    assert_eq!(stuck, expected);
    assert_eq!(
        stuck.words(),
        format!(
            "{command} (pid {pid}) waits in read(3) on a pipe; \
             still open for writing in: {command} (pid {pid}) as fd 4"
        )
    );
}

fn a_writer_that_nobody_reads(user: User) {
    let stuck = only(Case::misbehave(user, &["fill"]));
    assert_eq!((call(&stuck), stuck.fd), ("write", Some(4)));
    assert_eq!(stuck.direction, Some(Direction::Write));
    assert_eq!(stuck.other_end.iter().map(|holder| holder.fd).collect::<Vec<_>>(), [3]);
}

fn a_child_and_its_parent(user: User) {
    let all = stuck(Case::misbehave(user, &["leak-to-child"]));
    let [parent, child] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((call(parent), parent.fd), ("wait4", None));
    assert!(parent.words().ends_with("waits in wait4 for a child to end"), "{}", parent.words());
    assert_eq!((call(child), child.fd), ("read", Some(3)));
    let holders: Vec<_> = child.other_end.iter().map(|holder| (holder.pid, holder.fd)).collect();
    assert_eq!(holders, [(parent.pid, 4), (child.pid, 4)]);
}

fn a_thread(user: User) {
    let all = stuck(Case::misbehave(user, &["leak-to-thread"]));
    let [first, second] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((call(first), call(second)), ("futex", "read"));
    assert_eq!((first.pid, first.tid), (second.pid, first.pid));
    assert!(second.words().contains(&format!("thread {}", second.tid)), "{}", second.words());
}

fn a_fifo(user: User) {
    let words = [
        ("open", "for reading; nobody opens it for writing"),
        ("open-for-writing", "for writing; nobody opens it for reading"),
    ];
    for (word, end) in words {
        let directory = user.directory();
        let path = directory.path().join("a").display().to_string();
        let case = Case::misbehave(user, &[word, &path]);
        let command = case.mark.clone();
        let stuck = only(case);
        assert!(call(&stuck).starts_with("open"), "{stuck:?}");
        let expected = format!("{command} (pid {}) waits to open the FIFO {path} {end}", stuck.pid);
        assert_eq!(stuck.words(), expected);
    }
}

fn a_relative_fifo(user: User) {
    let directory = user.directory();
    let script = format!("cd '{}'; exec \"$0\" open a", directory.path().display());
    let stuck = only(Case::shell(user, &script));
    assert_eq!(stuck.on.as_deref(), Some("the FIFO a"));

    let directory = user.directory();
    let path = directory.path().display().to_string();
    let stuck = only(Case::misbehave(user, &["open-beside", &path]));
    assert_eq!(stuck.on.as_deref(), Some("the FIFO a"));
}

fn standard_input(user: User) {
    let mut running = Case::misbehave(user, &["read-line"]).quiet_ms(200).waits_for_reply().start();
    running.stdout.expect("ready");
    let stdin = running.stdin.take();
    let done = running.finish();
    drop(stdin);
    let [stuck] = done.report().stuck.as_slice() else { panic!("{done:?}") };
    assert!(stuck.launcher_holds && stuck.other_end.is_empty(), "{stuck:?}");
    let end = "waits in read on standard input, a pipe; still open for writing in: the runner";
    assert!(stuck.words().ends_with(end), "{}", stuck.words());
}

fn at_the_deadline_too(user: User) {
    let check = |case: Case, expected: &str| -> Done {
        let done = case.wall_ms(1_000).run();
        done.limited(Limit::Wall);
        let [stuck] = done.report().stuck.as_slice() else { panic!("{done:?}") };
        assert!(stuck.words().ends_with(expected), "{} and not {expected}", stuck.words());
        done
    };
    for attached in [false, true] {
        let case = |words: &[&str]| {
            let case = Case::misbehave(user, words);
            if attached { case.attached() } else { case }
        };
        check(case(&["leak"]), "as fd 4");
        check(case(&["sleep", "30000"]), "sleeps in clock_nanosleep");
        check(case(&["spin"]), ") runs");
    }
}

fn nothing_where_it_ended_by_itself(user: User) {
    let done = Case::misbehave(user, &["exit", "0"]).quiet_ms(200).run();
    assert_eq!(done.report().stuck, []);
    let done = Case::misbehave(user, &["die", "9"]).run();
    assert_eq!(done.report().stuck, []);
}
