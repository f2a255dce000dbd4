"""Facts changed behind the database's back are found, and told by batch, table and row."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runner.cli.main import run
from runner.config import load_config
from runner.engines.base import open_engine
from runner.ledger import verification
from runner.scaffold import scaffold
from tests.canonical_files import FILLS_HEADER, INSTRUMENT, fill
from tests.conftest import ENGINES


@pytest.fixture(scope="module", params=ENGINES)
def appended(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A project whose ledger has three batches: an instrument, two fills, two more."""
    root = tmp_path_factory.mktemp("verify") / "ledger"
    scaffold(root, with_demo=False)
    place = ["--project-dir", str(root), "--target", str(request.param)]
    assert run(["migrate", "up", *place]) == 0
    files = {
        "i.csv": INSTRUMENT,
        "a.csv": FILLS_HEADER + fill(1, 101) + fill(2, 102),
        "b.csv": FILLS_HEADER + fill(3, 103) + fill(4, 104),
    }
    for (name, text), form in zip(files.items(), ("instruments", "fills", "fills"), strict=True):
        (root / name).write_text(text)
        assert run(["ingest", str(root / name), "--format", f"canonical-{form}", *place]) == 0
    settings = (root / "pyproject.toml").read_text()
    (root / "pyproject.toml").write_text(
        re.sub(r'target = "\w+"', f'target = "{request.param}"', settings, count=1)
    )
    return root


@pytest.fixture
def ledger(appended, tmp_path):
    """That project, to do anything to."""
    root = tmp_path / "ledger"
    shutil.copytree(appended, root)
    return root


def tamper(root: Path, *statements: str, tables: tuple[str, ...] = ("order_fills",)) -> None:
    engine = open_engine(load_config(root).target(None))
    try:
        if engine.name == "sqlite":
            list(engine.query_native("pragma foreign_keys = off").rows)
        with engine.transaction():
            for table in tables:
                engine.lift_guard(table)
            for statement in statements:
                engine.execute(statement)
    finally:
        engine.close()


def findings(cli, root: Path, *options: str) -> list[tuple[int | None, str, str]]:
    outcome = cli(root, "verify", "--format", "json", *options)
    assert outcome.exit_code == (1 if outcome.stdout else 0), outcome.stderr
    rows = json.loads(outcome.stdout or "[]")
    return [(row["batch_id"], row["table_name"], row["problem"]) for row in rows]


def test_what_was_appended_is_proved(ledger, cli):
    outcome = cli(ledger, "verify")
    assert outcome.exit_code == 0
    assert outcome.stdout == ""
    # an instrument; an account, two fills and their orders; no account the second time; and the
    # rows of each batch
    assert "verified 13 facts of 3 batches; head 3:" in outcome.stderr


FIRST = "fill_id = (select min(fill_id) from order_fills where batch_id = 2)"
COPY = """
    insert into order_fills
    select {id}, order_id, account_id, instrument_id, venue, exchange_fill_id || 'x', side,
        quantity, price, fee_amount, fee_currency, liquidity, kind, corrects_fill_id, is_rounded,
        raw_values, executed_at, {recorded}, {batch}, source_row
    from order_fills where batch_id = 2 order by fill_id limit 1
"""
ID = "cast('00000000-0000-0000-0000-000000000001' as uuid)"
NAMED = "fill_id = 00000000-0000-0000-0000-000000000001"
F1 = "fill_id = 5023ee17-2969-5970-a817-01952a90fb85 (f1)"
F2 = "fill_id = eb1a80fa-e7d8-5eb7-b26b-2aeabbdb6c79 (f2)"
GONE = (f"{F1} is missing, made of a.csv:2", f"{F2} is missing, made of a.csv:3")
PUT_RIGHT = "with that put right the hash is the one appended"


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            f"update order_fills set price = price + 0.000000000001 where {FIRST}",
            (
                2,
                "order_fills",
                f"one or more of 2 rows were altered: {F1}: price is 101.000000000001, "
                f"a.csv:2 says 101; {PUT_RIGHT}",
            ),
        ),
        (
            f"delete from order_fills where {FIRST}",
            (2, "order_fills", f"1 of 2 rows are missing: {GONE[0]}; {PUT_RIGHT}"),
        ),
        (
            "delete from order_fills where batch_id = 2",
            (
                2,
                "order_fills",
                f"all of its 2 rows are missing: {GONE[0]}; {GONE[1]}; {PUT_RIGHT}",
            ),
        ),
        (
            COPY.format(id=ID, recorded="recorded_at", batch=2),
            (
                2,
                "order_fills",
                f"1 rows were inserted: {NAMED} (f1x) was inserted: a.csv:2 makes no such fact; "
                f"{PUT_RIGHT}",
            ),
        ),
        (
            COPY.format(id=ID, recorded="recorded_at", batch=1),
            (1, "order_fills", f"1 rows were inserted: the batch appended none: {NAMED}"),
        ),
        (
            COPY.format(id=ID, recorded="recorded_at", batch=9),
            (None, "order_fills", f"1 rows are of batch 9, which is not there: {NAMED}"),
        ),
        (
            COPY.format(id=ID, recorded="timestamp '2026-01-01 00:00:00'", batch=2),
            (
                2,
                "order_fills",
                f"1 rows were recorded at another moment than their batch: {NAMED}",
            ),
        ),
        (
            "update ledger_batches set source = 'other.csv' where batch_id = 2",
            (2, "ledger_batches", "the batch's row was altered"),
        ),
        (
            "delete from ledger_batches where batch_id = 2",
            (2, "ledger_batches", "the batch is missing"),
        ),
        (
            "update ledger_batch_tables set row_count = 3 "
            "where batch_id = 2 and table_name = 'order_fills'",
            (
                2,
                "ledger_batch_tables",
                "its tables, row counts and roots are not those it was appended with",
            ),
        ),
        (
            "update ledger_batch_tables set recorded_at = timestamp '2031-01-01 00:00:00' "
            "where batch_id = 2 and table_name = 'order_fills'",
            (2, "ledger_batch_tables", "its tables are not dated as their batch is"),
        ),
    ],
)
def test_what_was_changed_since_is_found(ledger, cli, statement, found):
    books = ("order_fills", "ledger_batches", "ledger_batch_tables")
    tamper(ledger, statement, tables=books)
    assert found in findings(cli, ledger)


