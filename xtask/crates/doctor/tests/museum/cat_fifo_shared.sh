# The same where others may come by: somebody outside could still open the FIFO.
#
# hangs: as cat_fifo does; it can only not be proved.
# fixed: somebody opens it to write.
#
# place: shared
# verdict: deadline
# blocked: parent wait
# blocked: child-1 open
# fix: none
mkfifo -m 666 a
if [ "$1" = fixed ]; then
    echo hello >a &
fi
( exec cat <a >/dev/null )
echo "cat has ended with $?" >&2
