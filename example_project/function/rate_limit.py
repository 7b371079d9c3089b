"""How often one visitor may write, in the memory of this one instance."""

import ipaddress
import threading
import time
from collections import OrderedDict

__all__ = ["RateLimit", "group"]


def group(address):
    """
    Return what is counted as one visitor: an IPv4 address, or an IPv6 network.

    A connection usually has a whole /64 of IPv6: addresses in it cost nothing.
    What is no address is all one visitor, ``""``.
    """
    try:
        found = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    if mapped is not None or found.version == 4:
        return str(mapped or found)
    # Built from the number: a zone ("%eth0") does not belong to the network.
    return str(ipaddress.ip_network((int(found), 64), strict=False))


class RateLimit:
    """
    Lets each visitor through ``times`` times in any ``seconds``.

    At most ``capacity`` visitors are remembered; beyond, the one who was let through
    longest ago is forgotten. ``clock`` returns seconds, from wherever. Threads may
    share it. Function Compute starts and ends instances as it likes and each has a
    memory of its own: this slows a script down, it does not keep it out.
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
