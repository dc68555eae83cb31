"""What the documents show is what happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.examples import Examples, blocks
from tests.support import client

CHECKOUT = Path(__file__).parents[2]
DOCUMENTS = {
    str(path.relative_to(CHECKOUT)): path.read_text(encoding="utf-8")
    for path in [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
}
WITH_EXAMPLES = [name for name, text in DOCUMENTS.items() if any(block.runnable for block in blocks(text))]


@pytest.fixture
def examples(roles: None, dsn: str, tmp_path: Path) -> Examples:
    return Examples(tmp_path, dsn)


@pytest.mark.parametrize("document", WITH_EXAMPLES)
def test_they_do_what_the_document_says(examples: Examples, document: str) -> None:
    if "\npg_dump " in DOCUMENTS[document]:
        client("pg_dump", as_new=True)
    examples.run(DOCUMENTS[document])


def test_readme_and_all_howtos_have_examples() -> None:
    howtos = {name for name in DOCUMENTS if name.startswith("docs/howto/")}
    assert {"README.md", *howtos} <= set(WITH_EXAMPLES)


@pytest.mark.parametrize(
    "document",
    [
        "```sh\nfalse\n```",
        "```sh\nfalse\ntrue\n```",
        "```sql\nSELECT 1/0;\n```",
        "```sql\nSELECT 1/0;\nSELECT 1;\n```",
        "```sql\nSELECT 1 AS n;\n```\n\n```text\n n\n---\n 2\n(1 row)\n```",
        "```console\n$ echo one\ntwo\n```",
        "```console\n$ echo one\n```",
        "```console\n$ echo one\none\n$ false\n```",
        "```console\n$ (exit 3)\n$ echo $?\n2\n```",
        "```console\nno command\n```",
    ],
)
def test_a_document_that_is_wrong_fails(examples: Examples, document: str) -> None:
    with pytest.raises(AssertionError):
        examples.run(document)


def test_a_document_that_is_right_passes(examples: Examples) -> None:
    examples.run(
        "```csv numbers.csv\n1\n2\n```\n"
        "```sql\nCREATE TABLE number (n int);\n\\copy number FROM 'numbers.csv'\nSELECT * FROM number;\n```\n\n"
        "```text\n n\n---\n 1\n 2\n(2 rows)\n```\n"
        "```sh skip\nfalse\n```\n"
        "```console\n$ cat numbers.csv\n1\n...\n$ (exit 3)\n$ echo $?\n3\n```\n"
    )
