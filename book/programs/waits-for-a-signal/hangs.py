"""Waits for a signal of its child's, which has come already."""

import signal
import subprocess

signal.signal(signal.SIGUSR1, lambda number, frame: None)
subprocess.run(["sh", "-c", "kill -USR1 $PPID"])
signal.pause()
print("the child has sent its signal")
