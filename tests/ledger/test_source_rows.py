"""Every format's kept rows, mapped again, are the facts that stand: none is blamed wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.config import load_config
from runner.engines.staging import stage_as_of
from runner.ingest import chain, statement
from runner.ingest.facts import SOURCE_ROW, fact_tables
from runner.ingest.formats import formats
from runner.ingest.shapes.stated import Extent
from runner.ledger import source_rows
from runner.ledger.remade_rows import remake
from runner.ledger.row_differences import Compared, Suspect, account_for_root, compare
from tests.conftest import ROOT
from tests.ingest.conftest import GOLDEN, NOW, Ledger, new_ledger
from tests.ingest.test_golden import FOLDERS, in_order

# what rows say is read in DuckDB on every engine
CASES = [("sqlite", GOLDEN), *(("duckdb", folder) for folder in FOLDERS)]
USUAL = (CASES[0], next(case for case in CASES if case[1].name == "kraken"))


@pytest.fixture(
    params=[
        case if case in USUAL else pytest.param(case, marks=pytest.mark.nightly) for case in CASES
    ],
    ids=lambda case: f"{case[0]}-{case[1].name}",
)
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with a folder's files, as facts and as statements of an account they do not name."""
    engine_name, folder = request.param
    engine = new_ledger(engine_name, tmp_path / f"ledger.{engine_name}")
    ledger, known = Ledger(engine, load_config(ROOT), tmp_path), formats()
    for path in in_order(folder):
        form = known[path.stem]
        if statement.makes_facts(form):
            ledger.load_file(form.name, path, account="desk")
        if statement.tells(form) and not set(form.shapes) & statement._OWN:
            ledger.load_file(form.name, path, account="desk", extent=Extent(end=NOW))
    yield ledger
    engine.close()


def test_rows_mapped_again(loaded: Ledger) -> None:
    facts = fact_tables(loaded.engine, loaded.config.migration_path)
    roots = loaded.rows(
        "select batch_id, table_name, row_count, root_hash from ledger_batch_tables order by 1, 2"
    )
    batches = list(loaded.engine.query("select * from ledger_batches order by batch_id").named)
    seen = 0
    for batch in batches:
        found = []
        for number, table, count, digest in roots:
            fact = facts[table]
            if number == batch["batch_id"] and any(c.name == SOURCE_ROW for c in fact.columns):
                root = chain.Root(table, count, digest)
                found.append(Compared(Suspect(fact, fact.columns, root, is_short=False)))
        if not found:
            continue
        suspects = [compared.suspect for compared in found]
        with stage_as_of(loaded.engine, batch["batch_id"]) as staging:
            remade = remake(loaded.engine, staging, facts, None, batch, suspects)
            for chunk in source_rows.chunks(loaded.engine, staging, facts, None, batch):
                for table in found:
                    compare(loaded.engine, staging, batch, chunk, table)
        assert remade.counts == dict.fromkeys((s.fact.name for s in suspects), 0), batch["format"]
        for table in found:
            assert table.differences == [], (batch["format"], table.suspect.fact.name)
            assert account_for_root(loaded.engine, batch, table), batch["format"]
            assert table.matched_count == table.standing_count
            seen += table.standing_count
    of_rows = sum(
        loaded.rows(f"select count({SOURCE_ROW}) from {fact.name}")[0][0]
        for fact in facts.values()
        if any(c.name == SOURCE_ROW for c in fact.columns)
    )
    assert seen == of_rows > 0
