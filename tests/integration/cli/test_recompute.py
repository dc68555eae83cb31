"""pgcache recompute: keys of one or several columns, and what it prints."""

from __future__ import annotations

import pytest

from tests.integration.cli.pgcache import Pgcache

RATES = """
version = 1
[[cache]]
name = "rate"
target = "rate"
key = ["country", "year"]
  [[cache.source]]
  table = "sale"
  key = ["country", "year"]
  values = { total = "amount", sales = "1" }
"""


@pytest.fixture
def rates(pgcache: Pgcache) -> Pgcache:
    """A cache with a key of two columns and two measures."""
    pgcache.conn.execute("""
        CREATE TABLE rate (country text, year int, total numeric DEFAULT 0, sales int, PRIMARY KEY (country, year));
        CREATE TABLE sale (country text, year int, amount numeric, FOREIGN KEY (country, year) REFERENCES rate);
        CREATE INDEX ON sale (country, year);
        INSERT INTO rate VALUES ('cz', -1), ('fr', 2);
        INSERT INTO sale VALUES ('cz', -1, 1.50), ('cz', -1, 2.50), ('fr', 2, 7);
    """)
    pgcache.declare(RATES)
    pgcache("migrate")
    with pgcache.conn.transaction():
        pgcache.conn.execute("SET LOCAL session_replication_role = replica")
        pgcache.conn.execute("UPDATE rate SET total = 99, sales = 9")
    return pgcache


def test_one_key(finance: Pgcache) -> None:
    key = finance.value("SELECT id::text FROM account WHERE name = 'Savings'")
    outcome = finance("recompute", "account_balance", key)
    assert outcome.stdout.splitlines() == [
        "key                                      measure            value",
        f"id={key}  cached_balance  14524.25",
    ]
    assert outcome.stderr == ""


def test_keys_of_several_columns_follow_each_other(rates: Pgcache) -> None:
    outcome = rates("recompute", "rate", "--json", "--", "cz", "-1", "fr", "2")
    cz, fr = {"country": "cz", "year": "-1"}, {"country": "fr", "year": "2"}
    assert outcome.json == {
        "cache": "rate",
        "keys": [
            {"key": cz, "measure": "total", "value": "4.00"},
            {"key": cz, "measure": "sales", "value": "2"},
            {"key": fr, "measure": "total", "value": "7"},
            {"key": fr, "measure": "sales", "value": "1"},
        ],
    }
    assert rates("reconcile", "--dry-run", "--json").json["caches"][0]["drifted"] == 0


def test_an_amount_has_no_exponent(rates: Pgcache) -> None:
    rates.conn.execute("UPDATE sale SET amount = 0.00000001 WHERE country = 'fr'")
    assert rates("recompute", "rate", "fr", "2").stdout.splitlines()[1].endswith(" 0.00000001")
    assert rates("recompute", "rate", "fr", "2", "--json").json["keys"][0]["value"] == "0.00000001"


def test_a_number_of_values_that_is_no_number_of_keys(rates: Pgcache) -> None:
    outcome = rates("recompute", "rate", "fr", "2", "cz", code=2)
    assert outcome.error == "3 values make no keys of cache 'rate'; give 2 for each key: country, year"
    assert rates.value("SELECT total FROM rate WHERE country = 'fr'") == 99


def test_what_came_before_a_missing_key_stays(rates: Pgcache) -> None:
    outcome = rates("recompute", "rate", "fr", "2", "fr", "3", code=1)
    assert outcome.error == (
        'cache "rate" has no row with this key (Key: {"year": "3", "country": "fr"}); '
        "See pgcache.rate for the keys that there are"
    )
    assert rates.value("SELECT total FROM rate WHERE country = 'fr'") == 7


def test_a_key_that_is_not_of_its_type(finance: Pgcache) -> None:
    outcome = finance("recompute", "account_balance", "savings", code=1)
    assert outcome.error == 'invalid input syntax for type uuid: "savings"'


def test_an_unknown_cache(finance: Pgcache) -> None:
    outcome = finance("recompute", "balance", "1", code=1)
    assert outcome.error.startswith("no cache is named 'balance' in this database (installed: account_balance, ")


def test_no_key(finance: Pgcache) -> None:
    outcome = finance("recompute", "account_balance", code=2)
    assert outcome.error == "Missing argument 'KEY...'; see pgcache recompute --help"
