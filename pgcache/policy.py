"""The words in which a policy about drift is written, in a declaration and on the command line."""

from __future__ import annotations

import re
from decimal import Decimal

_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)
_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?)%", re.ASCII)


def parse_amount(text: str) -> Decimal | None:
    """An amount of 0 or more, such as 0.50; None where the text is none."""
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def parse_share(text: str) -> Decimal | None:
    """A share as a fraction, 0.001 for 0.1%; None where the text is none."""
    match = _SHARE.fullmatch(text)
    return Decimal(f"{match[1]}E-2") if match else None


def is_limit(text: str) -> bool:
    """Whether a text is a number of keys, such as 100, or a share of them, such as 5%."""
    return re.fullmatch(r"[0-9]+", text, re.ASCII) is not None or parse_share(text) is not None
