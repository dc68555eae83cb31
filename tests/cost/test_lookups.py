"""What the triggers read and write: no table from end to end, and each row that must change once."""

from __future__ import annotations

import pytest

from tests.cost.counting import Connection, work_of

INTO = "INSERT INTO transaction (account_id, flow_type, amount)"
ONE = f"{INTO} VALUES (numbered(7), 'income', 5)"
IN_A_BUDGET = """
INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
VALUES (numbered(7), numbered(7), 'outcome', 5, '2025-01-15')
"""

EVENTS = {
    "insert": ONE,
    "insert in a budget": IN_A_BUDGET,
    "insert many": f"{INTO} SELECT numbered(1 + n), 'income', 5 FROM generate_series(1, 100) AS n",
    "transfer": """
        INSERT INTO transaction (account_id, flow_type, amount, transfer_id)
        VALUES (numbered(7), 'outcome', 5, numbered(1)), (numbered(8), 'income', 5, numbered(1))
    """,
    "update of the amount": "UPDATE transaction SET amount = amount + 1 WHERE id = numbered(7)",
    "update of the account": "UPDATE transaction SET account_id = numbered(9) WHERE id = numbered(7)",
    "update of the category": "UPDATE transaction SET category_id = numbered(9) WHERE id = numbered(7)",
    "update of the date": "UPDATE transaction SET date = '2025-01-20' WHERE id = numbered(7)",
    "soft-delete": "UPDATE transaction SET deleted_at = now() WHERE id = numbered(7)",
    "unread column": "UPDATE transaction SET description = 'x' WHERE id = numbered(7)",
    "delete": "DELETE FROM transaction WHERE id = numbered(7)",
    "new account": "INSERT INTO account (name, opening_balance) VALUES ('new', 100)",
    "opening balance": "UPDATE account SET opening_balance = 100 WHERE id = numbered(7)",
    "name of an account": "UPDATE account SET name = 'x' WHERE id = numbered(7)",
    "save of a whole account": "UPDATE account SET name = 'x', cached_balance = 0 WHERE id = numbered(7)",
    "delete of an account": "DELETE FROM account WHERE id = numbered(7)",
    "category of a budget": "INSERT INTO budget_category (budget_id, category_id) VALUES (numbered(7), numbered(500))",
    "category of no budget": "DELETE FROM budget_category WHERE budget_id = numbered(7)",
    "period of a budget": "UPDATE budget SET period_end = '2025-02-28' WHERE id = numbered(7)",
    "new budget": "INSERT INTO budget (name, period_start, period_end) VALUES ('new', '2025-01-01', '2025-01-31')",
    "sale": "INSERT INTO sales (customer_id, total) VALUES (numbered(7), 5)",
    "payment": """
        INSERT INTO payments (customer_id, drawer_id, direction, amount) VALUES (numbered(7), numbered(7), 'in', 5)
    """,
    "recompute": "SELECT recompute_account_balance(numbered(7))",
    "recompute of a period": "SELECT recompute_budget_consumption(numbered(7), '2025-02-01', '2025-02-28')",
}

# Of a fixed size: see sql/templates/slots.sql.
SMALL = {"slot"}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_no_table_is_read_from_end_to_end(large: Connection, event: str) -> None:
    """Nor by the plans that a session settles on when it has made the statement some times."""
    for _ in range(8):
        scans = work_of(large, event).scans
        assert set(scans) <= SMALL


def test_an_insert_looks_up_and_updates_its_account_once(large: Connection) -> None:
    work = work_of(large, ONE)
    assert work.lookups["account"] == 2  # the foreign key's, and the update's
    assert work.updates == {"account": 1}
    assert work.calls["account_balance_s1_insert"] == 1
    assert work.calls["account_balance_recompute"] == work.calls["account_balance_key"] == 0


def test_an_insert_in_a_budget_updates_it_once(large: Connection) -> None:
    work = work_of(large, IN_A_BUDGET)
    assert work.lookups["budget_category"] == 1
    assert work.lookups["budget"] == 1  # the update, which looks at the period too
    assert work.updates == {"account": 1, "account_month": 1, "budget": 1}


def test_a_thousand_rows_for_one_account_update_it_once(large: Connection) -> None:
    work = work_of(large, f"{INTO} SELECT numbered(7), 'income', 5 FROM generate_series(1, 1000)")
    assert work.updates == {"account": 1}
    assert sum(work.calls.values()) == sum(work_of(large, ONE).calls.values())


def test_an_update_of_many_rows_does_not_pair_them_all(large: Connection) -> None:
    """A look at every old row beside every new one would be 400 million pairs, and take all memory."""
    conn = large
    with conn.transaction(force_rollback=True):
        conn.execute(f"{INTO} SELECT numbered(7), 'income', 5 FROM generate_series(1, 20000)")
        conn.execute(
            "SELECT set_config('test.balance', cached_balance::text, true) FROM account WHERE id = numbered(7)"
        )
        updated = conn.execute(
            "UPDATE transaction SET amount = amount + 1 WHERE account_id = numbered(7) AND flow_type = 'income'"
        ).rowcount
        assert updated >= 20_000
        grown = conn.execute(
            "SELECT cached_balance - current_setting('test.balance')::numeric FROM account WHERE id = numbered(7)"
        ).fetchone()
        assert grown == (updated,)


def test_a_change_of_an_unread_column_touches_no_target(large: Connection) -> None:
    work = work_of(large, EVENTS["unread column"])
    assert work.updates == {"transaction": 1}
    assert work.lookups == {"transaction": 1}


def test_what_cancels_out_touches_no_target(large: Connection) -> None:
    work = work_of(
        large, "UPDATE transaction SET status = 'paid', amount = amount + 0 WHERE account_id < numbered(100)"
    )
    assert set(work.updates) == {"transaction"}


def test_a_save_of_an_account_asks_the_guard_once(large: Connection) -> None:
    assert work_of(large, EVENTS["name of an account"]).calls["account_balance_target"] <= 1
    work = work_of(large, EVENTS["save of a whole account"])
    assert work.calls["account_balance_target"] == 1
    assert work.updates == {"account": 1}
    assert work.lookups == {"account": 1}
