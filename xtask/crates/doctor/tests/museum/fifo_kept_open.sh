# A shell has opened a FIFO for both directions, as one does so that no open waits, and keeps it open
# while a command of its reads it to the end.
#
# hangs: cat waits for an end-of-file that the waiting shell withholds.
# fixed: the shell opens it to write only, and closes it before it waits.
#
# place: private
# verdict: deadlock
# kind: leaked-write-end
# blocked: parent wait
# blocked: child-1 read 0
# fix: parent 3 write
cd "$(mktemp -d ./own-XXXXXX)" || exit
mkfifo a
exec 3<>a
echo hello >&3
if [ "$1" = fixed ]; then
    exec 4<a 3>&-
    cat <&4 >/dev/null
else
    ( exec cat <a >/dev/null 3>&- )
fi
echo "cat has ended with $?" >&2
