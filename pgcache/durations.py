"""Spans of time as they are written in a declaration and on the command line."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"([0-9]+) ?(?:([smhdw])|(second|minute|hour|day|week)s?)", re.ASCII)


def parse_duration(text: str) -> timedelta | None:
    """A duration such as 90d, 12h or "2 minutes"; None where the text is none."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    unit = _UNITS[match[2]] if match[2] else f"{match[3]}s"
    try:
        return timedelta(**{unit: int(match[1])})
    except (OverflowError, ValueError):
        return None
