"""What the pieces of a trigger cost, one by one: docs/explanation/where-the-time-goes.md tells what follows.

A piece is a file of benchmarks/sql/steps, whose first line names it.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks import ways
from benchmarks.database import sql
from benchmarks.household import ACCOUNTS, household
from benchmarks.model import Case, Connection, Variant
from benchmarks.work import Work, in_loop


def _step(file: str, work: Work) -> Variant:
    def set_up(conn: Connection) -> None:
        conn.execute(sql(file).encode())

    return Variant(sql(file).partition("\n")[0].removeprefix("-- "), work, set_up)


def _case(name: str, title: str, work: Work) -> Case:
    files = sorted(Path(__file__).parents[1].joinpath("sql", "steps", name).glob("*.sql"))
    return Case(
        f"steps-{name}",
        title,
        "µs of processor time per row",
        "less",
        household(),
        (
            Variant(ways.NONE, work),
            *(_step(f"steps/{name}/{file.name}", work) for file in files),
            Variant("immediate", work, ways.balance()),
        ),
        repeat=2,
    )


CASES = (
    _case("insert", "The pieces of a single-row insert", in_loop("insert_loop.sql", accounts=ACCOUNTS)),
    _case("update", "The pieces of an update of a column that no cache reads", in_loop("update_description_loop.sql")),
)
