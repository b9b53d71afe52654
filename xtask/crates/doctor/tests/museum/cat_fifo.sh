# A command reads a FIFO that nobody writes to, in a directory that it has made for that itself.
#
# hangs: the shell's child waits in open, before cat has begun; the shell waits for it.
# fixed: somebody opens it to write.
#
# place: private
# verdict: deadlock
# kind: fifo-no-peer
# blocked: parent wait
# blocked: child-1 open
# fix: none
cd "$(mktemp -d ./own-XXXXXX)" || exit
mkfifo a
if [ "$1" = fixed ]; then
    echo hello >a &
fi
( exec cat <a >/dev/null )
echo "cat has ended with $?" >&2
