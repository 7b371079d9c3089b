"""
An answer has its time as a whole: connections whose reads share one time limit.

The time-out of a socket is for each read, so an answer that drips byte by byte would
never end. Here the same seconds are all that status, headers and body have together.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

__all__ = ["PatientAdapter"]


class _TimedReads(io.RawIOBase):
    """Reads of a socket, which together last no longer than its time-out."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._socket = sock
        self._whole = sock.gettimeout()
        self._ends = time.monotonic() + (self._whole or 0)
        # It keeps the socket open until the last byte is read.
        self._reads = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        if self._whole is None:
            return self._reads.readinto(buffer)
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
        try:
            return self._reads.readinto(buffer)
        finally:
            # The next request on this connection has its whole time again.
            self._socket.settimeout(self._whole)

    def close(self) -> None:
        self._reads.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReads(sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class PatientAdapter(HTTPAdapter):
    """Gives an answer the read time-out as a whole, through an HTTP proxy as well."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        _use_patient_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the pools of connections through ``proxy``."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        # SOCKS has connections of its own, whose time-out is for each read.
        if not proxy.lower().startswith("socks"):
            _use_patient_pools(manager)
        return manager


def _use_patient_pools(manager: Any) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
