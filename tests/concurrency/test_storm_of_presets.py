"""Random clients at every isolation level on the other presets, beside whatever cron and deployments do."""

from __future__ import annotations

import psycopg
import pytest

from tests.concurrency.presets import STORMS, Preset, fold, refresh
from tests.concurrency.storm import Storm
from tests.conftest import Clone


def storm_on(clone: Clone, preset: Preset, *, together: bool) -> Storm:
    """Clients of a preset, with two who refresh, one who folds and one who migrates beside them."""

    def build(dsn: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as conn:
            preset.populate(conn)

    operations = (*preset.writes(), *(preset.cascades() if together else ()))
    jobs = {"refresh": refresh, "refresh too": refresh, "fold": fold, "migrate": preset.migrations()}
    dsn = clone(f"storm {preset.world.name}", build)
    return Storm(dsn, 1, operations, together=together, place=preset.place, jobs=jobs)


@pytest.mark.parametrize("name", STORMS)
def test_alone(clone: Clone, name: str) -> None:
    """Nothing fails but with 40001, and no reconcile tells drift where there is none."""
    storm = storm_on(clone, STORMS[name], together=False)
    storm.rage(rounds=6)
    assert storm.checks
    assert storm.done.keys() >= {*storm.jobs, *(operation.name for operation in storm.operations)}
    storm.assert_nothing_false_was_told()


@pytest.mark.parametrize(
    "name", [name if name == "receivables" else pytest.param(name, marks=pytest.mark.long) for name in STORMS]
)
def test_together(clone: Clone, name: str) -> None:
    """Transactions of several operations, and operations that hold rows in another order than writers do."""
    storm = storm_on(clone, STORMS[name], together=True)
    storm.rage(rounds=2)
    assert storm.checks
    assert storm.done.keys() >= storm.jobs.keys()
