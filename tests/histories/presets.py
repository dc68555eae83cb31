"""The presets as worlds. Another preset, or another mode of one, is one more function and a name in PRESETS."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from pgcache import resources
from tests.histories.world import Column, Declared, Table, World, uuids
from tests.oracle import compare

DAYS = ("'2025-04-30'", "'2025-05-01'", "'2025-05-31'", "'2025-06-01'", "'2025-06-15'", "'2025-06-30'", "'2025-07-01'")
AMOUNTS = ("0", "1", "0.01", "2.50", "10", "99.99")
MONTHS = ("4", "5", "6", "7")
GONE = ("NULL", "NULL", "'2025-06-02 10:00+00'")
ACCOUNTS, BUDGETS, CATEGORIES, TRANSACTIONS = uuids(1, 3), uuids(11, 3), uuids(21, 3), uuids(101, 8)


def _tables(preset: str) -> str:
    return resources.sql("presets", preset, "tables.sql")


def _declaration(preset: str) -> str:
    """The preset's declaration without its comments, in which examples are."""
    lines = resources.sql("presets", preset, "pgcache.toml").splitlines()
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("#")) + "\n"


def _oracle(cache: str) -> str:
    return compare.of_target(cache).rstrip()


Calls = tuple[st.SearchStrategy[str], ...]


def _declared(toml: str, keys: dict[str, tuple[str, ...]], calls: Calls = (), more: tuple[str, ...] = ()) -> Declared:
    """What it says of the caches with these keys, each by its file in tests/oracle; `more` are other files there."""
    return Declared(toml, {cache: _oracle(cache) for cache in (*keys, *more)}, keys, calls)


