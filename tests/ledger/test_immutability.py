"""Facts stay as they were appended: what the database refuses, and what is found out otherwise.

Tried through `runner query`, and through clients that know nothing of the runner: duckdb, the
sqlite3 module (which lets INSERT OR REPLACE delete without a trigger), and apsw.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import duckdb
import pytest

from runner.cli.main import run
from runner.config import load_config
from runner.engines.base import open_engine
from runner.ingest.facts import fact_tables
from runner.scaffold import scaffold
from tests.canonical_files import FILLS_HEADER, INSTRUMENT, fill
from tests.conftest import ENGINES

FILLS = "order_fills"
ONE = "exchange_fill_id = 'f1'"
COLUMNS = "fill_id, order_id, account_id, instrument_id, venue, exchange_fill_id, side, quantity, "
COLUMNS += "price, fee_amount, fee_currency, kind, is_rounded, executed_at, recorded_at, batch_id"
FORGED = COLUMNS.replace("price,", "'99.000000000000',")


@pytest.fixture(scope="module", params=ENGINES)
def appended(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A project whose ledger has an instrument and two fills."""
    root = tmp_path_factory.mktemp("facts") / "ledger"
    scaffold(root, with_demo=False)
    settings = root / "pyproject.toml"
    text = re.sub(r'target = "\w+"', f'target = "{request.param}"', settings.read_text(), count=1)
    settings.write_text(text)
    assert run(["migrate", "up", "--project-dir", str(root)]) == 0
    for name, content, form in (
        ("i.csv", INSTRUMENT, "instruments"),
        ("a.csv", FILLS_HEADER + fill(1, 101) + fill(2, 102), "fills"),
    ):
        (root / name).write_text(content)
        words = ["ingest", str(root / name), "--format", f"canonical-{form}"]
        assert run([*words, "--project-dir", str(root)]) == 0
    return root


@pytest.fixture
def ledger(appended: Path, tmp_path: Path) -> Path:
    """That project, to do anything to."""
    root = tmp_path / "ledger"
    shutil.copytree(appended, root)
    return root


def database(root: Path) -> Path:
    return load_config(root).target().path


def engine_of(root: Path) -> str:
    return load_config(root).target().engine


# what SQLite's constraints call: a stock client lacks them, and one that means harm has its own
FUNCTIONS = ("decimal_is_canonical", "decimal_cmp")


def _sqlite3(path: str) -> sqlite3.Connection:
    client = sqlite3.connect(path, isolation_level=None)
    for name in FUNCTIONS:
        client.create_function(name, -1, lambda *_: 1, deterministic=True)
    return client


def _apsw(path: str) -> apsw.Connection:
    client = apsw.Connection(path)
    for name in FUNCTIONS:
        client.create_scalar_function(name, lambda *_: 1, deterministic=True)
    return client


def clients(root: Path) -> list[Callable[[], Any]]:
    """What opens the database as any program would."""
    path = str(database(root))
    if engine_of(root) == "duckdb":
        return [lambda: duckdb.connect(path)]
    return [lambda: _sqlite3(path), lambda: _apsw(path)]


def raw(root: Path, *statements: str) -> None:
    """Run statements as a program that knows nothing of the runner."""
    with closing(clients(root)[-1]()) as client:
        for statement in statements:
            client.execute(statement)


def content(root: Path) -> dict[str, list[str]]:
    """Every fact, as text."""
    config = load_config(root)
    with closing(open_engine(config.target(), read_only=True)) as engine:
        return {
            name: sorted(map(repr, engine.query(f"select * from {name}").rows))
            for name in fact_tables(engine, config.migration_path)
        }


