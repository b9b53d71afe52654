"""A parent and a child with a bell each: each waits for the other to ring first."""

import os

ready, go = os.eventfd(0), os.eventfd(0)
if os.fork() == 0:
    os.eventfd_read(go)
    os.eventfd_write(ready, 1)
    os._exit(0)
os.eventfd_read(ready)
os.eventfd_write(go, 1)
os.wait()
print("both have rung")
