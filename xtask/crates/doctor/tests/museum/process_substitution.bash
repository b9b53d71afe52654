# Output goes into a process substitution, and the shell waits for it with the pipe still open.
#
# hangs: the process reads until end-of-file, which the waiting shell withholds as descriptor 3.
# fixed: exec 3>&- first.
#
# verdict: deadlock
# kind: leaked-write-end
# blocked: parent wait
# blocked: child-1 read 0
# fix: parent 3 write
exec 3> >(exec cat >/dev/null 3>&-)
reader=$!
echo hello >&3
if [ "$1" = fixed ]; then
    exec 3>&-
fi
wait "$reader"
