//! What a program finds when it starts.

use fixture::skip::has;

use crate::case::Case;
use crate::machine::User;

each_user!(
    no_descriptor_but_three,
    closed_standard_streams,
    captured_signals_are_reset,
    attached_signals_are_the_callers,
    a_session_of_its_own_or_not,
    a_directory_for_standard_input,
    without_proc,
    with_the_proc_of_another_namespace,
);

fn no_descriptor_but_three(user: User) {
    for attached in [false, true] {
        let case = Case::misbehave(user, &["descriptors"])
            .after("exec 5</dev/null 7>/dev/null 9</dev/null");
        let done = if attached { case.attached() } else { case }.run();
        done.exited(0);
        assert_eq!(done.text(), "[0, 1, 2]\n", "attached: {attached}");
    }
}

fn closed_standard_streams(user: User) {
    for attached in [false, true] {
        for preparation in ["exec <&-", "exec 2>&-", "exec <&- 2>&-", "exec <&- >&- 2>&-"] {
            let case = Case::misbehave(user, &["descriptors"]).after(preparation);
            let done = if attached { case.attached() } else { case }.run();
            done.exited(0);
            if !preparation.contains(">&- 2") {
                assert_eq!(done.text(), "[0, 1, 2]\n", "{preparation}, attached: {attached}");
            }
        }
    }
}

/// coreutils' env sets what a shell cannot.
const IGNORING: [&str; 4] =
    ["env", "--ignore-signal=INT,HUP,USR1,CHLD,TSTP", "--block-signal=USR2,TERM,CHLD", "--"];

/// The masks that a program finds blocked and ignored. It is no Rust program: those ignore SIGPIPE
/// themselves.
const SHOW: [&str; 4] = ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"];
/// The C library keeps 32 and 33 to itself, and no program can set them.
const KEPT_BY_LIBC: u64 = 0b11 << 31;

fn masks(text: &str) -> Vec<u64> {
    let mask = |line: &str| {
        let number = line.split_ascii_whitespace().last()?;
        Some(u64::from_str_radix(number, 16).ok()? & !KEPT_BY_LIBC)
    };
    text.lines().filter_map(mask).collect()
}

fn captured_signals_are_reset(user: User) {
    let done = Case::program(user, &SHOW).through(&IGNORING).run();
    done.exited(0);
    assert_eq!(masks(&done.text()), [0, 0], "{done:?}");
}

/// As if it had been started without the launcher.
fn attached_signals_are_the_callers(user: User) {
    let done = Case::program(user, &SHOW).attached().through(&IGNORING).run();
    done.exited(0);
    assert_eq!(masks(&done.text()), [0x14800, 0x90203], "{done:?}");
}

fn a_session_of_its_own_or_not(user: User) {
    // Fields 4 to 6 of /proc/PID/stat: parent, process group, session.
    let script = "set -- $(cat /proc/$$/stat /proc/$PPID/stat); \
                  [ $5 = $$ ] && [ $6 = $$ ] && echo its own; \
                  [ $5 = ${57} ] && [ $6 = ${58} ] && echo the launcher\\'s";
    let done = Case::program(user, &["sh", "-c", script]).run();
    assert_eq!(done.text(), "its own\n");
    let done = Case::program(user, &["sh", "-c", script]).attached().run();
    assert_eq!(done.text(), "the launcher's\n");
}

fn a_directory_for_standard_input(user: User) {
    Case::misbehave(user, &["copy"]).after("exec </").run().exited(0);
}

/// Only root can bring these situations about; for an ordinary user there is nothing to test.
fn can_unshare(user: User) -> bool {
    user == User::Root && has("unshare")
}

/// Without /proc the tree is out of reach: the launcher says so before it starts anything.
fn without_proc(user: User) {
    if !can_unshare(user) {
        return;
    }
    let hide = "mount -t tmpfs none /proc && exec \"$@\"";
    let done = Case::program(user, &["echo", "started"])
        .through(&["unshare", "--mount", "sh", "-c", hide, "sh"])
        .run();
    assert_eq!(done.code, Some(125), "{done:?}");
    done.says("is /proc mounted?");
    assert_eq!(done.text(), "");
}

fn with_the_proc_of_another_namespace(user: User) {
    if !can_unshare(user) {
        return;
    }
    let done =
        Case::program(user, &["echo", "started"]).through(&["unshare", "--pid", "--fork"]).run();
    assert_eq!(done.code, Some(125), "{done:?}");
    done.says("another PID namespace");
    assert_eq!(done.text(), "");
}
