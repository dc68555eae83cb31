"""What an account owes, by how long it is overdue, whatever happens to its rows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.integration.receivables.practice import ACCOUNTS, Practice, day


@pytest.mark.parametrize(
    ("late", "bucket", "turns"),
    [
        (-365, "current", day(-366)),
        (-1, "current", day(-2)),
        (0, "current", day(-1)),
        (1, "days_1_30", day(-30)),
        (29, "days_1_30", day(-2)),
        (30, "days_1_30", day(-1)),
        (31, "days_31_60", day(-30)),
        (60, "days_31_60", day(-1)),
        (61, "days_61_90", day(-30)),
        (90, "days_61_90", day(-1)),
        (91, "days_over_90", None),
        (5000, "days_over_90", None),
    ],
)
def test_boundary_days(practice: Practice, late: int, bucket: str, turns: date | None) -> None:
    practice.invoice("ada", 70, 30, due=day(late))
    figures: dict[str, int | date] = {"balance": 100, bucket: 100}
    practice.owes("ada", **figures, **({"next_transition": turns} if turns else {}))
    if turns:
        # The day before it is as today; on the day itself it is not.
        practice.travel(turns - timedelta(days=1))
        assert practice.schedule()[ACCOUNTS["ada"]][bucket] == 100
        practice.travel(turns)
        assert practice.schedule()[ACCOUNTS["ada"]][bucket] == 0


def test_an_account_that_owes_nothing_has_a_row_of_zeros(practice: Practice) -> None:
    practice.owes("ada")
    assert len(practice.schedule()) == len(ACCOUNTS)


def test_zeros_have_the_digits_of_amounts(practice: Practice) -> None:
    practice.invoice("bert", 10)
    practice.pay("cleo", 10)
    shown = {str(value) for row in practice.schedule().values() for value in row.values() if isinstance(value, Decimal)}
    assert shown == {"0.00", "10.00", "-10.00"}


def test_billable_treatments_are_unbilled_until_invoiced(practice: Practice) -> None:
    visit = practice.treat("ada", 40, "2.50")
    practice.treat("ada", 99, billable=False)
    practice.treat("bert", 7)
    practice.owes("ada", balance="42.50", unbilled="42.50")
    invoice = practice.invoice("ada", due=day(3))
    line = practice.add("invoice_line", invoice_id=invoice, amount="40")
    practice.run("UPDATE treatment SET invoice_line_id = %(line)s WHERE amount = 40", line=line)
    practice.owes("ada", balance="42.50", unbilled="2.50", days_1_30=40, next_transition=day(-28))
    practice.run("UPDATE treatment SET billable = NOT billable")
    practice.owes("ada", balance=139, unbilled=99, days_1_30=40, next_transition=day(-28))
    practice.run("UPDATE treatment SET billable = NOT billable")
    practice.run("DELETE FROM invoice_line WHERE id = %(line)s", line=line)
    practice.owes("ada", balance="42.50", unbilled="42.50")
    practice.run("UPDATE visit SET account_id = %(bert)s WHERE id = %(visit)s", visit=visit)
    practice.owes("ada")
    practice.owes("bert", balance="49.50", unbilled="49.50")


def test_a_credit_does_not_settle_what_is_unbilled(practice: Practice) -> None:
    practice.treat("ada", 40)
    practice.pay("ada", 40)
    practice.owes("ada", unbilled=40, credit=40)


def test_a_missing_due_date_is_the_day_of_the_invoice(practice: Practice) -> None:
    practice.invoice("ada", 10, due=None, on=day(31))
    practice.invoice("ada", 5, due=None, on=day(0))
    practice.owes("ada", balance=15, days_31_60=10, current=5, next_transition=day(-1))


def test_payments_and_refunds_of_an_invoice(practice: Practice) -> None:
    old, new = practice.invoice("ada", 100, due=day(40)), practice.invoice("ada", 50, due=day(0))
    practice.pay("ada", 30, new)
    practice.owes("ada", balance=120, days_31_60=100, current=20, next_transition=day(-1))
    practice.pay("ada", 100, old)
    practice.owes("ada", balance=20, current=20, next_transition=day(-1))
    practice.pay("ada", 25, old, kind="refund")
    practice.owes("ada", balance=45, days_31_60=25, current=20, next_transition=day(-1))


def test_unallocated_payments_settle_by_due_date_and_then_id(practice: Practice) -> None:
    later = practice.invoice("ada", 10, due=day(5))
    practice.invoice("ada", 20, due=day(35))
    practice.invoice("ada", 40, due=day(95))
    practice.invoice("ada", 5, due=day(5))
    practice.pay("ada", 50)
    practice.owes("ada", balance=25, days_31_60=10, days_1_30=15, next_transition=day(-26))
    practice.pay("ada", 15)
    practice.owes("ada", balance=10, days_1_30=10, next_transition=day(-26))
    # Of the two that are due on one day it was the one with the lower id; another date makes the other one first.
    practice.run("UPDATE invoice SET due_date = due_date + 6 WHERE id = %(later)s", later=later)
    practice.owes("ada", balance=10, current=10, next_transition=day(-2))


def test_over_payment_is_credit_until_something_is_owed(practice: Practice) -> None:
    invoice = practice.invoice("ada", 100, due=day(10))
    practice.pay("ada", 130, invoice)
    practice.owes("ada", balance=-30, credit=30)
    practice.invoice("ada", 50, due=day(-10))
    practice.owes("ada", balance=20, current=20, next_transition=day(-11))
    practice.pay("ada", 25)
    practice.owes("ada", balance=-5, credit=5)


def test_negative_lines_and_credit_notes(practice: Practice) -> None:
    practice.invoice("ada", 100, -25, due=day(61))
    practice.owes("ada", balance=75, days_61_90=75, next_transition=day(-30))
    note = practice.invoice("ada", -60, due=day(-5))
    practice.owes("ada", balance=15, days_61_90=15, next_transition=day(-30))
    practice.pay("ada", 45, note, kind="refund")
    practice.owes("ada", balance=60, days_61_90=60, next_transition=day(-30))
    practice.invoice("ada", -100, due=None)
    practice.owes("ada", balance=-40, credit=40)


def test_a_void_invoice_counts_nowhere_and_its_payments_are_unallocated(practice: Practice) -> None:
    void = practice.invoice("ada", 100, due=day(20))
    practice.pay("ada", 60, void)
    practice.pay("ada", 10, void, kind="refund")
    practice.invoice("ada", 35, due=day(3))
    practice.owes("ada", balance=85, days_1_30=85, next_transition=day(-11))
    practice.run("UPDATE invoice SET voided_at = now() WHERE id = %(void)s", void=void)
    practice.owes("ada", balance=-15, credit=15)
    practice.run("UPDATE invoice SET voided_at = NULL WHERE id = %(void)s", void=void)
    practice.owes("ada", balance=85, days_1_30=85, next_transition=day(-11))


def test_what_another_account_paid(practice: Practice) -> None:
    """It is taken off the invoice that it names; once that is void, it is the payer's."""
    invoice = practice.invoice("ada", 100, due=day(1))
    practice.pay("bert", 40, invoice)
    practice.owes("ada", balance=60, days_1_30=60, next_transition=day(-30))
    practice.owes("bert")
    practice.run("UPDATE invoice SET voided_at = now()")
    practice.owes("ada")
    practice.owes("bert", balance=-40, credit=40)


