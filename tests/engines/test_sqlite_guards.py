"""SQLite's guards against a client that lets INSERT OR REPLACE delete without a trigger."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from runner.config import Target
from runner.engines.base import open_engine
from runner.errors import TranslationError
from runner.migrate.apply import apply_statements
from runner.migrate.files import load_migrations
from tests.conftest import ROOT

THINGS = """
create table things (
    thing_id text not null,
    code text,
    book text not null,
    number bigint not null,
    constraint pk_things primary key (thing_id),
    constraint uq_things_code unique (code),
    constraint uq_things_number unique (book, number)
)
"""
KEPT = [("a", "x", "one", 1), ("b", None, "one", 2)]


@pytest.fixture
def things(tmp_path):
    """A guarded fact in an open engine, and a stock client's connection to it."""
    target = Target("t", "sqlite", tmp_path / "ledger.sqlite")
    with closing(open_engine(target)) as engine:
        engine.define(THINGS)
        engine.guard_fact("things")
        engine.insert_rows("things", engine.relations()["things"].columns, KEPT)
        with closing(sqlite3.connect(target.path, isolation_level=None)) as stock:
            yield engine, stock


def test_replace_takes_away_no_row_by_any_key(things):
    engine, stock = things
    for columns, row in (
        ("thing_id, code, book, number", ("a", "y", "two", 9)),
        ("thing_id, code, book, number", ("c", "x", "two", 9)),
        ("thing_id, code, book, number", ("c", "y", "one", 2)),
        ("rowid, thing_id, code, book, number", (1, "c", "y", "two", 9)),
    ):
        marks = ", ".join("?" * len(row))
        for verb in ("insert or replace", "replace", "insert"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                stock.execute(f"{verb} into things ({columns}) values ({marks})", row)
    assert list(engine.query("select * from things order by thing_id").rows) == KEPT
    # what collides with nothing is taken, nulls of a unique column included
    stock.execute("insert or replace into things values ('c', null, 'one', 3)")
    assert engine.row_count("things") == 3


def test_an_index_made_later_is_guarded_from_then_on_and_until_it_is_dropped(things):
    engine, stock = things
    engine.define("create unique index ix_things on things (number)")
    assert engine.guarded_facts() == {"things"}
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stock.execute("insert or replace into things values ('c', 'y', 'two', 2)")
    engine.define("drop index ix_things")
    assert engine.guarded_facts() == {"things"}
    stock.execute("insert into things values ('c', 'y', 'two', 2)")
    with pytest.raises(TranslationError, match="ix_part of things cannot be guarded"):
        engine.define("create unique index ix_part on things (book) where number > 5")


def test_every_key_of_every_fact_of_the_ledger_is_guarded(tmp_path):
    migrations = load_migrations(ROOT / "sql/migrations")
    target = Target("t", "sqlite", tmp_path / "ledger.sqlite")
    with closing(open_engine(target)) as engine:
        for migration in migrations:
            apply_statements(engine, migration)
        facts = engine.guarded_facts()
        assert facts == {s.table for m in migrations for s in m.up if s.is_fact}
        with closing(sqlite3.connect(target.path)) as stock:
            for table in facts:
                (guard,) = stock.execute(
                    "select sql from sqlite_schema where name = ?", (f"{table}_no_replace",)
                ).fetchone()
                indexes = stock.execute(f"select name from pragma_index_list('{table}') "
                                        'where "unique"').fetchall()  # fmt: skip
                for (index,) in indexes:
                    for (column,) in stock.execute(
                        f"select name from pragma_index_info('{index}')"
                    ):
                        assert f'"{column}" = new."{column}"' in guard, (table, column)
