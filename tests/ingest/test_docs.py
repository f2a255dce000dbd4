"""docs/ingest.md names every reason a row can be refused for, and every kind of id."""

from __future__ import annotations

import re

from runner.ingest.formats import formats
from runner.ingest.functions import NAMESPACE
from runner.ingest.shapes import SHAPES
from tests.ingest.conftest import ROOT

PAGE = (ROOT / "docs" / "ingest.md").read_text(encoding="utf-8")


def test_every_reason_is_documented() -> None:
    codes = {rule.code for shape in SHAPES.values() for rule in shape.rules}
    codes |= {ref.code for shape in SHAPES.values() for ref in shape.references}
    codes |= {f"{column}_taken" for shape in SHAPES.values() for column in shape.unique}
    for source in ("problems", "readers/csv", "readers/json", "companions"):
        text = (ROOT / "runner" / "ingest" / f"{source}.py").read_text(encoding="utf-8")
        codes |= set(re.findall(r"\"((?:not|too|unknown|binary)_\w+|missing)\"", text))
        codes |= set(re.findall(r"'((?:not|wrong|contradicts)_\w+)[ ']", text))
    assert len(codes) > 35
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()


def test_every_id_is_documented() -> None:
    assert str(NAMESPACE) in PAGE
    for shape in SHAPES.values():
        for sql in shape.columns.values():
            for kind in re.findall(r"ingest_uuid5\('(\w+)\|", sql):
                assert f"{kind}\\|" in PAGE, kind


def test_every_format_of_balances_is_documented() -> None:
    page = (ROOT / "docs" / "reconciliation.md").read_text(encoding="utf-8")
    named = [name for name, form in formats().items() if "balance" in form.shapes]
    assert len(named) > 8
    assert [name for name in named if f"`{name}`" not in page] == []