# a statement for each way to change a row that is there; {table} has one whose {key} is {value}
CHANGES = {
    "both": [
        "update {table} set batch_id = batch_id",
        "update {table} set {key} = {key} where {key} = '{value}'",
        "delete from {table}",
        "delete from {table} where {key} = '{value}'",
        "insert or replace into {table} select * from {table}",
        "insert into {table} select * from {table} where true "
        "on conflict do update set batch_id = 9",
        "insert into {table} select * from {table} where true "
        "on conflict ({key}) do update set batch_id = 9",
        "alter table {table} drop column batch_id",
    ],
    "duckdb": [
        "truncate {table}",
        "truncate table {table}",
        "update {table} set batch_id = 9 from {table} as other where {table}.{key} = other.{key}",
        "merge into {table} using (select 1 as one) as s on true "
        "when matched then update set batch_id = 9",
        "merge into {table} using (select 1 as one) as s on true when matched then delete",
        "alter table {table} alter batch_id type bigint using batch_id + 1",
        "alter table {table} rename to {table}_before",
    ],
    "sqlite": [
        "replace into {table} select * from {table}",
        "update or replace {table} set batch_id = 9",
        "update {table} set batch_id = 9 from {table} as other where {table}.{key} = other.{key}",
        "with doomed as (select rowid as n from {table}) "
        "delete from {table} where rowid in (select n from doomed)",
    ],
}
TABLES = {
    "order_fills": "fill_id",
    "orders": "order_id",
    "accounts": "account_id",
    "instruments": "instrument_id",
    "ledger_batches": "batch_id",
}


def statements(root: Path, tables: Iterable[str] = TABLES) -> list[str]:
    engine = engine_of(root)
    found = []
    with closing(clients(root)[0]()) as client:
        for table, key in ((table, TABLES[table]) for table in tables):
            ((value,),) = client.execute(f"select min({key}) from {table}").fetchall()
            for change in CHANGES["both"] + CHANGES[engine]:
                found.append(change.format(table=table, key=key, value=value))
    return found


def test_every_fact_is_guarded(ledger):
    config = load_config(ledger)
    with closing(open_engine(config.target(), read_only=True)) as engine:
        assert engine.guarded_facts() == fact_tables(engine, config.migration_path).keys()


def test_no_client_changes_a_fact(ledger):
    before, tried = content(ledger), statements(ledger)
    for connect in clients(ledger):
        for statement in tried:
            with closing(connect()) as client, pytest.raises(Exception) as refused:
                client.execute(statement)
            said = str(refused.value)
            assert re.search(
                "append-only|with triggers|CHECK constraint|UNIQUE/PRIMARY KEY|(?i:primary key)|"
                "depend|after drop column",
                said,
            ), f"{statement}: {said}"
    assert content(ledger) == before


def test_a_stock_sqlite_client_cannot_write_a_row_with_money(ledger):
    if engine_of(ledger) == "duckdb":
        return  # the constraints of its tables call nothing of the runner's
    with closing(sqlite3.connect(database(ledger))) as client:
        copied = f"insert into order_fills ({COLUMNS}) select {COLUMNS} from order_fills"
        with pytest.raises(sqlite3.OperationalError, match="function: decimal_"):
            client.execute(copied)


def test_no_query_of_the_runners_changes_anything(ledger, cli):
    before = content(ledger)
    others = [
        "drop table order_fills",
        "create or replace table order_fills as select 1 as n",
        "create table mine as select 1 as n",
        "create view order_state as select 1 as n",
        "alter table order_fills add column mine text",
        "drop trigger order_fills_no_update",
        "drop trigger order_fills_no_update on order_fills",
        f"insert into order_fills ({COLUMNS}) select {COLUMNS} from order_fills",
        "begin; delete from order_fills; commit",
        "select 1 as n; delete from order_fills",
        "attach 'other.db' as other",
        "pragma writable_schema = on",
        "pragma recursive_triggers = off",
        "pragma foreign_keys = off",
        "copy (select 1 as n) to 'ledger.duckdb'",
        "vacuum",
        "checkpoint",
    ]
    for statement in (*statements(ledger, [FILLS]), *others):
        for native in ((), ("--native",)):
            asked = cli(ledger, "query", statement, *native)
            # what a reader may say, and changes nothing
            assert asked.exit_code in (2, 3) or statement.startswith(
                ("pragma", "vacuum", "checkpoint")
            )
    assert content(ledger) == before
    assert not (ledger / "other.db").exists()
    assert cli(ledger, "verify").exit_code == 0
    assert cli(ledger, "migrate", "verify").exit_code == 0


