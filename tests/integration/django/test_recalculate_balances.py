"""manage.py recalculate_balances: what it prints, writes and exits with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.django.project import SQLITE, Project, database
from tests.integration.parties.bakery import START, Bakery

EXACT = """\
cash_drawer_amount: 2 checked, 0 drifted, 0 over the threshold, 0 corrected, 0 pending review
customer_balance: 2 checked, 0 drifted, 0 over the threshold, 0 corrected, 0 pending review
employee_balance: 2 checked, 0 drifted, 0 over the threshold, 0 corrected, 0 pending review
member_balance: 2 checked, 0 drifted, 0 over the threshold, 0 corrected, 0 pending review
vendor_balance: 2 checked, 0 drifted, 0 over the threshold, 0 corrected, 0 pending review
"""


@pytest.fixture
def wrong(bakery: Bakery) -> Bakery:
    """The bakery, where two customers and a drawer are wrong."""
    bakery.corrupt("UPDATE customers SET balance = 54.5 WHERE id = %(aurora)s")
    bakery.corrupt("UPDATE customers SET balance = 32 WHERE id = %(central)s")
    bakery.corrupt("UPDATE cash_drawer_money SET amount = 0 WHERE id = %(till)s")
    return bakery


def customers(bakery: Bakery, status: str) -> str:
    """What is printed of the two wrong customers."""
    return (
        f"customer_balance id={bakery.ids['aurora']}: balance cached 54.50, computed 55.00, drift 0.50 ({status})\n"
        f"customer_balance id={bakery.ids['central']}: balance cached 32.00, computed 30.00, drift -2.00 ({status})\n"
    )


def drawer(bakery: Bakery, status: str) -> str:
    """What is printed of the wrong drawer."""
    return f"cash_drawer_amount id={bakery.ids['till']}: amount cached 0.00, computed 120.00, drift 120.00 ({status})\n"


def logged(bakery: Bakery) -> list[tuple[str, str]]:
    """Whose drift pgcache.drift tells of, and what became of it."""
    names = {str(key): name for name, key in bakery.ids.items()}
    rows = bakery.conn.execute("SELECT key ->> 'id', status FROM pgcache.drift").fetchall()
    return sorted((names[key], status) for key, status in rows)


@pytest.mark.parametrize("arguments", [("--all",), ()], ids=["--all", "nothing"])
def test_exact_caches(project: Project, bakery: Bakery, arguments: tuple[str, ...]) -> None:
    outcome = project.manage("recalculate_balances", *arguments)
    assert (outcome.stdout, outcome.stderr) == (EXACT, "")


def test_all(project: Project, wrong: Bakery) -> None:
    outcome = project.manage("recalculate_balances", "--all", code=3)
    lines = outcome.stdout.splitlines(keepends=True)
    assert "".join(lines[:3]) == drawer(wrong, "corrected") + customers(wrong, "corrected")
    assert lines[3:5] == [
        "cash_drawer_amount: 2 checked, 1 drifted, 1 over the threshold, 1 corrected, 0 pending review\n",
        "customer_balance: 2 checked, 2 drifted, 2 over the threshold, 2 corrected, 0 pending review\n",
    ]
    assert outcome.stderr == "CommandError: drift over the threshold in cash_drawer_amount, customer_balance\n"
    assert logged(wrong) == [("aurora", "corrected"), ("central", "corrected"), ("till", "corrected")]
    wrong.expect()
    assert project.manage("recalculate_balances", "--all").stdout == EXACT


def test_one_model(project: Project, wrong: Bakery) -> None:
    outcome = project.manage("recalculate_balances", "--model=customers", code=3)
    assert outcome.stdout == customers(wrong, "corrected") + (
        "customer_balance: 2 checked, 2 drifted, 2 over the threshold, 2 corrected, 0 pending review\n"
    )
    assert wrong.found() == {**START, "till": 0}
    assert logged(wrong) == [("aurora", "corrected"), ("central", "corrected")]


def test_several_models(project: Project, wrong: Bakery) -> None:
    project.manage("recalculate_balances", "--model=customers", "--model", "cash_drawer_money", code=3)
    wrong.expect()


def test_up_to_the_threshold_it_corrects_without_alarm(project: Project, wrong: Bakery) -> None:
    outcome = project.manage("recalculate_balances", "--model=customers", "--threshold=2.00")
    assert outcome.stdout.startswith(customers(wrong, "corrected"))
    assert outcome.stdout.endswith("2 drifted, 0 over the threshold, 2 corrected, 0 pending review\n")
    assert outcome.stderr == ""


@pytest.mark.parametrize(("action", "status"), [("review", "pending_review"), ("alert", "alerted")])
def test_an_action_that_corrects_nothing(project: Project, wrong: Bakery, action: str, status: str) -> None:
    before = wrong.found()
    outcome = project.manage("recalculate_balances", "--model=customers", "--action", action, code=3)
    assert outcome.stdout.startswith(customers(wrong, status.replace("_", " ")))
    assert wrong.found() == before
    assert logged(wrong) == [("aurora", status), ("central", status)]


def test_a_dry_run_writes_nothing(project: Project, wrong: Bakery) -> None:
    before = wrong.found()
    runs = wrong.value("SELECT count(*) FROM pgcache.run")
    outcome = project.manage("recalculate_balances", "--dry-run", "--model=customers", code=3)
    assert outcome.stdout.startswith(customers(wrong, "found"))
    assert outcome.stdout.endswith("2 drifted, 2 over the threshold, 0 corrected, 0 pending review\n")
    assert wrong.found() == before
    assert logged(wrong) == []
    assert wrong.value("SELECT count(*) FROM pgcache.run") == runs
    assert project.manage("recalculate_balances", "--dry-run", "--model=customers", "--threshold=2").stderr == ""


def test_another_database(project: Project, wrong: Bakery, parties_dsn: str) -> None:
    elsewhere = replace(project, databases={"default": SQLITE, "books": database(parties_dsn)})
    outcome = elsewhere.manage("recalculate_balances", code=1)
    assert outcome.stderr == ("CommandError: database 'default' is SQLite; name a PostgreSQL one with --database\n")
    elsewhere.manage("recalculate_balances", "--database=books", code=3)
    wrong.expect()


def test_it_commits_where_the_project_leaves_commits_to_itself(
    project: Project, wrong: Bakery, parties_dsn: str
) -> None:
    by_hand = replace(project, databases={"default": database(parties_dsn, AUTOCOMMIT=False)})
    by_hand.manage("recalculate_balances", code=3)
    wrong.expect()


def test_within_a_transaction_it_is_part_of_it(project: Project, wrong: Bakery) -> None:
    """As in a TestCase: what was not committed is looked at, and what was corrected goes when that rolls back."""
    before = wrong.found()
    printed = project.run("""
