"""Fields of dataclasses, and their names in DirectMail's requests and answers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, TypeVar, get_type_hints

__all__ = ["Row", "cache_per_class", "read_rows", "wire", "wire_names"]

RowT = TypeVar("RowT", bound="Row")
ValueT = TypeVar("ValueT")


def cache_per_class(function: Callable[[Any], ValueT]) -> Callable[[Any], ValueT]:
    """Remember what ``function`` returns for each class."""
    # For mypy, a class of an unknown kind has no hash.
    return cache(function)


def wire(name: str, *, default: Any = MISSING, as_json: bool = False) -> Any:
    """
    Declare a dataclass field together with its ``name`` on the wire.

    ``as_json``: a sequence is sent as one JSON array, not as numbered parameters.
    """
    return field(default=default, metadata={"wire": name, "as_json": as_json})


@cache_per_class
def wire_names(cls: Any) -> Mapping[str, str]:
    """Return each field of a dataclass with its name on the wire."""
    return {f.name: f.metadata["wire"] for f in fields(cls) if "wire" in f.metadata}


@cache_per_class
def _integers(cls: Any) -> frozenset[str]:
    """Return the fields of a dataclass that are whole numbers."""
    # Once for each class: it evaluates the annotations, which takes long.
    hints = get_type_hints(cls)
    return frozenset(name for name, hint in hints.items() if hint is int)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What has fields in an answer: the answer itself, or one entry of a list."""

    @classmethod
    def from_fields(cls: type[RowT], answer: Mapping[str, Any]) -> RowT:
        """Pick the fields of this result; numbers arrive as text or as numbers."""
        integers = _integers(cls)
        values: dict[str, Any] = {}
        for name, wire_name in wire_names(cls).items():
            value = answer.get(wire_name)
            if value is not None:
                values[name] = _integer(value) if name in integers else str(value)
        return cls(**values)

    def wire_items(self) -> list[tuple[str, Any]]:
        """Return the fields under DirectMail's own names, for people to read."""
        names = wire_names(type(self))
        return [(wire, getattr(self, name)) for name, wire in names.items()]


def read_rows(
    row: type[RowT], answer: Mapping[str, Any], *path: str
) -> tuple[RowT, ...]:
    """Return the rows that an answer has below ``path``, as ``"data", "domain"``."""
    found: Any = answer
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    # XML cannot tell a list of one from a single value.
    listed = found if isinstance(found, list) else [found]
    return tuple(row.from_fields(item) for item in listed if isinstance(item, Mapping))


def _integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return -1
