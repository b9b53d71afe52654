# A shell keeps a FIFO open for writing while a command of its reads it to the end.
#
# hangs: cat waits for an end-of-file that the waiting shell withholds.
# fixed: the shell closes it first.
#
# place: private
# verdict: deadlock
# blocked: parent wait
# blocked: child-1 read 0
# fix: parent 3 write
mkfifo a
cat <a >/dev/null 3>&- &
exec 3>a
echo hello >&3
if [ "$1" = fixed ]; then
    exec 3>&-
fi
wait
