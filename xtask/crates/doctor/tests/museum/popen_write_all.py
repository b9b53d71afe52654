"""All of the input is written before any of the output is read, through cat.

hangs: both pipes are full.
fixed: communicate(input), which does both at once.

verdict: deadlock
kind: both-full
blocked: parent write
blocked: child-1 write 1
fix: none
says: full
"""
import subprocess
import sys

data = b"x" * 1000000
child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
if "fixed" in sys.argv:
    child.communicate(data)
else:
    child.stdin.write(data)
    child.stdin.close()
    child.stdout.read()
sys.exit(child.wait())
