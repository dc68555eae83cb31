"""pgcache aging: a table with totals, JSON, CSV; as of when it is, and what has changed since."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from tests.integration.cli.pgcache import Pgcache
from tests.integration.cli.test_help import examples
from tests.integration.receivables.practice import ACCOUNTS, TODAY, Practice, day

TABLE = """\
account_id                            name  balance  unbilled  current   1-30  31-60  61-90  over 90  credit
00000000-0000-0000-0000-000000000001  ada    120.50     20.50     0.00  60.00   0.00   0.00    40.00    0.00
00000000-0000-0000-0000-000000000003  cleo    -5.00      0.00     0.00   0.00   0.00   0.00     0.00    5.00
total                                        115.50     20.50     0.00  60.00   0.00   0.00    40.00    5.00

"""


@pytest.fixture
def pgcache(practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pgcache:
    """The command line, on a practice in which two of three accounts have a balance."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PGOPTIONS", f"-c pgcache.today={TODAY}")
    practice.treat("ada", "20.50")
    practice.invoice("ada", 60, due=day(5))
    practice.invoice("ada", 40, due=day(100))
    practice.pay("cleo", 5)
    practice.schedule()
    return Pgcache(practice.conn.info.dsn, tmp_path, practice.conn)


def test_the_table(pgcache: Pgcache) -> None:
    table, _, last = pgcache("aging", "--name", "account.name").stdout.rpartition("2 accounts")
    assert table == TABLE
    assert re.fullmatch(r" with a balance\. Refreshed at 20\d\d-.{14}\+00:00; none has changed since\.\n", last)


def test_what_has_changed_since_is_told(pgcache: Pgcache, practice: Practice) -> None:
    practice.pay("bert", 1)
    outcome = pgcache("aging")
    assert re.search(r"; 1 dirty, the oldest for \d+ s\.$", outcome.stdout)
    assert pgcache("aging", "--json").json["dirty"] == 1
    practice.schedule()
    assert pgcache("aging", "--json").json["oldest_mark"] is None


def test_the_totals_are_those_of_all(pgcache: Pgcache) -> None:
    outcome = pgcache("aging", "--limit", "1")
    assert ("120.50" in outcome.stdout, "cleo" in outcome.stdout, "115.50" in outcome.stdout) == (True, False, True)
    assert outcome.stdout.splitlines()[-1].startswith("1 of 2 accounts with a balance.")


def test_json_has_amounts_as_strings(pgcache: Pgcache) -> None:
    found = pgcache("aging", "--limit", "1", "--json").json
    zero = dict.fromkeys(("current", "days_31_60", "days_61_90"), "0.00")
    ada = {"unbilled": "20.50", "days_1_30": "60.00", "days_over_90": "40.00", **zero}
    assert found.pop("refreshed_at").startswith("20")
    assert found == {
        "cache": "account_aging",
        "key": ["account_id"],
        "dirty": 0,
        "oldest_mark": None,
        "accounts": [{"account_id": str(ACCOUNTS["ada"]), "balance": "120.50", "credit": "0.00", **ada}],
        "count": 2,
        "totals": {"balance": "115.50", "credit": "5.00", **ada},
    }


def test_csv(pgcache: Pgcache) -> None:
    rows = list(csv.DictReader(io.StringIO(pgcache("aging", "--name", "public.account.name", "--csv").stdout)))
    assert [(row["name"], row["balance"], row["credit"]) for row in rows] == [
        ("ada", "120.50", "0.00"),
        ("cleo", "-5.00", "5.00"),
    ]


def test_an_empty_schedule(pgcache: Pgcache, practice: Practice) -> None:
    practice.run("DELETE FROM account")
    practice.schedule()
    assert "total" in pgcache("aging").stdout
    assert pgcache("aging", "--json").json["totals"]["balance"] == "0"
    assert len(pgcache("aging", "--csv").stdout.splitlines()) == 1


@pytest.mark.parametrize(
    "name", ["name", "nothing.name", "account_aging_index.name", ".name", "a.b.c.name", "a b.name", '".name']
)
def test_names_of_no_account(pgcache: Pgcache, name: str) -> None:
    assert pgcache("aging", "--name", name, code=1).error.startswith(f"{name!r} names no account: there is no table ")


def test_what_is_no_schedule(pgcache: Pgcache) -> None:
    assert pgcache("aging", "--cache", "other", code=1).error == (
        "no cache named 'other' is an aging schedule; known: account_aging"
    )
    assert "exclude each other" in pgcache("aging", "--csv", "--json", code=2).error
    pgcache.conn.execute("UPDATE pgcache.cache SET measures = ARRAY['balance']")
    assert pgcache("aging", code=1).error == (
        "no cache of this database is an aging schedule; declare one, as pgcache init receivables does, and migrate"
    )


def test_the_examples_work(pgcache: Pgcache) -> None:
    found = examples(pgcache("aging", "--help").stdout)
    assert len(found) == 2
    for example in found:
        pgcache(*example.split()[1:])
