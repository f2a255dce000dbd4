"""What SQL becomes, what is refused, and that rewritten statements do on SQLite what they say."""

from __future__ import annotations

import re
from pathlib import Path

import apsw
import pytest
from two_engines import TwoEngines, queries

from runner.engines.sqlite_rewrite import (
    parse_sqlite_type,
    rewrite,
    rewrite_statement,
    sqlite_type,
)
from runner.errors import EngineError, TranslationError
from runner.sqltyping.types import (
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    JSON,
    MONEY,
    TEXT,
    TIMESTAMP,
    UNKNOWN,
    UUID,
    decimal,
)

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def engines() -> TwoEngines:
    return TwoEngines()


def pairs() -> list[tuple[str, str]]:
    text = re.sub(r"^--.*\n", "", (HERE / "pairs.sql").read_text(), flags=re.M)
    found = [pair.split("\n=>\n") for pair in re.split(r";\n(?:\n|\Z)", text) if pair.strip()]
    return [(given.strip(), expected.strip()) for given, expected in found]


@pytest.mark.parametrize(("given", "expected"), pairs())
def test_becomes(engines: TwoEngines, given: str, expected: str) -> None:
    assert rewrite_statement(given, engines.schema) == expected


@pytest.mark.parametrize("sql", queries(HERE / "refused.sql"))
def test_refuses_what_is_not_certain(engines: TwoEngines, sql: str) -> None:
    with pytest.raises(TranslationError) as raised:
        rewrite(sql, engines.schema)
    assert raised.value.code == "R330"
    assert raised.value.why
    assert raised.value.mend


@pytest.mark.parametrize(
    "sql",
    [
        "select book from fills join books on true",
        "select id, count(*) from fills group by book",
        "select id from fills having count(*) > 1",
        "select sum(qty), price from fills",
        "select id = side from fills",
        "select side + 1 from fills",
        "select id from fills where side",
    ],
)
def test_refuses_what_duckdb_would(engines: TwoEngines, sql: str) -> None:
    with pytest.raises(TranslationError, match="R330"):
        rewrite(sql, engines.schema)


@pytest.mark.parametrize(
    ("sql", "line", "words"),
    [
        ("select\n  nosuch from fills", 2, "unknown column nosuch"),
        ("select id\nfrom nosuch", 2, "unknown table nosuch"),
        ("select\n!!!", 2, "syntax error at or near"),
        ("select\n\n'abc from fills", 3, "unterminated"),
        ("select id,\n  qty +\nfrom fills", 3, 'syntax error at or near "from"'),
        ("select 1; select 2", None, "one statement is needed, this is 2"),
    ],
)
def test_what_no_engine_would_run_is_said_plainly(
    engines: TwoEngines, sql: str, line: int | None, words: str
) -> None:
    with pytest.raises(EngineError, match="R310") as raised:
        rewrite(sql, engines.schema)
    assert raised.value.sql_line == line
    assert words in str(raised.value)
    assert "sqlglot" not in str(raised.value)


def test_what_only_duckdb_reads_is_quoted(engines: TwoEngines) -> None:
    with pytest.raises(TranslationError, match="R330") as raised:
        rewrite("select\n    5!\nfrom fills", engines.schema)
    assert raised.value.sql_line == 2 and "valid in DuckDB" in str(raised.value)


@pytest.mark.parametrize(
    "sql",
    [
        "insert or replace into marks values ('A', null, 1)",
        "insert into marks values ('A', null, 1) on conflict do update set price = 1",
        "insert into marks values ('A', null, 1) returning book",
        "insert into marks (nosuch) values (1)",
        "insert into marks values (1)",
        "update marks set price = 1 from books",
        "delete from marks using books where marks.book = books.book",
        "create table x (ts timestamp default current_timestamp)",
        "create table x (a integer generated always as (1))",
        "create table x (a integer[])",
        "create sequence s",
        "create macro f(a) as a",
        "alter table marks add column x integer",
        "truncate marks",
        "merge into marks using books on true when matched then delete",
    ],
)
def test_refuses_statements(engines: TwoEngines, sql: str) -> None:
    with pytest.raises(TranslationError, match="R330"):
        rewrite_statement(sql, engines.schema)


