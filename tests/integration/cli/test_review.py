"""The review queue: what waits for a decision, who decided, and what is applied then."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.integration.cli.pgcache import Pgcache
from tests.oracle.compare import assert_exact, differences

SAVINGS = "SELECT cached_balance FROM account WHERE name = 'Savings'"
TRUE = Decimal("14524.25")


def past_triggers(pgcache: Pgcache, statement: str) -> None:
    with pgcache.conn.transaction():
        pgcache.conn.execute("SET LOCAL session_replication_role = replica")
        pgcache.conn.execute(statement.encode())


def lower(pgcache: Pgcache, amount: str, name: str = "Savings") -> None:
    past_triggers(pgcache, f"UPDATE account SET cached_balance = cached_balance - {amount} WHERE name = '{name}'")


@pytest.fixture
def queued(finance: Pgcache) -> Pgcache:
    """The savings are 100 too low, and wait for a decision; the id of that is `waiting`."""
    lower(finance, "100")
    review(finance, code=3)
    return finance


def review(pgcache: Pgcache, code: int) -> dict[str, Any]:
    found = pgcache("reconcile", "--cache", "account_balance", "--action", "review", "--json", code=code).json
    cache: dict[str, Any] = found["caches"][0]
    return cache


def waiting(pgcache: Pgcache) -> str:
    (drift,) = pgcache("drift", "list", "--status", "pending_review", "--json").json["drifts"]
    return str(drift["id"])


def drifts(pgcache: Pgcache) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pgcache("drift", "list", "--json").json["drifts"]
    return found


def test_what_is_approved_is_corrected(queued: Pgcache) -> None:
    id_ = waiting(queued)
    outcome = queued("drift", "approve", id_, "--json")
    (done,) = outcome.json["drifts"]
    assert (done["status"], done["drift"]) == ("corrected", "100.00")
    assert done["decided_by"] == queued.value("SELECT session_user")
    assert queued.value(SAVINGS) == TRUE
    (logged,) = drifts(queued)
    assert (logged["status"], logged["decision"]) == ("corrected", "approved")
    assert logged["decided_at"] is not None
    assert_exact(queued.conn, "account_balance")
    assert review(queued, code=0)["drifted"] == 0


def test_approval_applies_the_drift_as_it_is_then(queued: Pgcache) -> None:
    id_ = waiting(queued)
    lower(queued, "11")
    queued.conn.execute(
        "INSERT INTO transaction (account_id, flow_type, amount) "
        "SELECT id, 'income', 7 FROM account WHERE name = 'Savings'"
    )
    (done,) = queued("drift", "approve", id_, "--json").json["drifts"]
    assert done["drift"] == "111.00"
    assert queued.value(SAVINGS) == TRUE + 7
    assert len(drifts(queued)) == 1


def test_approval_of_what_is_there_no_more(queued: Pgcache) -> None:
    id_ = waiting(queued)
    lower(queued, "-100")
    (done,) = queued("drift", "approve", id_, "--json").json["drifts"]
    assert (done["status"], queued.value(SAVINGS)) == ("vanished", TRUE)


def test_approval_where_the_target_row_is_gone(queued: Pgcache) -> None:
    id_ = waiting(queued)
    past_triggers(queued, "DELETE FROM account WHERE name = 'Savings'")
    (done,) = queued("drift", "approve", id_, "--json").json["drifts"]
    assert (done["status"], done["decided_by"]) == ("vanished", queued.value("SELECT session_user"))


def test_what_is_rejected_stays_and_raises_no_alarm(queued: Pgcache) -> None:
    id_ = waiting(queued)
    (done,) = queued("drift", "reject", id_, "--json").json["drifts"]
    assert (done["status"], queued.value(SAVINGS)) == ("rejected", TRUE - 100)
    found = review(queued, code=0)
    assert (found["drifted"], found["over_threshold"], found["pending_review"]) == (1, 0, 0)
    (logged,) = drifts(queued)
    assert (logged["status"], logged["decision"], logged["resolved_at"]) == ("rejected", "rejected", None)
    queued("reconcile", "--action", "alert")
    balance, _ = queued("status", "--json").json["caches"]
    assert balance["open_drift"] == 0


def test_another_drift_than_the_rejected_one_is_queued_anew(queued: Pgcache) -> None:
    id_ = waiting(queued)
    queued("drift", "reject", id_)
    lower(queued, "1")
    assert review(queued, code=3)["pending_review"] == 1
    old, new = drifts(queued)
    assert (old["status"], old["decision"], old["drift"]) == ("superseded", "rejected", "100.00")
    assert (new["status"], new["decision"], new["drift"]) == ("pending_review", None, "101.00")


def test_a_rejection_ends_with_its_drift(queued: Pgcache) -> None:
    queued("drift", "reject", waiting(queued))
    lower(queued, "-100")
    review(queued, code=0)
    assert [drift["status"] for drift in drifts(queued)] == ["vanished"]
    lower(queued, "100")
    assert review(queued, code=3)["pending_review"] == 1


def test_a_rejected_drift_can_be_approved_or_corrected(queued: Pgcache) -> None:
    id_ = waiting(queued)
    queued("drift", "reject", id_)
    queued("drift", "approve", id_)
    assert queued.value(SAVINGS) == TRUE
    lower(queued, "100")
    review(queued, code=3)
    queued("drift", "reject", waiting(queued))
    queued("reconcile", "--action", "correct", code=3)
    assert queued.value(SAVINGS) == TRUE


def test_an_undecided_drift_is_found_again_and_keeps_when_it_was_first_seen(queued: Pgcache) -> None:
    (before,) = drifts(queued)
    lower(queued, "1")
    review(queued, code=3)
    (after,) = drifts(queued)
    assert (after["id"], after["first_seen"], after["drift"]) == (before["id"], before["first_seen"], "101.00")
    assert after["run_id"] > before["run_id"]
    assert queued.value("SELECT first_run_id FROM pgcache.drift") == before["run_id"]


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_what_cannot_be_decided(queued: Pgcache, decision: str) -> None:
    id_ = waiting(queued)
    missing = queued("drift", decision, "999", code=1).error
    assert missing.startswith("no drift has the id 999 ")
    assert missing.endswith("; Run pgcache drift list for the drifts that there are")
    queued("drift", "approve", id_)
    closed = queued("drift", decision, id_, code=1).error
    assert closed.startswith(f"drift {id_} is closed: corrected (Key ")
    assert queued("drift", decision, "x", code=2).error.startswith("Invalid value for 'ID...': 'x' is not a valid")
    queued("drift", decision, code=2)


def test_what_was_decided_before_one_is_refused_stays(queued: Pgcache) -> None:
    outcome = queued("drift", "approve", waiting(queued), "999", "--json", code=1)
    assert len(outcome.json["drifts"]) == 1
    assert differences(queued.conn, "account_balance") == []


def test_a_held_pass_is_reviewed_too(finance: Pgcache) -> None:
    lower(finance, "100")
    lower(finance, "5", "Everyday")
    finance("reconcile", "--max-corrections", "1", code=3)
    ids = [str(drift["id"]) for drift in drifts(finance)]
    finance("drift", "approve", *ids)
    assert_exact(finance.conn, "account_balance")


def test_show(queued: Pgcache) -> None:
    id_ = waiting(queued)
    outcome = queued("drift", "show", id_)
    key = queued.value("SELECT id::text FROM account WHERE name = 'Savings'")
    lines = outcome.stdout.splitlines()
    assert lines[:4] == [f"id: {id_}", "cache: account_balance", f"key: id={key}", "measure: cached_balance"]
    assert lines[lines.index("") + 1].startswith("unknown (unknown): ")
    assert f"- found first by run {queued.value('SELECT max(id) FROM pgcache.run')} (reconcile) at " in outcome.stdout
    shown = queued("drift", "show", id_, "--json").json
    assert (shown["drift"]["drift"], shown["verdict"]["certainty"]) == ("100.00", "unknown")
    assert shown["first_run"]["kind"] == "reconcile"
    assert shown["rows"][0]["source"] == "transaction"
    amount = queued.value(
        "SELECT amount::text FROM transaction WHERE id = '{id}'".format(**shown["rows"][0]["content"])
    )
    assert shown["rows"][0]["content"]["amount"] == amount
    assert queued("drift", "show", "999", code=1).error == "no drift has the id 999; see pgcache drift list"


def test_report(queued: Pgcache) -> None:
    queued("drift", "reject", waiting(queued))
    queued.conn.execute("UPDATE pgcache.run SET started_at = started_at - interval '10 days' WHERE kind = 'reconcile'")
    queued.conn.execute("UPDATE pgcache.drift SET first_seen = first_seen - interval '10 days'")
    lower(queued, "0.50", "Everyday")
    queued("reconcile", code=3)
    rows = queued("drift", "report", "--json").json
    assert rows["by"] == "day"
    then, balances, budgets = rows["periods"]
    assert (then["cache"], then["passes"], then["clean"]) == ("account_balance", 1, 0)
    assert (then["drifts"], then["amount"], then["corrected"]) == (1, "100.00", 1)
    assert (balances["drifts"], balances["amount"], balances["max_abs_drift"]) == (1, "0.50", "0.50")
    assert (budgets["cache"], budgets["passes"], budgets["clean"], budgets["amount"]) == (
        "budget_consumption",
        1,
        1,
        "0",
    )
    recent = queued(
        "drift", "report", "--since", "9 days", "--by", "month", "--cache", "account_balance", "--json"
    ).json
    assert [row["drifts"] for row in recent["periods"]] == [1]
    assert len(queued("drift", "report", "--since", "99999999w", "--json").json["periods"]) == 3
    heading, *lines = queued("drift", "report").stdout.splitlines()
    assert heading.split()[:3] == ["from", "cache", "passes"]
    assert len(lines) == 3


def test_what_is_old_and_closed_is_forgotten(queued: Pgcache) -> None:
    """What is open stays, and the runs that tell since when it is; of the rest, the last one that found nothing."""
    id_ = waiting(queued)
    finance = queued
    finance.conn.execute("UPDATE pgcache.run SET started_at = started_at - interval '100 days'")
    finance.conn.execute("UPDATE pgcache.drift SET first_seen = first_seen - interval '99 days'")
    runs = "SELECT array_agg(kind ORDER BY id) FROM pgcache.run WHERE cache = 'account_balance'"
    before = finance.value(runs)
    finance("reconcile", "--action", "review", "--keep", "90d", code=3)
    assert finance.value(runs) == [*before, "reconcile"]
    finance("drift", "approve", id_)
    finance.conn.execute("UPDATE pgcache.drift SET resolved_at = now() - interval '91 days'")
    finance.conn.execute(
        "INSERT INTO pgcache.write (cache, key, event, cached, written, written_at) "
        "VALUES ('account_balance', '{}', 'UPDATE', '{1}', '{2}', now() - interval '91 days')"
    )
    finance("reconcile", "--action", "review", "--keep", "90d")
    assert drifts(finance) == []
    assert finance.value("SELECT count(*) FROM pgcache.write") == 0
    assert finance.value(runs) == ["reconcile", "recompute", "reconcile"]


@pytest.mark.parametrize("keep", ["90", "-1d", "1.5d", "d", "9999999999999w", "90d 12h"])
def test_what_is_no_duration(finance: Pgcache, keep: str) -> None:
    error = finance("reconcile", "--keep", keep, code=2).error
    assert f"'{keep}' is not a duration such as 90d, 12h or '2 minutes'" in error


def test_a_very_long_time(finance: Pgcache) -> None:
    runs = finance.value("SELECT count(*) FROM pgcache.run")
    finance("reconcile", "--keep", "99999999w")
    assert finance.value("SELECT count(*) FROM pgcache.run") > runs


def test_a_dry_run_forgets_nothing(finance: Pgcache) -> None:
    assert "exclude each other" in finance("reconcile", "--keep", "1d", "--dry-run", code=2).error
