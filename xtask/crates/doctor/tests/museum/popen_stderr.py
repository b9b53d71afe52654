"""Standard output is read to its end first, standard error afterwards; the child has much to complain
about.

hangs: the child waits for room on standard error, the parent for the end of standard output.
fixed: communicate().

verdict: deadlock
kind: other-pipe-full
blocked: parent read
blocked: child-1 wait
blocked: child-1.1 write 1
fix: any
"""
import subprocess
import sys

child = subprocess.Popen(
    ["sh", "-c", "head -c 200000 /dev/zero >&2; echo done"],
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
)
if "fixed" in sys.argv:
    child.communicate()
else:
    child.stdout.read()
    child.stderr.read()
sys.exit(child.wait())
