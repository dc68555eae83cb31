"""Why there is no connection, in one line, without the password."""

from __future__ import annotations

import socket
import struct
import threading
from pathlib import Path

import pytest

from pgcache.connection import connect
from pgcache.errors import PgcacheError

NAME_ANOTHER = "name another with --dsn, PGCACHE_DSN or the PG* variables"
START = f"start the server, or {NAME_ANOTHER}"
HOW_TO_WRITE = 'write "host=... port=... dbname=... user=..." or postgresql://user@host:port/dbname'
ESCAPE = "the password holds an @ or a /, which must be written %40 and %2F"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in ("SERVICE", "HOST", "HOSTADDR", "PORT", "DATABASE", "USER", "PASSWORD", "APPNAME", "OPTIONS"):
        monkeypatch.delenv(f"PG{name}", raising=False)
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "pg_service.conf"))
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))


def failure(dsn: str | None) -> str:
    with pytest.raises(PgcacheError) as caught:
        connect(dsn)
    assert caught.value.exit_code == 1
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert "secret" not in message
    return message


@pytest.mark.parametrize(
    ("dsn", "problem"),
    [
        ("secret", "missing '=' after ..."),
        ("dbname='secret", "unterminated quoted string in connection info string"),
        ("hots=secret", 'it has an unknown setting, did you mean "host"?'),
        ("zzzz=secret", "it has an unknown setting"),
        ("password=my1 2my.secret=1", "it has an unknown setting"),
        ("postgresql://u:sec ret@host/db", "unexpected spaces found in ..."),
        ("postgresql://u:%zzsecret@host/db", "invalid percent-encoded token: ..."),
        (
            "postgresql://u:s@secret@host/db",
            "the password holds an @ or a /, which must be written %40 and %2F",
        ),
        (
            "postgres://u:s/secret@host/db",
            "the password holds an @ or a /, which must be written %40 and %2F",
        ),
        ("host=secret\udc80", "it is not UTF-8"),
    ],
)
def test_a_connection_string_that_is_not_valid(dsn: str, problem: str) -> None:
    assert failure(dsn) == f"the connection string is not valid: {problem}; {HOW_TO_WRITE}"


@pytest.mark.parametrize(
    ("dsn", "where", "why"),
    [
        ("host=/none", "host=/none port=5432", f"No such file or directory; {START}"),
        ("host=/none,/nada", "host=/none,/nada port=5432", f"No such file or directory; {START}"),
        (
            "host=/none port=99999",
            "host=/none port=99999",
            'invalid port number: "99999"; check these settings',
        ),
        (
            "host=/none connect_timeout=soon",
            "host=/none port=5432",
            "bad value for connect_timeout: 'soon'; check these settings",
        ),
    ],
)
def test_no_server(dsn: str, where: str, why: str) -> None:
    message = failure(f"{dsn} dbname=d user=u password=secret")
    assert message == f"cannot connect to {where} dbname=d user=u: {why}"


def test_a_uri() -> None:
    message = failure("postgresql://u%40h:se%2Fsecret@%2Fnone:7/d?connect_timeout=5")
    assert message == f"cannot connect to host=/none port=7 dbname=d user=u@h: No such file or directory; {START}"


def test_nobody_listens() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        where = f"host=127.0.0.1 port={port} dbname=d user=u"
        assert failure(where) == f"cannot connect to {where}: Connection refused; {START}"


def test_no_dsn_leaves_everything_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "HOST": "/nonexistent",
        "PORT": "7",
        "DATABASE": "d",
        "USER": "u",
        "PASSWORD": "secret",
    }.items():
        monkeypatch.setenv(f"PG{name}", value)
    for dsn in (None, ""):
        assert failure(dsn).startswith("cannot connect to host=/nonexistent port=7 dbname=d user=u: No such file")
    assert failure("dbname=e").startswith("cannot connect to host=/nonexistent port=7 dbname=e user=u: No such file")


def test_a_service_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "pg_service.conf").write_text("[books]\nhost=/nonexistent\ndbname=d\nuser=u\npassword=secret\n")
    assert failure("service=books").startswith("cannot connect to host=/nonexistent port=5432 dbname=d user=u: No such")
    assert failure("service=boooks user=u") == (
        'cannot connect to port=5432 user=u: definition of service "boooks" not found; '
        "correct the name, or add it to ~/.pg_service.conf or PGSERVICEFILE"
    )


class FakeServer:
    """Speaks just enough of PostgreSQL's protocol to answer one connection as told."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(30)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.startup = b""
        self.where = f"host=127.0.0.1 port={self._listener.getsockname()[1]} dbname=d user=u"
        self.dsn = f"{self.where} password=secret sslmode=disable gssencmode=disable"

    def __enter__(self) -> FakeServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client:
            self.startup = client.recv(4096)
            for answer in self._answers:
                client.sendall(answer)
                client.recv(4096)


def packet(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


@pytest.mark.parametrize(
    ("code", "text", "way_out"),
    [
        (
            "28P01",
            'password authentication failed for user "u"',
            "give the user's password in ~/.pgpass or PGPASSWORD",
        ),
        (
            "28000",
            'Peer authentication failed for user "u"',
            "connect as the system user of that name, or by password over TCP",
        ),
        (
            "28000",
            'no pg_hba.conf entry for host "1.2.3.4", user "u"',
            "let the server's pg_hba.conf accept this user, database and address",
        ),
        ("3D000", 'database "d" does not exist', f"create it with createdb, or {NAME_ANOTHER}"),
        ("28000", 'role "u" does not exist', f"create it with createuser, or {NAME_ANOTHER}"),
        ("57P03", "the database system is starting up", "try again in a while"),
        ("53300", "sorry, too many clients already", "try again in a while"),
        ("XX000", "something else", "check these settings"),
    ],
)
def test_the_server_refuses(code: str, text: str, way_out: str) -> None:
    password_please = packet(b"R", struct.pack("!i", 3))
    refusal = packet(b"E", f"SFATAL\0VFATAL\0C{code}\0M{text}\nand more\0\0".encode())
    with FakeServer(password_please, refusal) as server:
        assert failure(server.dsn) == f"cannot connect to {server.where}: {text}; {way_out}"


def test_a_server_that_is_too_old() -> None:
    greeting = [
        packet(b"R", struct.pack("!i", 0)),
        packet(b"S", b"server_version\x0013.14 (Debian)\0"),
        packet(b"S", b"client_encoding\0UTF8\0"),
        packet(b"S", b"standard_conforming_strings\0on\0"),
        packet(b"K", struct.pack("!ii", 1, 1)),
        packet(b"Z", b"I"),
    ]
    with FakeServer(b"".join(greeting)) as server:
        message = failure(server.dsn)
    assert message == (
        f"the server at {server.where} is PostgreSQL 13.14 (Debian), and pgcache needs 14 or later; "
        f"upgrade it, or {NAME_ANOTHER}"
    )
    assert b"client_encoding\0UTF8\0" in server.startup
    assert b"application_name\0pgcache\0" in server.startup
