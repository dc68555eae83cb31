"""The cases, in the order in which they are run and told; a module of them gives its own as `CASES`."""

from __future__ import annotations

from benchmarks.cases import inserts, timeline
from benchmarks.model import Case


def all_cases() -> tuple[Case, ...]:
    return (*inserts.CASES, *timeline.CASES)
