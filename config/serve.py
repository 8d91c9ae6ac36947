"""One web process: uvicorn on a listening socket that the supervisor opened and keeps.

    python -m config.serve FD

The socket outlives the process, so requests wait in its backlog while a web process is replaced.
"""

import os
import socket
import sys

import uvicorn


def main(descriptor: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    config = uvicorn.Config(
        "config.asgi:application",
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=os.environ.get("BEHIND_PROXY") == "1",
        forwarded_allow_ips=os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1"),
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        h11_max_incomplete_event_size=64 * 1024,
    )
    listening = socket.socket(fileno=descriptor)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(int(sys.argv[1]))