TYPES = [MONEY, decimal(4, 0), TIMESTAMP, DATE, UUID, JSON, TEXT, BOOLEAN, INTEGER, DOUBLE]


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_a_declared_type_reads_back(type_: object) -> None:
    assert parse_sqlite_type(sqlite_type(type_)) == type_  # type: ignore[arg-type]


def test_other_types_have_no_place() -> None:
    assert parse_sqlite_type("VARCHAR(10)") == UNKNOWN
    with pytest.raises(ValueError, match="interval"):
        sqlite_type(INTERVAL)


def test_statements_leave_both_engines_alike() -> None:
    engines = TwoEngines()
    for statement in (
        "create table kept (id bigint, q decimal(38,12) default 1.5, t timestamp, f boolean, "
        "constraint pk_kept primary key (id), constraint ck_kept check (q > -100 and q <> 7))",
        "insert into kept select id, qty * price, ts, maker from fills where id < 3",
        "insert into kept (id, q) values (10, 0.0000000000005), (11, -0.0000000000005), (12, '3')",
        "insert into kept (id) values (13)",
        "insert into kept by name select 14 as id, 2 as q, date '2026-01-01' as t",
        "insert into kept select id, qty, ts, maker from fills on conflict do nothing",
        "insert into kept select distinct 20, 1.123456789012345, null::timestamp, true",
        "insert into kept select 21, 1::decimal(38,24), null, null union select 22, 2, null, true",
        "update kept set q = q * 2.5, f = not f where q > 0 and id <> 3",
        "delete from kept where q between 2 and 4 or t = '2026-02-01 12:30:15'",
        "create view seen as select id, q + 1 as r from kept where f is not true",
        "create index ix_kept on kept (t, q)",
    ):
        engines.run(statement)
    for table in ("kept", "seen"):
        asked = f"select * from {table} order by id"
        engines.schema["seen"] = {"id": INTEGER, "r": MONEY}
        assert engines.ask_lite(asked).rows == engines.ask_duck(asked).rows
    assert engines.ask_duck("select count(*) as n from kept").rows[0][0] > 8


def test_create_table_as_declares_recoverable_types(engines: TwoEngines) -> None:
    made = rewrite_statement(
        "create or replace table totals as select book, sum(qty) as q, count(*) as n, max(ts) as t "
        "from fills group by book",
        engines.schema,
    )
    engines.lite.execute(made)
    declared = [row[2] for row in engines.lite.execute("pragma table_info(totals)")]
    assert declared == ["TEXT", "DECIMAL_TEXT(38,12)", "BIGINT", "TIMESTAMP_TEXT"]


@pytest.mark.parametrize(
    "values",
    [
        "(1, 1.5, null, null)",
        "(1, '1.5', null, null)",
        "(1, '-0.000000000000', null, null)",
        "(1, 'nan', null, null)",
        "(1, '100000000000000000000000000.000000000000', null, null)",
        "(1, null, '2026-01-01', null)",
        "(1, null, '2026-01-01T00:00:00.000000', null)",
        "(1, null, null, 2)",
        "('x', null, null, null)",
        "(null, null, null, null)",
    ],
)
def test_a_table_refuses_what_is_not_canonical(engines: TwoEngines, values: str) -> None:
    engines.lite.execute("drop table if exists strict_")
    engines.lite.execute(
        rewrite_statement(
            "create table strict_ (id bigint primary key, q decimal(38,12), "
            "t timestamp, f boolean)",
            {},
        )
    )
    with pytest.raises(apsw.ConstraintError):
        engines.lite.execute(f"insert into strict_ values {values}")


def test_into_casts_to_the_table(engines: TwoEngines) -> None:
    sql = "select qty * price as q from fills where id = 2"
    stored = rewrite(sql, engines.schema, into=[MONEY])
    assert stored.columns == [("q", MONEY)]
    assert engines.lite.execute(stored.sql).fetchall() == [("-50.125000000001",)]
    with pytest.raises(TranslationError):
        rewrite(sql, engines.schema, into=[MONEY, MONEY])


def test_parameters_are_made_canonical(engines: TwoEngines) -> None:
    sql = rewrite("select id from fills where qty = ? and ts >= ?", engines.schema).sql
    rows = engines.lite.execute(sql, ("10", "2026-01-01")).fetchall()
    assert rows == [(4,)]
