"""A command gets the write end of its own input through pass_fds.

hangs: cat waits for an end-of-file that it withholds from itself.
fixed: pass_fds names only what the command needs.

verdict: deadlock
kind: leaked-write-end
blocked: parent wait
blocked: child-1 read 0
fix: child-1 4 write
"""
import os
import subprocess
import sys

reader, writer = os.pipe()
keep = () if "fixed" in sys.argv else (writer,)
child = subprocess.Popen(["cat"], stdin=reader, pass_fds=keep)
os.close(reader)
os.write(writer, b"")
os.close(writer)
sys.exit(child.wait())
