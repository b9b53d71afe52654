"""An event loop that has a pipe nobody writes to, and a sleep of a second: epoll_wait with a timeout.

verdict: finished
twin: none
"""
import asyncio
import os


async def main():
    reader, writer = os.pipe()
    asyncio.get_running_loop().add_reader(reader, print)
    await asyncio.sleep(1)
    asyncio.get_running_loop().remove_reader(reader)


asyncio.run(main())