def test_more_refunded_than_paid_is_a_negative_credit(practice: Practice) -> None:
    practice.pay("ada", 20)
    practice.pay("ada", 50, kind="refund")
    practice.owes("ada", balance=30, credit=-30)
    practice.invoice("ada", 5, due=day(91))
    practice.owes("ada", balance=35, days_over_90=5, credit=-30)
    practice.invoice("ada", -40)
    practice.owes("ada", balance=-5, credit=5)


def test_re_dated_invoices(practice: Practice) -> None:
    invoice = practice.invoice("ada", 100, due=day(91), on=day(30))
    for due, bucket in ((day(90), "days_61_90"), (day(0), "current"), (None, "days_1_30")):
        practice.run("UPDATE invoice SET due_date = %(due)s WHERE id = %(id)s", due=due, id=invoice)
        practice.owes("ada", balance=100, next_transition=day(-1), **{bucket: 100})
    practice.run("UPDATE invoice SET invoice_date = %(on)s", on=day(400))
    practice.owes("ada", balance=100, days_over_90=100)


def test_a_line_moves_to_another_invoice(practice: Practice) -> None:
    first, second = practice.invoice("ada", 10, 20, due=day(50)), practice.invoice("bert", 5, due=day(70))
    practice.pay("ada", 30, first)
    practice.run("UPDATE invoice_line SET invoice_id = %(to)s WHERE amount = 20", to=second)
    practice.owes("ada", balance=-20, credit=20)
    practice.owes("bert", balance=25, days_61_90=25, next_transition=day(-21))


