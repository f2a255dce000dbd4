"""Each format's small file becomes exactly the facts written down beside it.

Files of venues are made by hand, after the venue's published documentation of what it answers or
exports where no sample was at hand: the ledgers, bills, income, transfers, accounts and balances,
Bybit's and Coinbase's transactions, BitMEX's wallet, KuCoin Futures' funding, Kraken Futures'
orders and log, Interactive Brokers' cash and positions, NautilusTrader's orders. Of
ccxt-orders the first two are public test fixtures of ccxt/ccxt.

To accept a change: `python -m tests.ingest.test_golden` writes the .facts files; read the diff.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runner.ingest.formats import formats
from runner.ingest.shapes import SHAPES
from runner.ingest.shapes.stated import Extent
from runner.money import to_text
from tests.ingest.conftest import GOLDEN, NOW, VENUES, Ledger

STAMPS = ("recorded_at", "batch_id", "source_row")
APART = ("ledger_", "raw_blocks")  # test_raw_rows.py reads these
# test_retry.py reads by these
READ_AS = (
    "reader", "header", "given_account", "given_venue", "given_start", "given_end", "given_scope"
)  # fmt: skip

FOLDERS = (GOLDEN, *sorted(VENUES.iterdir()))


def in_order(*folders: Path) -> list[Path]:
    """The inputs of folders, each after what it points to."""
    known, order = formats(), list(SHAPES)
    inputs = [p for folder in folders for p in folder.iterdir() if p.suffix != ".facts"]
    return sorted(inputs, key=lambda p: (order.index(known[p.stem].shape), p.name))


def describe(ledger: Ledger, batch_id: int | None) -> list[str]:
    """A batch's facts, a line each, as JSON with the exact text of every value."""
    lines = []
    for name, relation in sorted(ledger.engine.relations().items()):
        columns = [c.name for c in relation.columns if c.name not in (*STAMPS, *READ_AS)]
        if "batch_id" not in {c.name for c in relation.columns} or name.startswith(APART):
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


def load_all(ledger: Ledger, folder: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    known = formats()
    for path in in_order(folder):
        stated = {"extent": Extent(end=NOW)} if known[path.stem].shapes == ("balance",) else {}
        report = ledger.load_file(path.stem, path, **stated)
        found[path.stem] = describe(ledger, report.batch_id)
        again = ledger.load_file(path.stem, path, **stated)
        assert again.batch_id is None, f"{path.name} appended something twice"
        assert again.duplicates + again.quarantined == again.read
    return found


def test_every_format_has_a_golden_file() -> None:
    assert {p.stem for p in in_order(*FOLDERS)} == set(formats())


Loaded = dict[str, tuple[Ledger, dict[str, list[str]]]]


def test_files_become_exactly_these_facts(golden_ledgers: Loaded, engine_name: str) -> None:
    _assert_facts(golden_ledgers[engine_name][1], GOLDEN)


def test_engines_have_the_same_hashes(golden_ledgers: Loaded) -> None:
    chains = [_chain(ledger) for ledger, _ in golden_ledgers.values()]
    assert len(chains[0]) == len(in_order(GOLDEN))
    assert chains[0] == chains[1]


@pytest.mark.parametrize("folder", FOLDERS[1:], ids=lambda folder: folder.name)
def test_a_venues_files(open_copy: Callable[[str], Ledger], folder: Path) -> None:
    """A venue's files in a ledger of their own, as venues call different things the same."""
    chains = []
    for engine_name in ("duckdb", "sqlite"):
        ledger = open_copy(engine_name)
        _assert_facts(load_all(ledger, folder), folder)
        chains.append(_chain(ledger))
    assert chains[0] == chains[1]


def _assert_facts(made: dict[str, list[str]], folder: Path) -> None:
    for path in in_order(folder):
        expected = path.with_suffix(".facts").read_text(encoding="utf-8").splitlines()
        assert made[path.stem] == expected, f"facts of {path.stem} changed"


def _chain(ledger: Ledger) -> list[tuple[Any, ...]]:
    return ledger.rows("select batch_id, chain_hash from ledger_batches order by 1")


@pytest.mark.parametrize("name", sorted(formats()))
def test_description(name: str) -> None:
    form = formats()[name]
    assert form.description.endswith("."), "a format's first comment is a sentence"
    assert not set(form.columns) & set(form.optional)


if __name__ == "__main__":
    import tempfile

    from runner.config import load_config
    from tests.ingest.conftest import ROOT, new_ledger

    for golden in FOLDERS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            engine = new_ledger("duckdb", folder / "l.duckdb")
            made = load_all(Ledger(engine, load_config(ROOT), folder), golden)
            for path in in_order(golden):
                lines = "\n".join(made[path.stem])
                path.with_suffix(".facts").write_text(f"{lines}\n", encoding="utf-8")
            engine.close()
