# Two shells talk to each other over two FIFOs.

cd "$(mktemp -d /tmp/hangs.XXXXXX)" || exit
mkfifo question answer

# The one that answers.
(
    exec 3<question 4>answer
    read -r word <&3
    echo "$word to you too" >&4
) &

# The one that asks.
exec 3>question 4<answer
echo hello >&3
cat <&4

wait
rm -r "$PWD"
