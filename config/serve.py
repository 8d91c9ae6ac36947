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
    from django.conf import settings

    config = uvicorn.Config(
        "config.asgi:application",
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=settings.BEHIND_PROXY,
        forwarded_allow_ips=settings.FORWARDED_ALLOW_IPS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        h11_max_incomplete_event_size=64 * 1024,
    )
    listening = socket.socket(fileno=descriptor)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(int(sys.argv[1]))
