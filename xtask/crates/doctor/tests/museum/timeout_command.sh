# timeout(1) before a command that hangs: it handles SIGALRM, and its timer is shown in /proc.
#
# place: private
# verdict: finished
# exit: 124
# twin: none
mkfifo a
exec 3<>a
timeout 1 cat <&3 >/dev/null
