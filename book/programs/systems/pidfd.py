"""A pidfd is readable when its process has ended: poll waits for several."""
import os
import select

children = {}
for number in range(3):
    reader, writer = os.pipe()  # a worker runs until its pipe is closed
    pid = os.fork()
    if pid == 0:
        os.close(writer)
        for _, _, other_writer in children.values():
            os.close(other_writer)
        os.read(reader, 1)
        os._exit(number)
    os.close(reader)
    children[os.pidfd_open(pid)] = (number, pid, writer)

poller = select.poll()
for pidfd in children:
    poller.register(pidfd, select.POLLIN)
print("all run:", len(poller.poll(0)), "are ready")

# Worker 1 ends.
second = [writer for number, _, writer in children.values() if number == 1]
os.close(second[0])
for pidfd, _ in poller.poll(5000):
    number, pid, _ = children[pidfd]
    _, status = os.waitpid(pid, 0)
    print("worker", number, "has ended with", os.waitstatus_to_exitcode(status))
    poller.unregister(pidfd)
print("the others:", len(poller.poll(0)), "are ready")

# They end as well, when their pipes are closed.
for number, pid, writer in children.values():
    if number != 1:
        os.close(writer)
        os.waitpid(pid, 0)
