"""The ledger's own functions, and those SQLite has otherwise than DuckDB."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import apsw
import duckdb
import pytest

from runner.engines.sqlite_functions import register
from runner.engines.sqlite_json import json_text
from runner.engines.sqlite_scalars import (
    double_round,
    text_like,
    text_lower,
    text_trim,
    text_upper,
    uuid5,
)
from runner.errors import EngineError


@pytest.fixture
def lite() -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    register(connection)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("decimal_divide('1.000000000000', '3.000000000000')", "0.333333333333"),
        ("decimal_divide('2.000000000000', '-3.000000000000')", "-0.666666666667"),
        ("decimal_divide('0.000000000001', '2.000000000000')", "0.000000000001"),
        ("decimal_divide('-0.000000000001', '2.000000000000')", "-0.000000000001"),
        ("decimal_divide('1.5', '0.0')", None),
        ("decimal_divide(null, '1.0')", None),
        ("decimal_product('0.000000000001', '0.500000000000', '1.000000000000')",
         "0.000000000001"),
        ("decimal_product('-0.000000000001', '0.500000000001', '0.999999999998')",
         "0.000000000000"),
        ("decimal_product(null, '1.0', '1.0')", None),
        ("decimal_prorate('10.000000000000', '1.000000000000', '3.000000000000')",
         "3.333333333333"),
        ("decimal_prorate('-1.000000000000', '1.000000000000', '2000000000000.000000000000')",
         "-0.000000000001"),
        ("decimal_prorate('1.0', '1.0', '0.0')", None),
        ("decimal_prorate('1.0', null, '1.0')", None),
        # 10^18 * 10^6 * 10^24 scaled units pass 38 digits before they are divided
        ("decimal_prorate('1000000.000000000000', '0.000001999999', '2000000000000.000000000000')",
         "0.000000000001"),
        ("decimal_prorate('1000000.000000000000', '0.000000999999', '2000000000000.000000000000')",
         "0.000000000000"),
        ("uuid5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'x')",
         str(uuid.uuid5(uuid.NAMESPACE_DNS, "x"))),
        ("sha256_hex('abc')",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("decimal_mul('1.50', '2.00')", "3.0000"),
        ("decimal_add('-1.50', '1.50')", "0.00"),
        ("double_mul(0.1, 3.0)", 0.1 * 3),
        ("double_sub(null, 1.0)", None),
    ],
)  # fmt: skip
def test_gives(lite: apsw.Connection, sql: str, expected: object) -> None:
    assert lite.execute(f"select {sql}").fetchall() == [(expected,)]


@pytest.mark.parametrize(
    "sql",
    [
        "decimal_divide('99999999999999999999999999.0', '0.000000000001')",
        "decimal_add('99999999999999999999999999999999999999', '1')",
        "decimal_add('nan', '1')",
        "decimal_mul('1e5', '1')",
        "decimal_sum('inf')",
        "decimal_cast(1.5, 38, 12)",
        "decimal_add(1.5, 2.5)",
        "double_divide(1.0, 0.0)",
        "double_divide(1e999, 1e999)",
        "double_sub(1e999, 1e999)",
        "double_add(1e999, -1e999)",
        "double_mul(1e999, 0.0)",
        "double_to_integer(1e999, 19)",
        "json_text('{', 'a')",
        "timestamp_parse('2026-02-30')",
        "timestamp_parse('2026-01-01 00:00:00+02')",
        "uuid_text('x')",
    ],
)
def test_raises(lite: apsw.Connection, sql: str) -> None:
    with pytest.raises(EngineError, match=r"R33[12]"):
        lite.execute(f"select {sql}").fetchall()


def test_may_stand_in_checks_indexes_and_generated_columns(lite: apsw.Connection) -> None:
    lite.execute(
        "create table t (a text check (decimal_cmp(a, '0.0') >= 0), "
        "b text generated always as (decimal_round(a, 0)) stored); "
        "create index i on t (decimal_neg(a)); "
        "create view v as select decimal_add(a, a) as c from t; insert into t values ('1.5')"
    )
    assert lite.execute("select b, c from t, v").fetchall() == [("2", "3.0")]
    with pytest.raises(apsw.ConstraintError):
        lite.execute("insert into t values ('-1.5')")


def test_letters_change_case_as_on_duckdb() -> None:
    letters = [chr(code) for code in range(1, 0x3000) if not 0xD800 <= code < 0xE000]
    duck = duckdb.connect()
    duck.execute("create table letters as select unnest(?) as c", [letters])
    rows = duck.execute("select c, lower(c), upper(c), trim(c) from letters").fetchall()
    refused = 0
    for letter, lower, upper, trimmed in rows:
        assert (text_lower(letter), text_trim(letter)) == (lower, trimmed)
        try:
            assert text_upper(letter) == upper
        except EngineError:
            refused += 1
    assert len(rows) == len(letters)
    assert 0 < refused < 110


@pytest.mark.parametrize("pattern", ["a%", "%b", "_", "%", "", "a_c", "é_", "a.c", "[a]%", "A%"])
@pytest.mark.parametrize("value", ["abc", "", "a", "éx", "a.c", "[a]b", "a\nb", "ABC"])
def test_like_is_duckdbs(value: str, pattern: str) -> None:
    expected = duckdb.execute("select ? like ?", [value, pattern]).fetchall()[0][0]
    assert text_like(value, pattern) is expected


@pytest.mark.parametrize("places", [-2, -1, 0, 1, 2, 5])
def test_doubles_round_as_on_duckdb(places: int) -> None:
    for number in (2.675, -2.5, 0.5, 1.005, 0.49999999999999994, 1e300, 123456.789, -0.05, 15.0):
        expected = duckdb.execute(f"select round(?::double, {places})", [number]).fetchall()[0][0]
        assert double_round(number, places) == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "x\\n\\u0001\\u001f\\"\\\\\\/é"}', '{"a": {"b": [1, 2.50, -0, true, null, "q\\t"]}}',
        '{"a": 1, "a": 2}', '{"a": 12345678901234567890123}', '{"a": []}', '{"b": 1}', "[1]",
    ],
)  # fmt: skip
def test_json_prints_as_on_duckdb(text: str) -> None:
    expected = duckdb.execute("select ?::json->>'a'", [text]).fetchall()[0][0]
    assert json_text(text, "a") == expected


def test_json_numbers_that_print_otherwise_are_refused() -> None:
    with pytest.raises(EngineError, match="prints differently"):
        json_text('{"a": 1e20}', "a")


def test_uuid5_of_nothing_is_nothing() -> None:
    assert uuid5(None, "x") is None
    assert uuid5(str(uuid.NAMESPACE_URL), None) is None
