# A check that asks for a file, and a worker that made it and is gone.
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

sh -c 'touch "$1/healthy"; exit 1' worker "$folder" &
wait $!
echo "the worker has ended with $?"

if test -f "$folder/healthy"; then
  echo "the check says: healthy"
fi
