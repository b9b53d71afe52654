"""Popen.wait() with stdout=PIPE and a child that says more than a pipe takes (the warning in the
documentation of subprocess).

hangs: the child waits for room, the parent for the child.
fixed: communicate(), which reads while it waits.

verdict: deadlock
kind: wait-before-read
blocked: parent wait
blocked: child-1 write
fix: none
says: read
"""
import subprocess
import sys

child = subprocess.Popen(["head", "-c", "200000", "/dev/zero"], stdout=subprocess.PIPE)
if "fixed" in sys.argv:
    child.communicate()
sys.exit(child.wait())
