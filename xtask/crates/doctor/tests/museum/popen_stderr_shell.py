"""The same with a shell as the child, whose command complains: the shell has the standard output,
under more than one number, and waits for the command.

hangs: the command waits for room on standard error, the parent for the end of standard output.
fixed: communicate(). To close the shell's standard output would be no help to anybody.

verdict: deadlock
kind: other-pipe-full
blocked: parent read
blocked: child-1 wait
blocked: child-1.1 write 1
fix: none
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
