# Two shells, two FIFOs, opened in opposite order.
#
# hangs: one waits for a reader of a, the other for a reader of b, and neither has got so far.
# fixed: both begin with a.
#
# place: private
# verdict: deadlock
# kind: fifo-order
# blocked: parent open
# blocked: child-1 open
# fix: none
# says: order
cd "$(mktemp -d ./own-XXXXXX)" || exit
mkfifo a b
( exec 3>a 4<b; echo hello >&3; read -r answer <&4 ) &
if [ "$1" = fixed ]; then
    exec 4<a 3>b
else
    exec 3>b 4<a
fi
echo hello >&3
read -r answer <&4
wait
