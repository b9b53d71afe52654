# The same in a directory that was there before: nobody but the user can get there, and who started the
# program knows of it, as in `D=$(mktemp -d); serve $D` with the clients in another terminal.
#
# hangs: as cat_fifo does; it can only not be proved.
# fixed: somebody opens it to write.
#
# place: private
# verdict: deadline
# blocked: parent wait
# blocked: child-1 open
# fix: none
# says: could still be opened
mkfifo a
if [ "$1" = fixed ]; then
    echo hello >a &
fi
( exec cat <a >/dev/null )
echo "cat has ended with $?" >&2
