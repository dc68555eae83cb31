"""How a pace becomes a line of cron, and how words are quoted for each scheduler."""

from __future__ import annotations

import shlex
from datetime import timedelta

import pytest
import yaml

from pgcache.schedule import Job
from pgcache.schedulers import crontab, kubernetes, pg_cron, systemd

HOSTILE = "a \"b\" 'c' 100% $HOME \\d;e"


def job(pace: timedelta | None, name: str = "x") -> Job:
    return Job("refresh", ("refresh", "--cache", name), {name: "SELECT 1"}, pace)


@pytest.mark.parametrize(
    ("pace", "cron"),
    [
        (timedelta(seconds=1), "* * * * *"),
        (timedelta(seconds=90), "* * * * *"),
        (timedelta(minutes=2), "*/2 * * * *"),
        (timedelta(minutes=7), "*/6 * * * *"),
        (timedelta(minutes=59), "*/30 * * * *"),
        (timedelta(hours=1), "5 * * * *"),
        (timedelta(hours=5), "5 */4 * * *"),
        (timedelta(hours=23), "5 */12 * * *"),
        (timedelta(days=1), "5 0 * * *"),
        (timedelta(days=9), "5 0 * * *"),
        (None, "40 3 * * *"),
    ],
)
def test_cron_is_never_slower_than_the_pace_nor_uneven(pace: timedelta | None, cron: str) -> None:
    assert job(pace).cron == cron


def test_less_than_a_minute_is_for_pg_cron_and_systemd() -> None:
    often = [job(timedelta(seconds=15))]
    assert "'15 seconds'" in pg_cron(often, "books")
    assert "\nOnUnitActiveSec=15s\n" in systemd(often, ["pgcache"], "")["pgcache-refresh.timer"]


def test_words_stay_what_they_are() -> None:
    hostile = [job(timedelta(minutes=1), HOSTILE)]
    line = crontab(hostile, ["/a b/pgcache"], "dbname=x").splitlines()[-1]
    assert "%" not in line.replace(r"\%", "")
    words = shlex.split(line.removeprefix("* * * * *").replace(r"\%", "%"))
    assert words == ["/a b/pgcache", "refresh", "--cache", HOSTILE, ">", "/dev/null"]
    unit = systemd(hostile, ["/a b/pgcache"], "dbname=x")["pgcache-refresh.service"]
    escaped = r'"a \"b\" ' + "'c'" + r' 100%% $$HOME \\d;e"'
    assert f'ExecStart="/a b/pgcache" refresh --cache {escaped}\n' in unit
    (found,) = yaml.safe_load_all(kubernetes(hostile, "i"))
    (container,) = found["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["pgcache", "refresh", "--cache", HOSTILE]


def test_a_database_in_quotes() -> None:
    assert "\nPGCACHE_DSN=\"dbname='a b'\"\n" in crontab([], [], "dbname='a b'")
    assert "\nPGCACHE_DSN='dbname=\"'\n" in crontab([], [], 'dbname="')
