# The same in two steps: the reader in the background, and the shell's `wait`.
#
# hangs: as fifo_kept_open does. dash waits in sigsuspend for its SIGCHLD, and that could come for any
#   reason, so it need not be proved.
# fixed: the shell closes the FIFO first.
#
# place: private
# verdict: deadlock | deadline
# blocked: parent sigsuspend|wait
# blocked: child-1 read 0
# fix: any
mkfifo a
exec 3<>a
cat <a >/dev/null 3>&- &
echo hello >&3
if [ "$1" = fixed ]; then
    exec 3>&-
fi
wait
