"""Standard output is read to its end first, standard error afterwards; the child has much to complain
about.

hangs: the child waits for room on standard error, the parent for the end of standard output.
fixed: communicate().

verdict: deadlock
kind: other-pipe-full
blocked: parent read
blocked: child-1 write 2
fix: none
"""
import subprocess
import sys

complain = "import os; os.write(2, bytes(200000)); print('done')"
child = subprocess.Popen(
    [sys.executable, "-c", complain], stdout=subprocess.PIPE, stderr=subprocess.PIPE
)
if "fixed" in sys.argv:
    child.communicate()
else:
    child.stdout.read()
    child.stderr.read()
sys.exit(child.wait())
