# Reads a FIFO, and somebody writes.

cd "$(mktemp -d /tmp/hangs.XXXXXX)" || exit
mkfifo news

# In the background, because this open waits as well, for the reader.
echo hello >news &
exec 3<news
cat <&3

wait
rm -r "$PWD"
