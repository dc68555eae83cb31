"""Random clients at every isolation level on the other presets, beside whatever cron and deployments do."""

from __future__ import annotations

import pytest

from tests.concurrency.presets import STORMS, storm_on
from tests.conftest import Clone


def installed(clone: Clone, name: str) -> str:
    return clone(f"storm {name}", STORMS[name].install)


@pytest.mark.parametrize("name", STORMS)
def test_alone(clone: Clone, name: str) -> None:
    """Nothing fails but with 40001, and no reconcile tells drift where there is none."""
    storm = storm_on(installed(clone, name), 1, STORMS[name], together=False)
    storm.rage(rounds=6)
    assert storm.checks
    assert storm.done.keys() >= {*storm.jobs, *(operation.name for operation in storm.operations)}
    storm.assert_nothing_false_was_told()


@pytest.mark.parametrize(
    "name", [name if name == "receivables" else pytest.param(name, marks=pytest.mark.long) for name in STORMS]
)
def test_together(clone: Clone, name: str) -> None:
    """Transactions of several operations, and operations that hold rows in another order than writers do."""
    storm = storm_on(installed(clone, name), 1, STORMS[name], together=True)
    storm.rage(rounds=2)
    assert storm.checks
    assert storm.done.keys() >= storm.jobs.keys()
