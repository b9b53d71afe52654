# All output of a coprocess is read to its end while its input is still open.
#
# hangs: the coprocess waits for more input, the shell for the end of its output.
# fixed: the shell closes the coprocess's input first.
#
# verdict: deadlock
# kind: leaked-write-end
# blocked: parent read
# blocked: child-1 read 0
# fix: parent * write
coproc cat
echo hello >&"${COPROC[1]}"
if [ "$1" = fixed ]; then
    eval "exec ${COPROC[1]}>&-"
fi
while read -r line <&"${COPROC[0]}"; do
    echo "$line" >&2
done
