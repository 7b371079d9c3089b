"""Fields of dataclasses, and their names in DirectMail's requests and answers. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_type_hints

__all__ = ["Row", "cache_per_class", "read_rows", "wire", "wire_names", "wire_texts"]

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


def wire_texts(item: Any) -> dict[str, str]:
    """
    Return the fields of a dataclass as the texts that are sent, without ``None``.

    ``True`` becomes ``true``, a mapping becomes compact JSON, and a sequence becomes
    ``Name.1.Key``, ``Name.2.Key`` and so on, unless its field is sent as JSON.
    """
    found: dict[str, str] = {}
    as_json = _names_as_json(type(item))
    for wire_name, value in _wire_values(item).items():
        if isinstance(value, (list, tuple)) and wire_name not in as_json:
            for number, part in enumerate(value, start=1):
                for key, inner in _wire_values(part).items():
                    found[f"{wire_name}.{number}.{key}"] = _to_text(inner)
        else:
            found[wire_name] = _to_text(value)
    return found


@cache_per_class
def _names_as_json(cls: Any) -> frozenset[str]:
    marked = [f for f in fields(cls) if f.metadata.get("as_json")]
    return frozenset(f.metadata["wire"] for f in marked)


def _wire_values(item: Any) -> dict[str, Any]:
    names = wire_names(type(item))
    values = {wire: getattr(item, name) for name, wire in names.items()}
    return {wire: value for wire, value in values.items() if value is not None}


def _to_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_dataclass(value) or isinstance(value, (Mapping, list, tuple)):
        return json.dumps(
            value, ensure_ascii=False, separators=(",", ":"), default=_to_json
        )
    return str(value)


def _to_json(value: Any) -> dict[str, Any]:
    """Return what stands in JSON for a dataclass, or a mapping that is no dict."""
    return _wire_values(value) if is_dataclass(value) else dict(value)
