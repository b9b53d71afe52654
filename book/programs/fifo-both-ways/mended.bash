# Reads a FIFO that it has opened for reading.

cd "$(mktemp -d /tmp/hangs.XXXXXX)" || exit
mkfifo news

echo hello >news &
cat <news

rm -r "$PWD"