with transaction.atomic():
    aurora = Customer.objects.get(name="Hotel Aurora")
    Sale.objects.create(customer=aurora, total=6)
    try:
        call_command("recalculate_balances", models=["customers"], stdout=sys.stdout)
    except CommandError as error:
        assert error.returncode == 3
    aurora.refresh_from_db()
    assert aurora.balance == 61, aurora.balance
    transaction.set_rollback(True)
""")
    assert "balance cached 60.50, computed 61.00, drift 0.50 (corrected)" in printed
    assert wrong.found() == before
    assert logged(wrong) == []


WRONG_USAGE = {
    "--model=customers --all": "argument --all: not allowed with argument --model",
    "--threshold=-1": "'-1' is not an amount of 0 or more, such as 0.50",
    "--threshold=NaN": "'NaN' is not an amount of 0 or more, such as 0.50",
    "--action=ignore": "argument --action: invalid choice: 'ignore'",
    "--database=books": "argument --database: invalid choice: 'books'",
}


@pytest.mark.parametrize(("arguments", "message"), WRONG_USAGE.items())
def test_wrong_usage(project: Project, wrong: Bakery, arguments: str, message: str) -> None:
    before = wrong.found()
    assert message in project.manage("recalculate_balances", *arguments.split(), code=2).stderr
    assert wrong.found() == before


def test_an_unknown_model(project: Project, bakery: Bakery) -> None:
    outcome = project.manage("recalculate_balances", "--model=suppliers", code=1)
    assert outcome.stderr.startswith("CommandError: no cache has the target 'suppliers' (targets: ")
    assert outcome.stderr.count("\n") == 1


def test_a_database_without_pgcache(project_directory: Path, dsn: str) -> None:
    outcome = Project(project_directory, {"default": database(dsn)}).manage("recalculate_balances", code=1)
    assert outcome.stderr.startswith("CommandError: pgcache is not installed in database ")
    assert outcome.stderr.count("\n") == 1


def test_no_server(project_directory: Path, tmp_path: Path) -> None:
    nowhere = database(f"host={tmp_path} dbname=books")
    outcome = Project(project_directory, {"default": nowhere}).manage("recalculate_balances", code=1)
    assert outcome.stderr.startswith("CommandError: cannot connect to database 'default': ")
    assert outcome.stderr.count("\n") == 1


def test_a_role_without_the_privilege(project: Project, bakery: Bakery) -> None:
    project.databases["default"]["OPTIONS"]["assume_role"] = "pg_monitor"
    outcome = project.manage("recalculate_balances", code=1)
    assert outcome.stderr.startswith("CommandError: permission denied for schema pgcache; role pg_monitor lacks USAGE")
    assert outcome.stderr.count("\n") == 1


def test_a_lock_that_is_not_granted(project: Project, wrong: Bakery) -> None:
    """What the database refuses is told in one line, as the command line of pgcache does."""
    project.databases["default"]["OPTIONS"]["options"] = "-c lock_timeout=10ms"
    with wrong.conn.transaction():
        wrong.run("SELECT FROM customers FOR UPDATE")
        outcome = project.manage("recalculate_balances", "--model=customers", code=1)
    assert outcome.stderr.startswith("CommandError: canceling statement due to lock timeout; another transaction ")
    assert outcome.stderr.count("\n") == 1


def test_it_explains_itself(project_directory: Path) -> None:
    help_ = Project(project_directory, {"default": SQLITE}).manage("help", "recalculate_balances").stdout
    for option in ("--model TABLE", "--all", "--threshold X", "--action {correct,review,alert}", "--dry-run"):
        assert option in help_
    assert "Exit code 3" in help_
