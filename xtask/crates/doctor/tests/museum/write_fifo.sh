# A shell redirects its own output into a FIFO that nobody reads.
#
# hangs: the shell itself waits in open.
# fixed: a reader is started first.
#
# place: private
# verdict: deadlock
# kind: fifo-no-peer
# blocked: parent open
# fix: none
cd "$(mktemp -d ./own-XXXXXX)" || exit
mkfifo a
if [ "$1" = fixed ]; then
    cat <a >/dev/null &
fi
exec 3>a
echo hello >&3
exec 3>&-
wait
