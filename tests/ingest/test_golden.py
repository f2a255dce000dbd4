"""Each format's small file becomes exactly the facts written down beside it.

To accept a change: `python -m tests.ingest.test_golden` writes the .facts files; read the diff.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runner.ingest.formats import formats
from runner.ingest.shapes import SHAPES
from runner.money import to_text
from tests.ingest.conftest import GOLDEN, VENUES, Ledger

STAMPS = ("recorded_at", "batch_id")


def in_order() -> list[Path]:
    """Golden inputs, each after what it points to."""
    known, order = formats(), list(SHAPES)
    folders = (GOLDEN, *sorted(VENUES.iterdir()))
    inputs = [p for f in folders for p in f.iterdir() if p.suffix != ".facts"]
    return sorted(inputs, key=lambda p: (order.index(known[p.stem].shape), p.name))


def describe(ledger: Ledger, batch_id: int | None) -> list[str]:
    """A batch's facts, a line each, as JSON with the exact text of every value."""
    lines = []
    for name, relation in sorted(ledger.engine.relations().items()):
        columns = [c.name for c in relation.columns if c.name not in STAMPS]
        if "batch_id" not in {c.name for c in relation.columns} or name.startswith("ledger_"):
            continue
        sql = f"select {', '.join(columns)} from {name} where batch_id = {batch_id}"
        # counted from the batch's first, so that a format more does not renumber the others
        sql = sql.replace("sequence_number", "dense_rank() over (order by sequence_number)", 1)
        for row in ledger.rows(sql):
            values = {c: _shown(v) for c, v in zip(columns, row, strict=True) if v is not None}
            lines.append(json.dumps({"table": name, **values}, ensure_ascii=False))
    return sorted(lines)


def _shown(value: Any) -> Any:
    if isinstance(value, Decimal):
        return to_text(value)
    return value if isinstance(value, bool) else str(value)


def load_all(ledger: Ledger) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in in_order():
        report = ledger.load_file(path.stem, path)
        found[path.stem] = describe(ledger, report.batch_id)
        again = ledger.load_file(path.stem, path)
        assert again.batch_id is None, f"{path.name} appended something twice"
        assert again.duplicates + again.quarantined == again.read
    return found


def test_every_format_has_a_golden_file() -> None:
    assert {p.stem for p in in_order()} == set(formats())


Loaded = dict[str, tuple[Ledger, dict[str, list[str]]]]


def test_files_become_exactly_these_facts(golden_ledgers: Loaded, engine_name: str) -> None:
    made = golden_ledgers[engine_name][1]
    for path in in_order():
        expected = path.with_suffix(".facts").read_text(encoding="utf-8").splitlines()
        assert made[path.stem] == expected, f"facts of {path.stem} changed"


def test_engines_have_the_same_hashes(golden_ledgers: Loaded) -> None:
    chains = [
        ledger.rows("select batch_id, chain_hash from ledger_batches order by 1")
        for ledger, _ in golden_ledgers.values()
    ]
    assert len(chains[0]) == len(formats())
    assert chains[0] == chains[1]


@pytest.mark.parametrize("name", sorted(formats()))
def test_description(name: str) -> None:
    form = formats()[name]
    assert form.description.endswith("."), "a format's first comment is a sentence"
    assert not set(form.columns) & set(form.optional)


if __name__ == "__main__":
    import tempfile

    from runner.config import load_config
    from tests.ingest.conftest import ROOT, new_ledger

    with tempfile.TemporaryDirectory() as folder:
        fresh = Ledger(
            new_ledger("duckdb", Path(folder) / "l.duckdb"), load_config(ROOT), Path(folder)
        )
        made = load_all(fresh)
        for path in in_order():
            lines = "\n".join(made[path.stem])
            path.with_suffix(".facts").write_text(f"{lines}\n", encoding="utf-8")
        fresh.engine.close()
