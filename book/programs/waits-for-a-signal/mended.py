"""Waits for a signal of its child's, which was kept for it."""

import signal
import subprocess

# Blocked, a signal waits until somebody takes it.
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
subprocess.run(["sh", "-c", "kill -USR1 $PPID"])
signal.sigwait([signal.SIGUSR1])
print("the child has sent its signal")
