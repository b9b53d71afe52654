# tee writes to two FIFOs, and the shell reads one to its end before it opens the other.
#
# hangs: tee waits in open for a reader of b; that it has a open is as it should be.
# fixed: both are read at once.
#
# place: private
# verdict: deadlock
# kind: fifo-no-peer
# blocked: parent wait
# blocked: child-1 open
# blocked: child-2 read
# fix: none
cd "$(mktemp -d ./own-XXXXXX)" || exit
mkfifo a b
tee a b </dev/null &
if [ "$1" = fixed ]; then
    cat a &
else
    cat a
fi
cat b
wait
