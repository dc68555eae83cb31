"""pgcache status, drift list and uninstall."""

from __future__ import annotations

from decimal import Decimal

from tests.integration.cli.pgcache import Pgcache


def _make_drift(finance: Pgcache) -> None:
    with finance.conn.transaction():
        finance.conn.execute("SET LOCAL session_replication_role = replica")
        finance.conn.execute("UPDATE account SET cached_balance = cached_balance - 100 WHERE name = 'Savings'")


def test_status_before_the_first_reconcile(finance: Pgcache) -> None:
    heading, *lines = finance("status").stdout.splitlines()
    assert heading.split()[:4] == ["cache", "mode", "target", "rows"]
    assert [line.split()[:3] for line in lines] == [
        ["account_balance", "immediate", '"public"."account"'],
        ["budget_consumption", "immediate", '"public"."budget"'],
    ]
    balance, consumption = finance("status", "--json").json["caches"]
    assert balance["last_reconcile"] is None
    assert consumption["dirty"] == 0


def test_status_after_a_reconcile(finance: Pgcache) -> None:
    _make_drift(finance)
    finance.conn.execute("ANALYZE account")
    finance("reconcile", "--action", "alert", code=3)
    balance, consumption = finance("status", "--json").json["caches"]
    assert balance["last_reconcile"] is not None
    assert (balance["rows"], balance["last_drifted"], balance["open_drift"]) == (3, 1, 1)
    assert (balance["last_max_abs_drift"], consumption["last_max_abs_drift"]) == ("100.00", "0")


def test_status_shows_how_long_keys_have_been_dirty(finance: Pgcache) -> None:
    finance.conn.execute(
        "INSERT INTO pgcache.dirty (cache, key, marked_at) VALUES ('account_balance', '{}', now() - interval '2h')"
    )
    balance, _ = finance("status", "--json").json["caches"]
    assert balance["dirty"] == 1
    assert 7200 <= balance["oldest_mark"] < 7300
    assert "  2:00:" in finance("status").stdout


def test_drift_is_listed(finance: Pgcache) -> None:
    assert finance("drift", "list", "--json").json == {"drifts": []}
    _make_drift(finance)
    finance("reconcile", code=3)
    heading, line = finance("drift", "list", "--cache", "account_balance").stdout.splitlines()
    assert heading.split()[:4] == ["id", "run", "cache", "key"]
    assert line.split()[4:9] == ["cached_balance", "14424.25", "14524.25", "100.00", "corrected"]

    (drift,) = finance("drift", "list", "--json").json["drifts"]
    key = finance.value("SELECT id::text FROM account WHERE name = 'Savings'")
    assert drift["key"] == {"id": key}
    assert (Decimal(drift["cached"]), drift["drift"], drift["over_threshold"]) == (Decimal("14424.25"), "100.00", True)
    assert finance("drift", "list", "--json", "--cache", "budget_consumption").json == {"drifts": []}


def test_drift_of_an_unknown_cache(finance: Pgcache) -> None:
    assert finance("drift", "list", "--cache", "x", code=1).error.startswith("no cache is named 'x' in this database")


def test_uninstall(finance: Pgcache) -> None:
    outcome = finance("uninstall")
    dropped = outcome.stderr.splitlines()
    assert dropped[-1] == "drop schema pgcache"
    assert outcome.stdout == (
        f"Done: {len(dropped)} objects removed; nothing keeps the cached columns exact any more.\n"
    )
    assert finance.value("SELECT to_regnamespace('pgcache') IS NULL")
    assert finance.value("SELECT cached_balance FROM account WHERE name = 'Savings'") == Decimal("14524.25")
    finance("migrate")
    assert finance("reconcile", "--json").json["caches"][0]["drifted"] == 0


def test_uninstall_does_not_take_what_a_user_built_on_it(finance: Pgcache) -> None:
    finance.conn.execute("CREATE VIEW mine AS SELECT * FROM pgcache.account_balance")
    outcome = finance("uninstall", code=1)
    assert outcome.stderr.splitlines()[-1] == (
        "pgcache: uninstall: cannot drop view pgcache.account_balance because other objects depend on it: "
        "view mine depends on view pgcache.account_balance; drop what depends on it first"
    )
    finance("plan")
