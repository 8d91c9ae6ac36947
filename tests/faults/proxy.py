"""A proxy that spoils a network: it cuts, delays and swallows what passes between the hub and one of its servers."""

import select
import socket
import threading
import time
from pathlib import Path

# A TCP port of this machine, or the path of a Unix socket.
Address = int | Path
MODES = ("cut", "slow", "silent")
DELAY = 0.3  # seconds that each piece waits in mode `slow`
_TURN = 0.05
_PIECE = 65_536


class Proxy:
    """Passes everything on until `mode` says otherwise.

    `cut` ends all connections and refuses new ones, `slow` holds every piece for DELAY seconds, `silent` takes everything
    and passes nothing on. Connections that lived through silence are cut afterwards, as a network that lost their packets
    for too long would do.
    """

    def __init__(self, listen: Address, behind: Address) -> None:
        self.behind = behind
        self.mode = "pass"
        self._server = _listening(listen)
        self._closed = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.getsockname()[1])

    def close(self) -> None:
        self._closed.set()
        self._server.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            if self.mode == "cut":
                client.close()
            else:
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        """One connection, both ways, until either side ends it or a fault does."""
        with client:
            try:
                with _connected(self.behind) as server:
                    self._exchange(client, server)
            except OSError:
                pass

    def _exchange(self, client: socket.socket, server: socket.socket) -> None:
        other, silenced = {client: server, server: client}, False
        while not self._closed.is_set() and self.mode != "cut" and not (silenced and self.mode == "pass"):
            if self.mode == "silent":
                silenced = True
                time.sleep(_TURN)
                continue
            for side in select.select(list(other), [], [], _TURN)[0]:
                piece = side.recv(_PIECE)
                if not piece:
                    return
                if self.mode == "slow":
                    time.sleep(DELAY)
                other[side].sendall(piece)


def _listening(at: Address) -> socket.socket:
    if isinstance(at, Path):
        found = socket.socket(socket.AF_UNIX)
        found.bind(str(at))
    else:
        found = socket.socket()
        found.bind(("127.0.0.1", at))
    found.listen(128)
    return found


def _connected(to: Address) -> socket.socket:
    if isinstance(to, int):
        return socket.create_connection(("127.0.0.1", to), timeout=10)
    found = socket.socket(socket.AF_UNIX)
    found.connect(str(to))
    return found
