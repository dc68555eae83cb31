"""The cases, in the order in which they are run and told; a module of them gives its own as `CASES`."""

from __future__ import annotations

from benchmarks.cases import (
    application,
    big_reconcile,
    contention,
    growth,
    inserts,
    reading,
    receivables,
    resources,
    steps,
    timeline,
    updates,
    upkeep,
)
from benchmarks.model import Case


def all_cases() -> tuple[Case, ...]:
    return (
        *inserts.CASES,
        *updates.CASES,
        *contention.CASES,
        *application.CASES,
        *reading.CASES,
        *timeline.CASES,
        *receivables.CASES,
        *upkeep.CASES,
        *big_reconcile.CASES,
        *resources.CASES,
        *growth.CASES,
        *steps.CASES,
    )
