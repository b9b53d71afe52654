# The shell's part of the pipeline is over at once; a sleep in the background holds the pipe for a
# second more. Slow, and healthy.
#
# verdict: finished
# twin: none
( sleep 1 & echo hello ) | cat >/dev/null
