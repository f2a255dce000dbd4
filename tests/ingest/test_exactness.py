"""Decimals, times and ids, against Python's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.engines.base import open_memory
from runner.engines.staging import Staging
from runner.ingest import functions
from runner.ingest.functions import NAMESPACE, name_of, quoted, uuid5_sql
from runner.money import CONTEXT, QUANTUM


@pytest.fixture(scope="module")
def staging() -> Iterator[Staging]:
    engine = open_memory("duckdb")
    with engine.staging() as opened:
        functions.install(opened)
        yield opened
    engine.close()


def ask(staging: Staging, sql: str, texts: list[str]) -> list[object]:
    rows = staging.rows(f"select {sql} from (select unnest(?::varchar[]) as t)", [texts])
    return [row[0] for row in rows]


digits = st.text("0123456789", max_size=16)
numbers = st.builds(
    lambda sign, whole, part, exponent: f"{sign}{whole}{part}{exponent}",
    st.sampled_from(["", "-", "+"]),
    digits,
    st.one_of(st.just(""), st.builds(lambda d: f".{d}", st.text("0123456789", max_size=24))),
    st.one_of(st.just(""), st.builds(lambda e, n: f"{e}{n}", st.sampled_from("eE"),
                                     st.integers(-30, 12))),
).filter(lambda t: any(c.isdigit() for c in t.lower().split("e")[0]))  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=80))
def test_decimals_are_read_exactly_or_marked(staging: Staging, texts: list[str]) -> None:
    values = ask(staging, "ingest_decimal(t)", texts)
    marks = ask(staging, "ingest_is_rounded(t)", texts)
    for text, value, is_rounded in zip(texts, values, marks, strict=True):
        exact = Decimal(text)
        expected = exact.quantize(QUANTUM, context=CONTEXT)
        if abs(expected) >= Decimal(10) ** 26:
            assert value is None
        else:
            assert value == expected, text
            assert is_rounded == (expected != exact), text


amounts = st.decimals("0.000000000001", "9999999999999", places=12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(amounts, amounts), min_size=1))
def test_a_quotient_is_rounded_once(staging: Staging, pairs: list[tuple[Decimal, Decimal]]) -> None:
    texts = [f"{a:f} {b:f}" for a, b in pairs]
    sql = "ingest_quotient(split_part(t, ' ', 1), split_part(t, ' ', 2))"
    values = ask(staging, f"ingest_decimal({sql})", texts)
    marks = ask(staging, f"ingest_is_rounded({sql})", texts)
    for (a, b), value, is_rounded in zip(pairs, values, marks, strict=True):
        exact = Fraction(a) / Fraction(b)
        half_up = (exact * 10**12 * 2 + 1) // 2
        assert value == Decimal(int(half_up)).scaleb(-12, CONTEXT)
        assert is_rounded == (Fraction(value) != exact)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))))
def test_ids_are_uuid5(staging: Staging, parts: list[str]) -> None:
    parts = parts or [""]
    expected = str(uuid5(NAMESPACE, name_of("fill", *parts)))
    (found,) = staging.rows(f"select {uuid5_sql('fill', *(quoted(p) for p in parts))}")
    assert found[0] == expected


def test_the_quote_of_a_pair_is_the_longest_it_ends_with(staging: Staging) -> None:
    pairs = {
        "BTCUSDT": "USDT", "BTCFDUSD": "FDUSD", "BTCUSD": "USD", "USDTTRY": "TRY", "USDT": None,
        "USDCUSDT": "USDT", "XXUSD1": "USD1", "SOLETH": "ETH", "BTCUSDT_PERP": None, "": None,
    }  # fmt: skip
    assert ask(staging, "ingest_quote_currency(t)", list(pairs)) == list(pairs.values())


def test_parts_cannot_run_into_each_other() -> None:
    assert name_of("fill", "a|b", "c") != name_of("fill", "a", "b|c")
    assert name_of("fill", "a\\", "b") != name_of("fill", "a", "\\b")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), min_size=1))
def test_times(staging: Staging, moments: list[datetime]) -> None:
    aware = [m.replace(tzinfo=UTC) for m in moments]
    assert ask(staging, "ingest_time(t)", [m.isoformat() for m in moments]) == moments
    assert ask(staging, "ingest_time(t)", [m.isoformat() for m in aware]) == moments
    late = [m for m in moments if m >= datetime(2001, 9, 10)]
    epochs = [str(int(m.replace(tzinfo=UTC).timestamp())) + f"{m.microsecond:06d}" for m in late]
    assert ask(staging, "ingest_time(t)", epochs) == late


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T10:00:00+02:00", datetime(2026, 3, 2, 8)),
        ("2026-03-02 10:00:00.5 Europe/Berlin", datetime(2026, 3, 2, 9, 0, 0, 500000)),
        ("2026-03-02", datetime(2026, 3, 2)),
        ("1772445600", datetime(2026, 3, 2, 10)),
        ("1772445600123", datetime(2026, 3, 2, 10, 0, 0, 123000)),
        ("1772445600123456", datetime(2026, 3, 2, 10, 0, 0, 123456)),
        ("2026-03-02T25:00:00Z", None),
        ("infinity", None),
        ("epoch", None),
        ("2 March 2026", None),
        ("177244560012", None),
        ("-772445600123", None),
    ],
)
def test_spellings_of_time(staging: Staging, text: str, expected: datetime | None) -> None:
    assert ask(staging, "ingest_time(t)", [text]) == [expected]
