"""A limit of messages for each visitor, in the memory of one function instance."""

import ipaddress
import threading
import time
from collections import OrderedDict

__all__ = ["RateLimit", "group"]


def group(address):
    """
    Return the name under which a visitor is counted: IPv4 address or IPv6 network.

    One visitor usually has a whole /64 network of IPv6 addresses. Everything that is
    not an address is counted as one visitor, ``""``.
    """
    try:
        found = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    if mapped is not None or found.version == 4:
        return str(mapped or found)
    # From the number, because a network cannot have a zone ("%eth0").
    return str(ipaddress.ip_network((int(found), 64), strict=False))


class RateLimit:
    """
    Allows each visitor ``times`` messages within ``seconds``.

    It remembers at most ``capacity`` visitors, and then forgets the one whose last
    message is the oldest. ``clock`` returns seconds. Threads may share it. Function
    Compute starts and stops instances at any time, and each has its own memory: this
    slows a script down, but does not stop it.
    """

    def __init__(self, *, times=5, seconds=600, capacity=1000, clock=time.monotonic):
        self.times = times
        self.seconds = seconds
        self.capacity = capacity
        self._clock = clock
        self._lock = threading.Lock()
        self._passed = OrderedDict()

    def __len__(self):
        return len(self._passed)

    def wait(self, visitor):
        """Return 0 and count ``visitor``, or else the seconds until the next time."""
        with self._lock:
            now = self._clock()
            recent = [
                t for t in self._passed.get(visitor, ()) if now - t < self.seconds
            ]
            if len(recent) >= self.times:
                return recent[0] + self.seconds - now
            self._passed[visitor] = [*recent, now]
            self._passed.move_to_end(visitor)
            if len(self._passed) > self.capacity:
                self._passed.popitem(last=False)
            return 0
