# The same in two steps: the reader in the background, and the shell's `wait`.
#
# hangs: as fifo_kept_open does. dash waits in sigsuspend for its SIGCHLD, which only a child's end
#   brings.
# fixed: the shell closes the FIFO first.
#
# place: private
# verdict: deadlock
# blocked: parent sigsuspend|wait
# blocked: child-1 read 0
# fix: parent 3 write
cd "$(mktemp -d ./own-XXXXXX)" || exit
mkfifo a
exec 3<>a
cat <a >/dev/null 3>&- &
echo hello >&3
if [ "$1" = fixed ]; then
    exec 3>&-
fi
wait
