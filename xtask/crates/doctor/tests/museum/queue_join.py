"""multiprocessing: the process is joined before its queue is emptied (the documentation's "joining
processes that use queues").

hangs: the child joins its feeder thread, which waits for room in the queue's pipe; the parent waits
for the child.
fixed: get() before join().

verdict: deadlock | deadline
blocked: parent wait
blocked: child-1 futex
blocked: child-1 write
fix: any
"""
import multiprocessing
import sys


def work(queue):
    queue.put(b"x" * 1000000)


context = multiprocessing.get_context("fork")
queue = context.Queue()
child = context.Process(target=work, args=(queue,))
child.start()
if "fixed" in sys.argv:
    queue.get()
child.join()
