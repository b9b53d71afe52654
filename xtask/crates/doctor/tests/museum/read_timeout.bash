# The shell's own timeout, on a FIFO to which nobody else writes.
#
# place: private
# verdict: finished
# twin: none
mkfifo a
exec 3<>a
read -r -t 1 line <&3 || exit 0
