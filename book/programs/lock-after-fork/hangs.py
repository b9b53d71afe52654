"""Forks while another thread has a lock, and takes the lock in the child."""

import os
import threading

lock = threading.Lock()
locked, forked = threading.Event(), threading.Event()


def hold():
    with lock:
        locked.set()
        forked.wait()


thread = threading.Thread(target=hold)
thread.start()
locked.wait()
child = os.fork()
if child == 0:
    with lock:
        print("the child has the lock", flush=True)
    os._exit(0)
forked.set()
thread.join()
os.waitpid(child, 0)
