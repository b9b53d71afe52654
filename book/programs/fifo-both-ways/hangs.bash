# Reads a FIFO that it has opened for reading and writing at once, so that opening
# it never waits.

cd "$(mktemp -d /tmp/hangs.XXXXXX)" || exit
mkfifo news

echo hello >news &
cat <>news

rm -r "$PWD"