def _called(function: str, *arguments: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.tuples(*map(st.sampled_from, arguments)).map(lambda drawn: f"SELECT {function}({', '.join(drawn)})")


ACCOUNT = Table(
    "account",
    Column("id", ACCOUNTS),
    (
        Column("name", ("'Cash'", "'Bank'")),
        Column("opening_balance", ("0", "10", "2.50")),
        Column("cached_balance", ("0", "7")),
        Column("closed_at", ("NULL", "'2025-06-01 12:00+00'")),
    ),
    conflict="id",
    past=("cached_balance",),
)
CATEGORY = Table("category", Column("id", CATEGORIES), (Column("name", ("'Food'", "'Fun'")),))
TRANSACTION = Table(
    "transaction",
    Column("id", TRANSACTIONS),
    (
        Column("account_id", ACCOUNTS),
        Column("category_id", (*CATEGORIES, "NULL")),
        Column("flow_type", ("'income'", "'outcome'", "'outcome'")),
        Column("amount", AMOUNTS),
        Column("date", DAYS),
        Column("status", ("'paid'", "'paid'", "'unpaid'", "'forecast'")),
        Column("description", ("NULL", "'Changed'")),
        Column("deleted_at", GONE),
    ),
    conflict="id",
    past=("amount", "deleted_at", "date"),
)
BUDGET = Table(
    "budget",
    Column("id", BUDGETS),
    (
        Column("name", ("'June'", "'Year'")),
        Column("period_start", DAYS),
        Column("period_end", ("'2025-06-30'", "'2025-07-31'", "'2025-05-31'")),
        Column("recurrence", ("NULL", "'monthly'", "'weekly'", "'yearly'")),
        Column("cached_consumption", ("0", "7")),
    ),
    conflict="id",
    past=("cached_consumption",),
)
# A row is named by its budget here, though that is not unique: ON CONFLICT has no column to name.
BUDGET_CATEGORY = Table("budget_category", Column("budget_id", BUDGETS), (Column("category_id", CATEGORIES),))

_ROWS = f"""
INSERT INTO account (id, name, opening_balance) VALUES
    ({ACCOUNTS[0]}, 'Cash', 5), ({ACCOUNTS[1]}, 'Bank', 0), ({ACCOUNTS[2]}, 'Card', -5);
INSERT INTO category (id, name) VALUES ({CATEGORIES[0]}, 'Food'), ({CATEGORIES[1]}, 'Fun'), ({CATEGORIES[2]}, 'Rent');
INSERT INTO budget (id, name, period_start, period_end, recurrence) VALUES
    ({BUDGETS[0]}, 'June', '2025-06-01', '2025-06-30', 'monthly'),
    ({BUDGETS[1]}, 'Year', '2025-01-01', '2025-12-31', NULL);
INSERT INTO budget_category VALUES
    ({BUDGETS[0]}, {CATEGORIES[0]}), ({BUDGETS[1]}, {CATEGORIES[0]}), ({BUDGETS[1]}, {CATEGORIES[1]});
INSERT INTO transaction (id, account_id, category_id, flow_type, amount, date) VALUES
    ({TRANSACTIONS[0]}, {ACCOUNTS[0]}, {CATEGORIES[0]}, 'outcome', 40, '2025-06-10'),
    ({TRANSACTIONS[1]}, {ACCOUNTS[0]}, {CATEGORIES[1]}, 'outcome', 15, '2025-05-12'),
    ({TRANSACTIONS[2]}, {ACCOUNTS[1]}, NULL, 'income', 1000, '2025-06-01');"""


def _row_triggers(toml: str) -> str:
    """The same with row triggers."""
    return toml.replace("[[cache]]\n", '[[cache]]\ntriggers = "row"\n')


def _without(toml: str, cache: str) -> str:
    """The same without a cache, which must be the last one."""
    head, _, rest = toml.rpartition("[[cache]]")
    assert f'"{cache}"' in rest
    return head


def _nowait(declared: Declared, *targets: str) -> Declared:
    """The same in mode nowait, where the view is what has to be exact."""
    toml = declared.toml.replace('mode = "immediate"\n', "").replace("[[cache]]\n", '[[cache]]\nmode = "nowait"\n')
    plain = {cache: declared.oracles[cache] for cache in declared.keys}
    views = {cache: compare.of_view(oracle, cache) for cache, oracle in plain.items()}
    return replace(declared, toml=toml, oracles={**declared.oracles, **views}, plain=plain, targets=targets)


def without_waiting(world: World, *targets: str, sources: tuple[str, ...]) -> World:
    """The world in mode nowait, with switches to the other mode and back."""
    declared = (*(_nowait(one, *targets) for one in world.declared), world.declared[0])
    return replace(world, name=f"{world.name}, nowait", declared=declared, sources=sources)


def finance() -> World:
    """Balances and budgets; the periods of budgets are rolled over too."""
    toml = _declaration("finance")
    accounts = {"account_balance": ACCOUNTS}
    both = {**accounts, "budget_consumption": BUDGETS}
    rejecting = toml.replace('guard = "ignore"', 'guard = "reject"')
    of_accounts = (_called("recompute_account_balance", ACCOUNTS),)
    of_both = (
        *of_accounts,
        _called("recompute_budget_consumption", BUDGETS),
        _called("recompute_budget_consumption", BUDGETS, DAYS, ("'2025-06-30'",)),
        _called("rollover_budgets", DAYS),
    )
    return World(
        "finance",
        _tables("finance") + _ROWS,
        (ACCOUNT, CATEGORY, BUDGET, BUDGET_CATEGORY, *(TRANSACTION,) * 4),
        (
            _declared(toml, both, of_both),
            _declared(_row_triggers(toml), both, of_both),
            _declared(rejecting, both, of_both),
            _declared(_without(toml, "budget_consumption"), accounts, of_accounts),
        ),
        truncated=("transaction", "budget_category", "transaction, budget_category", "category CASCADE"),
    )


def monthly() -> World:
    """Months and what is read out of them. Closed months keep their figures, and what changed since beside them."""
    open_toml = _declaration("monthly")
    # The timeline is what the file ends with.
    closing_toml = (
        open_toml + '  closing = { table = "account_month_closed", close = "close_month", reopen = "reopen_month" }\n'
    )
    months = ("'2025-04-01'", "'2025-05-01'", "'2025-06-01'")
    keys = {"account_month": tuple(f"{account}, {month}" for account in ACCOUNTS for month in months)}
    rebuilt = (_called("rebuild_monthly_balance", ("NULL", *ACCOUNTS), ("NULL", *months)),)
    closed = _declared(
        closing_toml,
        keys,
        (*rebuilt, _called("close_month", ("2025",), MONTHS), _called("reopen_month", ("2025",), MONTHS)),
    )
    view = _oracle("monthly_account_balance")
    for figure in ("actual", "projected"):
        view = view.replace(f"'{figure}', {figure}_balance", f"'{figure}', {figure}_balance + {figure}_adjustment")
    closed.oracles["monthly_account_balance"] = view
    more = ("monthly_account_balance",)
    return World(
        "monthly",
        _tables("finance") + _ROWS,
        (ACCOUNT, CATEGORY, *(TRANSACTION,) * 3),
        (
            closed,
            _declared(open_toml, keys, rebuilt, more),
            _declared(_row_triggers(open_toml), keys, rebuilt, more),
        ),
        truncated=("transaction", "account CASCADE"),
        settings={"pgcache.today": "2025-06-15"},
    )


def parties() -> World:
    """Debts of four kinds and drawers, each fed by several tables."""
    customers, vendors, employees, members, drawers = (uuids(first, 2) for first in (1, 11, 21, 31, 41))
    names = (("customers", customers), ("vendors", vendors), ("employees", employees), ("members", members))
    name = Column("name", ("'Ann'", "'Bob'"))
    balance, amount, gone = Column("balance", ("0", "7")), Column("amount", AMOUNTS), Column("deleted_at", GONE)
    held = [
        Table(table, Column("id", keys), (name, balance), conflict="id", past=("balance",)) for table, keys in names
    ]
    drawer = Table("cash_drawer_money", Column("id", drawers), (name, Column("amount", ("0", "7"))), past=("amount",))
    entries = (
        Table("sales", Column("id", uuids(101, 4)), (Column("customer_id", customers), Column("total", AMOUNTS), gone)),
        Table("purchases", Column("id", uuids(201, 4)), (Column("vendor_id", vendors), Column("total", AMOUNTS), gone)),
        Table("salaries", Column("id", uuids(301, 4)), (Column("employee_id", employees), amount, gone)),
        Table(
            "transactions",
            Column("id", uuids(401, 4)),
            (
                Column("member_id", members),
                Column("drawer_id", (*drawers, "NULL")),
                Column("flow_type", ("'income'", "'outcome'")),
                amount,
                gone,
            ),
            past=("amount", "deleted_at", "flow_type"),
        ),
        Table(
            "payments",
            Column("id", uuids(501, 6)),
            (
                Column("customer_id", (customers[0], "NULL", "NULL", "NULL")),
                Column("vendor_id", (vendors[0], "NULL", "NULL", "NULL")),
                Column("employee_id", (*employees, "NULL", "NULL")),
                Column("member_id", (members[0], "NULL", "NULL", "NULL")),
                Column("drawer_id", (*drawers, "NULL")),
                Column("direction", ("'in'", "'out'")),
                amount,
                gone,
            ),
            past=("amount", "direction"),
        ),
    )
    rows = "".join(
        f"\nINSERT INTO {table} (id, name) VALUES {', '.join(f'({key}, $$Ann$$)' for key in keys)};"
        for table, keys in (*names, ("cash_drawer_money", drawers))
    )
    toml = _declaration("parties")
    keys = {f"{table[:-1]}_balance": table_keys for table, table_keys in names} | {"cash_drawer_amount": drawers}
    return World(
        "parties",
        _tables("parties") + rows,
        (*held, drawer, *entries * 3),
        (_declared(toml, keys), _declared(_row_triggers(toml), keys)),
        truncated=("payments", "sales", "payments, transactions, salaries", "transactions, purchases"),
    )


_TURNS = """coalesce((SELECT a.next_transition - date '2000-01-01' FROM account_aging AS a
              WHERE a.account_id = account.id AND a.next_transition > today.day
                AND (turns IS NULL OR a.next_transition - date '2000-01-01' < turns)), turns)"""


def receivables() -> World:
    """What accounts owe, by age: computed anew for those that are marked or due, which is before the oracle looks."""
    visits, treatments, invoices, lines, payments = (uuids(first, 3) for first in (201, 301, 401, 501, 601))
    amount = Column("amount", ("0", "1", "2.50", "10", "40"))
    account, invoice = Column("account_id", ACCOUNTS), Column("invoice_id", invoices)
    maybe_invoice = Column("invoice_id", (*invoices, "NULL"))
    tables = (
        Table("account", Column("id", ACCOUNTS), (Column("name", ("'Ann'", "'Bob'")),), conflict="id"),
        Table("visit", Column("id", visits), (account, Column("date", DAYS)), conflict="id"),
        Table(
            "treatment",
            Column("id", treatments),
            (
                Column("visit_id", visits),
                amount,
                Column("billable", ("true", "true", "false")),
                Column("invoice_line_id", ("NULL", "NULL", *lines)),
            ),
            conflict="id",
            past=("amount", "billable"),
        ),
        Table(
            "invoice",
            Column("id", invoices),
            (
                account,
                Column("invoice_date", DAYS),
                Column("due_date", (*DAYS, "NULL")),
                Column("voided_at", ("NULL", "NULL", "NULL", "'2025-06-02 10:00+00'")),
            ),
            conflict="id",
            past=("due_date", "voided_at"),
        ),
        Table("invoice_line", Column("id", lines), (invoice, amount), conflict="id", past=("amount",)),
        Table(
            "payment",
            Column("id", payments),
            (account, maybe_invoice, Column("kind", ("'payment'", "'payment'", "'refund'")), amount),
            conflict="id",
            past=("amount", "kind"),
        ),
    )
    rows = f"""
INSERT INTO account (id, name) VALUES ({ACCOUNTS[0]}, 'Ann'), ({ACCOUNTS[1]}, 'Bob');
INSERT INTO visit VALUES ({visits[0]}, {ACCOUNTS[0]}, '2025-05-01'), ({visits[1]}, {ACCOUNTS[1]}, '2025-06-01');
INSERT INTO invoice VALUES ({invoices[0]}, {ACCOUNTS[0]}, '2025-05-01', '2025-05-15', NULL);
INSERT INTO invoice_line VALUES ({lines[0]}, {invoices[0]}, NULL, 40);
INSERT INTO treatment (id, visit_id, amount) VALUES ({treatments[0]}, {visits[1]}, 10);"""
    query = resources.path("sql", "presets", "receivables", "account_aging.sql")
    toml = _declaration("receivables").replace('"account_aging.sql"', f'"{query}"')
    keys = {"account_aging": ACCOUNTS}
    # Days pass, also within a transaction that is rolled back, and none comes again.
    later = "SELECT set_config('pgcache.today', (current_setting('pgcache.today')::date + {})::text, false)"
    of_day = (st.sampled_from((1, 15, 31)).map(later.format),)
    refreshed = ("SELECT pgcache.refresh('account_aging')",)
    declared = (_declared(toml, keys, of_day), _declared(_row_triggers(toml), keys, of_day))
    for one in declared:
        # A row that was written past all triggers may come due too early, which it then makes good by itself.
        one.oracles["account_aging"] = one.oracles["account_aging"].replace(
            "turns)) AS figure", f"{_TURNS})) AS figure"
        )
    return World(
        "receivables",
        _tables("receivables") + rows,
        tables,
        tuple(replace(one, reads=refreshed) for one in declared),
        truncated=("payment", "treatment", "invoice_line CASCADE", "payment, treatment", "visit CASCADE"),
        settings={"pgcache.today": "2025-06-15"},
    )


WORLDS = (
    finance(),
    monthly(),
    parties(),
    receivables(),
    without_waiting(finance(), "account", "budget", sources=("transaction",)),
    without_waiting(monthly(), "account_month", sources=("transaction",)),
    without_waiting(
        parties(),
        *("customers", "vendors", "employees", "members", "cash_drawer_money"),
        sources=("sales", "purchases", "salaries", "transactions", "payments"),
    ),
)

PRESETS = {world.name: world for world in WORLDS}
