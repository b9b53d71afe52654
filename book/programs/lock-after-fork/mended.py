"""Forks before there is another thread, and takes the lock in the child."""

import os
import threading

lock = threading.Lock()


def hold():
    with lock:
        print("the thread has the lock", flush=True)


child = os.fork()
if child == 0:
    with lock:
        print("the child has the lock", flush=True)
    os._exit(0)
thread = threading.Thread(target=hold)
thread.start()
thread.join()
os.waitpid(child, 0)