def problems(cli, root: Path) -> dict[str, str]:
    """What `runner verify` finds, by table."""
    outcome = cli(root, "verify", "--format", "json")
    assert outcome.exit_code == 1, outcome.stderr
    return {row["table_name"]: row["problem"] for row in json.loads(outcome.stdout)}


def differences(cli, root: Path) -> str:
    """What `runner migrate verify` finds; empty where it finds nothing."""
    outcome = cli(root, "migrate", "verify")
    assert (outcome.exit_code == 1) == bool(outcome.stdout), outcome.stderr
    return outcome.stdout


def unguarded(root: Path, table: str) -> tuple[list[str], list[str]]:
    """Statements that take the guards of a table off, and that put the same ones back."""
    with closing(clients(root)[0]()) as client:
        if engine_of(root) == "duckdb":
            triggers = client.execute(
                "select trigger_name, sql from duckdb_triggers() where table_name = ?", [table]
            ).fetchall()
            return [f"drop trigger {name} on {table}" for name, _ in triggers], [
                sql for _, sql in triggers
            ]
        triggers = client.execute(
            "select name, sql from sqlite_schema where type = 'trigger' and tbl_name = ?", [table]
        ).fetchall()
        return [f"drop trigger {name}" for name, _ in triggers], [sql for _, sql in triggers]


F1 = "fill_id = 5023ee17-2969-5970-a817-01952a90fb85 (f1)"
PUT_RIGHT = "with that put right the hash is the one appended"
ALTERED = f"one or more of 2 rows were altered: {F1}: price is 99, a.csv:2 says 101; {PUT_RIGHT}"


def test_a_dropped_guard_is_named_and_what_was_altered_found(ledger, cli):
    off, on = unguarded(ledger, FILLS)
    assert len(off) >= 2
    raw(ledger, *off, f"update {FILLS} set price = '99.000000000000' where {ONE}")
    assert problems(cli, ledger) == {FILLS: ALTERED}
    assert "trigger order_fills_no_update on order_fills: is missing" in differences(cli, ledger)
    # the same guard put back hides the drop from the schema, and nothing from the chain
    raw(ledger, *on)
    assert differences(cli, ledger) == ""
    assert problems(cli, ledger) == {FILLS: ALTERED}


def test_rows_taken_away_or_added_are_found(ledger, cli):
    off, on = unguarded(ledger, FILLS)
    raw(ledger, *off, f"delete from {FILLS} where {ONE}", *on)
    assert problems(cli, ledger) == {
        FILLS: f"1 of 2 rows are missing: {F1} is missing, made of a.csv:2; {PUT_RIGHT}"
    }
    assert differences(cli, ledger) == ""


def test_a_row_appended_by_hand_is_found(ledger, cli):
    # what appends to a fact is not refused: it is of no batch, or of one that did not bring it
    forged = COLUMNS.replace("fill_id,", "'00000000-0000-0000-0000-000000000001',", 1)
    raw(ledger, f"insert into {FILLS} ({COLUMNS}) select {forged} from {FILLS} where {ONE}")
    (found,) = problems(cli, ledger).values()
    assert "(f1) was inserted: no row of the batch's files makes it; with that put right" in found
    assert differences(cli, ledger) == ""


def test_a_dropped_table_is_missed(ledger, cli):
    raw(ledger, f"drop table {FILLS}")
    outcome = cli(ledger, "verify")
    assert outcome.exit_code == 3
    assert f"the database has no table {FILLS}" in outcome.stderr
    assert f"table {FILLS}: is missing" in differences(cli, ledger)


def test_a_replaced_table_is_found(ledger, cli):
    if engine_of(ledger) == "sqlite":
        return  # it has no CREATE OR REPLACE TABLE
    raw(ledger, f"create or replace table {FILLS} as select * from {FILLS} where {ONE}")
    (found,) = problems(cli, ledger).values()
    assert f"(f2) is missing, made of a.csv:3; {PUT_RIGHT}" in found
    said = differences(cli, ledger)
    assert f"table {FILLS}: lacks" in said
    assert "trigger order_fills_no_update on order_fills: is missing" in said


