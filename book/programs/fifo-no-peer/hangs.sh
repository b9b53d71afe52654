# Reads a FIFO, and nobody writes.

cd "$(mktemp -d /tmp/hangs.XXXXXX)" || exit
mkfifo news

exec 3<news
cat <&3

rm -r "$PWD"
