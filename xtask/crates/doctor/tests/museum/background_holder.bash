# `( … ) | cat` with a command in the background that has the pipe as its output, and that waits for
# what the shell does only after cat.
#
# hangs: cat waits for the end of the pipe, the background for the FIFO, the shell for cat.
# fixed: the output of the background goes elsewhere.
#
# place: private
# verdict: deadlock
# blocked: parent wait
# blocked: child-1 wait
# blocked: child-1.1 open
# blocked: child-2 read 0
# fix: any
cd "$(mktemp -d ./own-XXXXXX)" || exit
mkfifo go
if [ "$1" = fixed ]; then
    ( { read -r word <go; } >/dev/null & echo hello ) | cat >/dev/null
    echo now >go
else
    ( { read -r word <go; } & echo hello; wait ) | cat >/dev/null
    echo now >go
fi