def test_a_renamed_table_is_missed(ledger, cli):
    rename = f"alter table {FILLS} rename to {FILLS}_before"
    if engine_of(ledger) == "duckdb":
        with pytest.raises(duckdb.DependencyException):
            raw(ledger, rename)
        return
    raw(ledger, rename)
    assert cli(ledger, "verify").exit_code == 3
    assert f"table {FILLS}: is missing" in differences(cli, ledger)


def made_again(root: Path, table: str, columns: str) -> list[str]:
    """Statements that drop a table and make it again by its own definition, with other rows."""
    with closing(clients(root)[0]()) as client:
        if engine_of(root) == "duckdb":
            ((sql,),) = client.execute(
                "select sql from duckdb_tables() where table_name = ?", [table]
            ).fetchall()
            indexes: list[Any] = []
        else:
            ((sql,),) = client.execute(
                "select sql from sqlite_schema where type = 'table' and name = ?", [table]
            ).fetchall()
            indexes = client.execute(
                "select sql from sqlite_schema where type = 'index' and tbl_name = ? "
                "and sql is not null", [table],
            ).fetchall()  # fmt: skip
    return [
        f"create table kept as select * from {table}",
        f"drop table {table}",
        sql,
        f"insert into {table} ({COLUMNS}) select {columns} from kept",
        "drop table kept",
        *(index for (index,) in indexes),
    ]


def test_a_table_made_again_just_as_it_was_is_found_by_its_rows(ledger, cli):
    _, on = unguarded(ledger, FILLS)
    raw(ledger, *made_again(ledger, FILLS, FORGED))
    found = problems(cli, ledger)
    assert (
        f"{F1}: price is 99 and liquidity is empty and source_row is empty, a.csv:2 says 101 "
        in (found[FILLS])
    )
    assert found[FILLS].endswith(PUT_RIGHT)
    assert "trigger order_fills_no_delete on order_fills: is missing" in differences(cli, ledger)
    raw(ledger, *on)
    assert problems(cli, ledger) == found


def test_the_books_themselves_are_guarded_and_proved(ledger, cli):
    anchor = cli(ledger, "verify", "--anchor").stdout.strip()
    off, on = unguarded(ledger, "ledger_batches")
    raw(ledger, *off, "update ledger_batches set source = 'z.csv' where batch_id = 2", *on)
    assert problems(cli, ledger) == {"ledger_batches": "the batch's row was altered"}
    assert differences(cli, ledger) == ""
    # hashes made anew with it are seen by who kept the head, and by nobody else
    assert re.fullmatch(r"2:[0-9a-f]{64}", anchor)


def test_a_client_that_switches_triggers_off_is_found_out(ledger, cli):
    if engine_of(ledger) == "duckdb":
        return  # it has no such switch
    with closing(_apsw(str(database(ledger)))) as client:
        client.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
        client.execute(f"update {FILLS} set price = '99.000000000000' where {ONE}")
    assert problems(cli, ledger) == {FILLS: ALTERED}
    assert differences(cli, ledger) == ""


def test_bytes_changed_in_the_file_are_found(ledger, cli):
    file = database(ledger)
    raw(
        ledger, "checkpoint" if engine_of(ledger) == "duckdb" else "pragma wal_checkpoint(truncate)"
    )
    text = file.read_bytes()
    if engine_of(ledger) == "duckdb":
        # its own checksums refuse the block, before anything is read of it
        assert text.count(b"canonical-fills") >= 1
        file.write_bytes(text.replace(b"canonical-fills", b"canonical-rills"))
        outcome = cli(ledger, "verify")
        assert outcome.exit_code == 3
        assert "hecksum" in outcome.stderr or "corrupt" in outcome.stderr
        return
    assert text.count(b"101.000000000000") == 1
    file.write_bytes(text.replace(b"101.000000000000", b"199.000000000000"))
    assert problems(cli, ledger) == {FILLS: ALTERED.replace("is 99", "is 199")}
    assert differences(cli, ledger) == ""
