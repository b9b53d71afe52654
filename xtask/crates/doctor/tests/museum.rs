//! The museum: real programs that hang and real ones that only seem to, and what the doctor says of
//! them.
//!
//! The programs are in `museum/`, one file each; what is expected of a program stands in its header
//! (the format: [`museum_kit::exhibit`]). A file that is added there has to be named here once
//! more, so that each has its tests under its own name.
//!
//! Everything is started through the launcher, which ends it with all it started; every wait has a
//! deadline. Nothing sleeps to put things in order: where a program is blocked is read from /proc.

mod museum_kit;

#[path = "museum_kit/by_hand.rs"]
mod by_hand;
#[path = "museum_kit/degraded.rs"]
mod degraded;
#[path = "museum_kit/healthy.rs"]
mod healthy;
#[path = "museum_kit/inside.rs"]
mod inside;
#[path = "museum_kit/live.rs"]
mod live;
#[path = "museum_kit/pages.rs"]
mod pages;
#[path = "museum_kit/rescued.rs"]
mod rescued;
#[path = "museum_kit/untouched.rs"]
mod untouched;
#[path = "museum_kit/verdicts.rs"]
mod verdicts;

use museum_kit::exhibit;

/// Makes the tests of each program.
macro_rules! museum {
    ($($name:ident),+ $(,)?) => {
        const NAMES: &[&str] = &[$(stringify!($name)),+];

        mod every_museum_program_hangs_and_its_twin_ends {
            $(
                #[test]
                fn $name() {
                    crate::by_hand::check(stringify!($name));
                }
            )+
        }

        mod the_doctor_says {
            $(
                mod $name {
                    use crate::museum_kit::machine::User;

                    #[test]
                    fn to_root() {
                        crate::verdicts::check(stringify!($name), User::Own);
                    }

                    #[test]
                    fn to_an_ordinary_user() {
                        crate::verdicts::check(stringify!($name), User::Ordinary);
                    }
                }
            )+
        }
    };
}

museum!(
    aio_eventfd,
    alarm_child,
    alarm_default,
    alarm_rescue,
    async_input,
    asyncio_sleep,
    background_holder,
    both_full_cat,
    both_full_filter,
    busy_loop,
    cat_fifo,
    cat_fifo_given,
    cat_fifo_shared,
    channel_reader,
    command_value,
    cond_timedwait,
    coproc,
    daemon_holder,
    daemon_sleeps,
    ends_in_time,
    epoll_edge,
    epoll_never,
    epoll_replaced,
    epoll_timerfd,
    eventfd_given,
    eventfd_wait,
    exec_leak,
    exec_leak_read_end,
    exec_leak_sibling,
    fcntl_lock_wait,
    fifo_kept_open,
    fifo_order,
    fifo_order_shell,
    fifo_tee,
    flock_wait,
    fork_with_lock,
    futex_self,
    futex_shared,
    hup_ignored,
    in_flight,
    in_flight_gone,
    in_flight_outside,
    inotify_wait,
    io_uring_mapped,
    io_uring_wait,
    join_reader,
    join_writer,
    kill_rescue,
    leak_both,
    leak_grandchild,
    leak_parent,
    leak_read_end,
    leak_read_end_parent,
    leak_reader,
    leak_sibling,
    nonblock_spin,
    other_timeouts,
    outside_holder,
    outside_holder_child,
    outside_reader,
    page_slots,
    pass_fds_leak,
    pause_handler,
    pidfd_poll,
    ping_pong,
    pipeline_leak,
    poll_full,
    poll_nothing,
    poll_overwritten,
    poll_timeouts,
    poll_wrong_fd,
    popen_stderr,
    popen_stderr_shell,
    popen_stdin_open,
    popen_wait,
    popen_write_all,
    posix_spawn_fifo,
    posix_spawn_leak,
    process_substitution,
    ptraced,
    queue_join,
    read_timeout,
    replaced_fd,
    request_reply,
    ring_of_readers,
    ring_of_writers,
    scoped_writers,
    select_never,
    select_nfds,
    select_timeout,
    self_pipe,
    sendfile_blocked,
    setitimer_rescue,
    shell_wait,
    sigchld_handler,
    sigchld_stuck,
    signalfd_alarm,
    sigstop,
    sigwait_timer,
    sleeping_holder,
    slow_loop,
    slow_relay,
    socket_timeout,
    socketpair_wait,
    splice_blocked,
    stopped_holder,
    taken_stdin,
    tee_blocked,
    terminal,
    terminal_child,
    thread_alive,
    thread_leader_gone,
    thread_lock,
    thread_own_table,
    timeout_command,
    timer_create_rescue,
    timerfd_rescue,
    undumpable,
    undumpable_child,
    usr1_handler,
    vfork_leak,
    vmsplice_blocked,
    wait_before_read,
    workers_leak,
    write_fifo,
    writev_full,
);

#[test]
fn every_program_has_its_tests() {
    let files: Vec<String> = exhibit::all().into_iter().map(|exhibit| exhibit.name).collect();
    assert_eq!(files, NAMES, "the files in museum/ and the names in museum.rs");
    assert!(files.len() >= 40, "a museum of {}", files.len());
}
