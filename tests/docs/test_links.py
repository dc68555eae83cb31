"""Every link within the documentation leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.test_examples import CHECKOUT, DOCUMENTS

LINK = re.compile(r"\[[^\]]*\]\((?P<file>[^)#:\s]*)(?:#(?P<anchor>[^)]+))?\)")


def anchors(document: str) -> set[str]:
    """The anchors of its headings, as GitHub makes them."""
    outside = re.sub(r"^```.*?^```$", "", document, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", outside, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(name: str, text: str) -> list[str]:
    """The links of a document that lead nowhere."""
    return [link[0] for link in LINK.finditer(text) if not leads_somewhere(link, CHECKOUT / name, text)]


def leads_somewhere(link: re.Match[str], document: Path, text: str) -> bool:
    if link["file"]:
        document = document.parent / link["file"]
        if not link["anchor"] or not document.exists():
            return document.exists()
        text = document.read_text(encoding="utf-8")
    return link["anchor"] in anchors(text)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    assert broken(document, DOCUMENTS[document]) == []


def test_broken_links_are_found() -> None:
    text = "# A heading\n[a](README.md) [b](#a-heading) [c](#b-heading) [d](nowhere.md) [e](README.md#nothing)"
    assert broken("README.md", text) == ["[c](#b-heading)", "[d](nowhere.md)", "[e](README.md#nothing)"]
