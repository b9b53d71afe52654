# A loop with sleeps in it, between two pipes.
#
# verdict: finished
# twin: none
for i in 1 2 3 4 5; do
    sleep 0.2
    echo "$i"
done | while read -r line; do
    echo "$line"
done | cat >/dev/null
