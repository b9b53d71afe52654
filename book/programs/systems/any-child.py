"""waitpid(-1) takes whatever child has ended, whoever wants to wait for it."""
import os

# A worker of the pool, and a child that another part of this program has started.
worker = os.fork()
if worker == 0:
    os._exit(3)
other = os.fork()
if other == 0:
    os._exit(4)

# The pool asks for "any child", twice, and takes what comes.
reaped = dict(os.waitpid(-1, 0) for _ in range(2))
print("the pool has reaped", len(reaped), "children, and only one was a worker")
print("  its worker:", os.waitstatus_to_exitcode(reaped[worker]))

# The other part of the program comes too late.
try:
    os.waitpid(other, 0)
except ChildProcessError as error:
    print("  whoever waits for the other one:", os.strerror(error.errno))

# And so does the pool itself, when all its workers have ended.
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError as error:
    print("asked once more:", os.strerror(error.errno))