def test_an_invoice_moves_to_another_account(practice: Practice) -> None:
    """Its lines and the payments that name it go along, whoever paid."""
    invoice = practice.invoice("ada", 100, due=day(31))
    practice.pay("ada", 10, invoice)
    practice.pay("ada", 25)
    practice.run("UPDATE invoice SET account_id = %(bert)s WHERE id = %(id)s", id=invoice)
    practice.owes("ada", balance=-25, credit=25)
    practice.owes("bert", balance=90, days_31_60=90, next_transition=day(-30))


def test_payments_change(practice: Practice) -> None:
    invoice = practice.invoice("ada", 100, due=day(0))
    payment = practice.pay("ada", 40, invoice)
    practice.run("UPDATE payment SET kind = 'refund' WHERE id = %(id)s", id=payment)
    practice.owes("ada", balance=140, current=140, next_transition=day(-1))
    practice.run("UPDATE payment SET kind = 'payment', amount = 60, account_id = %(bert)s, invoice_id = NULL")
    practice.owes("ada", balance=100, current=100, next_transition=day(-1))
    practice.owes("bert", balance=-60, credit=60)
    practice.run("DELETE FROM payment")
    practice.owes("bert")


def test_a_deleted_invoice_leaves_its_payments(practice: Practice) -> None:
    invoice = practice.invoice("ada", 100)
    practice.pay("ada", 40, invoice)
    practice.run("DELETE FROM invoice")
    practice.owes("ada", balance=-40, credit=40)


def test_an_account_goes_with_all_that_it_has(practice: Practice) -> None:
    invoice = practice.invoice("ada", 100)
    practice.pay("ada", 40, invoice)
    practice.pay("bert", 40, invoice)
    practice.treat("ada", 5)
    practice.run("DELETE FROM account WHERE id = %(ada)s")
    assert ACCOUNTS["ada"] not in practice.schedule()
    practice.owes("bert", balance=-40, credit=40)


def test_today_is_the_day_of_the_declared_time_zone(practice: Practice) -> None:
    practice.run("RESET pgcache.today")
    practice.invoice("ada", 10)
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):  # 26 hours apart
        with practice.conn.transaction():  # in which now() stands still
            practice.run(
                "INSERT INTO pgcache.setting VALUES ('time_zone', %(zone)s)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                zone=zone,
            )
            practice.run("UPDATE invoice SET due_date = (now() AT TIME ZONE %(zone)s)::date", zone=zone)
            ((due,),) = practice.run("SELECT due_date FROM invoice").fetchall()
            found = practice.figures()[ACCOUNTS["ada"]]
            assert (found["current"], found["next_transition"]) == (10, due + timedelta(days=1))


def test_amounts_of_any_size_add_up(practice: Practice) -> None:
    for _ in range(3):
        practice.invoice("ada", "9999999999.99", due=day(91))
    practice.owes("ada", balance="29999999999.97", days_over_90="29999999999.97")


def test_accounts_with_a_balance_are_listed_by_the_index(practice: Practice) -> None:
    practice.invoice("ada", 10)
    practice.pay("cleo", 5)
    practice.schedule()
    practice.run("SET enable_seqscan = off; SET enable_sort = off")
    query = "SELECT account_id FROM account_aging WHERE balance <> 0 ORDER BY balance DESC"
    assert practice.run(query).fetchall() == [(ACCOUNTS["ada"],), (ACCOUNTS["cleo"],)]
    (plan, *_) = [line for (line,) in practice.run(f"EXPLAIN (COSTS off) {query}")]
    assert plan == "Index Scan Backward using account_aging_index on account_aging"
