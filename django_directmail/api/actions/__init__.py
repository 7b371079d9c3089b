"""One frozen dataclass per API action; see :mod:`.mail` and :mod:`.account`."""
