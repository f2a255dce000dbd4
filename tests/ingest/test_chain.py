"""The hash chain, recomputed here in plain Python from the tables, as docs/ledger.md says."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from runner.ingest import chain
from runner.ingest.facts import fact_tables
from tests.ingest.conftest import GOLDEN, NOW, Ledger
from tests.ingest.test_golden import Loaded

EPOCH = datetime(1970, 1, 1)


def encode(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, Decimal):
        return f"{value:.12f}"
    if isinstance(value, datetime):
        delta = value - EPOCH
        return str(delta.days * 86_400_000_000 + delta.seconds * 1_000_000 + delta.microseconds)
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def recompute(ledger: Ledger) -> list[str]:
    """Each batch's chain_hash, from the facts alone."""
    facts = fact_tables(ledger.engine, ledger.config.migration_path)
    found, previous = [], None
    for batch in ledger.rows(
        "select batch_id, kind, source, format, schema_version, recorded_at "
        "from ledger_batches order by batch_id"
    ):
        batch_id, kind, source, form, version, recorded_at = batch
        lines, total = [], 0
        for table in sorted(facts.values(), key=lambda t: t.name):
            if table.name.startswith("ledger_"):
                continue
            names = [c.name for c in table.columns]
            rows = ledger.rows(
                f"select {', '.join(names)} from {table.name} where batch_id = {batch_id}"
            )
            if rows:
                at = [names.index(k) for k in table.key]
                rows.sort(key=lambda row: [str(row[i]).encode() for i in at])
                texts = ["\t".join(encode(v) for v in row) for row in rows]
                blocks = [
                    sha256("\n".join(texts[i : i + 10_000])) for i in range(0, len(texts), 10_000)
                ]
                lines.append(f"{table.name}\t{len(rows)}\t{sha256(''.join(blocks))}\n")
                total += len(rows)
        content = sha256("".join(lines))
        head = (batch_id, kind, source, form, total, content, previous, version, recorded_at)
        previous = sha256("\t".join(encode(v) for v in head))
        found.append(previous)
    return found


def hashes(ledger: Ledger) -> list[str]:
    return [r[0] for r in ledger.rows("select chain_hash from ledger_batches order by batch_id")]


def test_a_stranger_finds_the_same_hashes(golden_ledgers: Loaded, engine_name: str) -> None:
    ledger, _ = golden_ledgers[engine_name]
    stored = hashes(ledger)
    assert stored == recompute(ledger)


def test_text_that_needs_escaping(ledger: Ledger) -> None:
    odd = [{"account": "a\tb\\N\nc", "venue": "\\N"}, {"account": "é", "venue": "\r\\"}]
    ledger.load("canonical-accounts", json.dumps(odd), "odd.json")
    assert ledger.rows("select count(*) from accounts") == [(2,)]
    stored = hashes(ledger)
    assert stored == recompute(ledger)


def test_more_than_one_block(duck: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "".join(f"a{n:05d}\n" for n in range(20_001))
    duck.load("canonical-accounts", "account\n" + lines)
    assert [r[0] for r in duck.rows("select chain_hash from ledger_batches")] == recompute(duck)
    monkeypatch.setattr(chain, "BLOCK_ROWS", 7)
    duck.load("canonical-accounts", "account\nlast\n")


def test_batches_count_up_and_time_does_not_run_back(duck: Ledger) -> None:
    duck.declare()
    duck.load_file("canonical-ticks", GOLDEN / "canonical-ticks.csv", now=None)
    found = duck.rows("select batch_id, recorded_at from ledger_batches order by 1")
    assert [row[0] for row in found] == [1, 2, 3]
    assert found[2][1] >= NOW


def test_every_row_carries_its_batch(golden_ledgers: Loaded) -> None:
    duck, _ = golden_ledgers["duckdb"]
    for name, count in duck.rows(
        "select table_name, sum(row_count) from ledger_batch_tables group by table_name"
    ):
        assert duck.rows(f"select count(*) from {name}") == [(count,)]
        assert not duck.rows(
            f"select 1 from {name} as f inner join ledger_batches as b on f.batch_id = b.batch_id "
            "where f.recorded_at <> b.recorded_at"
        )
