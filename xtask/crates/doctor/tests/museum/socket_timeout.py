"""A read of a socket with a timeout, and a child that waits for the parent.

verdict: finished
twin: none
"""
import os
import socket

reader, writer = os.pipe()
if os.fork() == 0:
    os.close(writer)
    os.read(reader, 1)
    os._exit(0)
one, other = socket.socketpair()
one.settimeout(1)
try:
    one.recv(1)
except TimeoutError:
    os.close(writer)
os.wait()