def test_a_tail_cut_off_is_seen_by_an_anchor_alone(ledger, cli):
    anchor = cli(ledger, "verify", "--anchor").stdout.strip()
    (ledger / "kept.txt").write_text(f"{anchor}\n")
    assert cli(ledger, "verify", "--anchor", "kept.txt").exit_code == 0
    assert cli(ledger, "verify", "--anchor", anchor).exit_code == 0
    tables = ("raw_blocks", "order_fills", "orders", "ledger_batch_tables", "ledger_batches")
    tamper(ledger, *(f"delete from {t} where batch_id = 3" for t in tables), tables=tables)
    assert findings(cli, ledger) == []
    missing = (3, "ledger_batches", "is missing, and the anchor is of it")
    assert findings(cli, ledger, "--anchor", "kept.txt") == [missing]
    other = f"2:{'0' * 64}"
    (found,) = findings(cli, ledger, "--anchor", other)
    assert found[:2] == (2, "ledger_batches")
    assert found[2].endswith(f"the anchor {'0' * 64}")


def test_batches_of_before_a_column_was_added(ledger, cli):
    migrations = ledger / "sql" / "migrations"
    newest = len(list(migrations.glob("*.sql")))
    (migrations / f"{newest + 1:04d}_note.sql").write_text(
        "-- migrate:up\nalter table order_fills add column note text; -- said of it\n"
        "-- migrate:down\nalter table order_fills drop column note;\n"
    )
    outcome = cli(ledger, "migrate", "up")
    assert outcome.exit_code == 0, outcome.stderr
    assert findings(cli, ledger) == []


@pytest.mark.parametrize("anchor", ["3", "3:abc", "no-such-file.txt"])
def test_what_is_no_anchor(ledger, cli, anchor):
    outcome = cli(ledger, "verify", "--anchor", anchor)
    assert outcome.exit_code == 2
    assert "error[R279]" in outcome.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger_batches set schema_version = 99 where batch_id = 3",
        "insert into schema_version select 99, 'later', applied_at, checksum, rollback_sql "
        "from schema_version where version_id = 1",
    ],
)
def test_a_ledger_of_newer_migrations(ledger, cli, statement):
    tamper(ledger, statement, tables=("ledger_batches", "schema_version"))
    outcome = cli(ledger, "verify")
    assert outcome.exit_code == 3
    assert "error[R328]: the ledger is of schema version 99" in outcome.stderr


def test_what_is_appended_meanwhile_is_left_out(ledger, cli, monkeypatch):
    """A batch that comes between two queries is no finding. DuckDB refuses the writer."""
    (ledger / "c.csv").write_text(FILLS_HEADER + fill(5, 105))
    ingest = [sys.executable, "-m", "runner", "ingest", "c.csv", "--format", "canonical-fills"]
    stated, appended = verification._stated, []

    def meanwhile(*arguments):
        appended.append(subprocess.run(ingest, cwd=ledger, capture_output=True).returncode)
        return stated(*arguments)

    monkeypatch.setattr(verification, "_stated", meanwhile)
    assert findings(cli, ledger) == []
    is_refused = load_config(ledger).target(None).engine == "duckdb"
    assert appended == [3 if is_refused else 0]
    monkeypatch.undo()
    assert f"of {3 if is_refused else 4} batches" in cli(ledger, "verify").stderr


def test_an_empty_ledger_has_no_head(make_ledger, cli):
    project = make_ledger()
    assert cli(project, "migrate", "up").exit_code == 0
    outcome = cli(project, "verify", "--anchor")
    assert (outcome.exit_code, outcome.stdout) == (0, "")
    assert "verified 0 facts of 0 batches" in outcome.stderr
