"""The output of a filter is read to its end while its input is still open.

hangs: cat waits for more, the parent for the end.
fixed: child.stdin.close() first.

verdict: deadlock
kind: leaked-write-end
blocked: parent read
blocked: child-1 read 0
fix: parent * write
"""
import subprocess
import sys

child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdin.write(b"hello\n")
child.stdin.flush()
if "fixed" in sys.argv:
    child.stdin.close()
child.stdout.read()
sys.exit(child.wait() if "fixed" in sys.argv else 0)
