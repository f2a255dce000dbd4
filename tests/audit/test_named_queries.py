"""Each audit query finds what was planted for it, and nothing in a ledger that is in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from runner.audit.queries import load_queries
from runner.build.exactness import findings
from runner.engines.base import Engine
from runner.sqltyping.types import parse_type
from tests.audit.planted import MINUTE, SECOND, T, clean_ledger, planted_ledger
from tests.conftest import ENGINES, ROOT
from tests.models.facts import uid

QUERIES = load_queries(ROOT / "sql" / "audit")

# query -> the values of some parameters, and of some columns of the rows that it then finds
PLANTED: dict[str, list[tuple[dict[str, str], list[dict[str, Any]]]]] = {
    "orphaned_facts": [
        (
            {},
            [
                {"table_name": "order_fills", "row_id": uid("fill", "nowhere"),
                 "column_name": "order_id", "missing_id": uid("nowhere"),
                 "missing_from": "orders", "batch_id": 1},
            ],
        ),
        ({"only_table": "orders"}, []),
    ],
    "fee_outliers": [
        (
            {},
            [
                {"fill_id": uid("fill", "dear-inverse"), "order_fee_bps": Decimal(6),
                 "schedule_bps": Decimal(5), "median_bps": None, "is_off_schedule": True},
                {"fill_id": uid("fill", "dear"), "fee_settlement": Decimal("0.5"),
                 "order_fee_bps": Decimal(50), "schedule_bps": Decimal(10),
                 "median_bps": Decimal(10), "is_off_schedule": True, "is_off_median": True},
            ],
        ),
        ({"limit_bps": "40"}, [{"is_off_schedule": True, "is_off_median": False}] * 2),
        # of two inverse orders the median is the lower: 5 bps
        ({"least_orders": "2", "limit_bps": "0.9"},
         [{"median_bps": Decimal(5), "is_off_median": True}, {"median_bps": Decimal(10)}]),
    ],
    "late_fills": [
        (
            {},
            [
                {"fill_id": uid("fill", "after-the-build"), "delay_seconds": 15 * 3600,
                 "reported_at": (T + timedelta(days=1)).replace(hour=0, minute=30)},
                {"fill_id": uid("fill", "slow"), "delay_seconds": 7200, "reported_at": None},
            ],
        ),
        ({"late_seconds": "100000"}, [{"fill_id": uid("fill", "after-the-build")}]),
    ],
    "fills_after_cancel": [
        (
            {},
            [
                {"fill_id": uid("fill", "cancelled"), "client_order_id": "cancelled",
                 "status": "CANCELLED", "ended_at": T + 23 * MINUTE + SECOND, "seconds_after": 5},
            ],
        ),
        ({"grace_seconds": "5"}, [{"seconds_after": 5}]),
        ({"grace_seconds": "6"}, []),
    ],
    "wash_like_pairs": [
        (
            {},
            [
                {"account_group": "t1", "price": Decimal(100), "buy_fill_id": uid("fill", "o6"),
                 "buy_account_id": "a1", "sell_fill_id": uid("fill", "washed"),
                 "sell_account_id": "a2", "seconds_apart": 30},
            ],
        ),
        ({"within_seconds": "29"}, []),
        ({"within_seconds": "90"}, [{"seconds_apart": 90}, {"seconds_apart": 30}]),
    ],
    "out_of_hours_orders": [
        (
            {},
            [
                {"client_order_id": "evening", "local_hour": 22, "local_weekday": 3,
                 "reason": "HOURS"},
                {"client_order_id": "weekend", "local_hour": 10, "local_weekday": 6,
                 "reason": "WEEKEND"},
            ],
        ),
        ({"trades_on_weekends": "true", "last_hour": "23"}, []),
        ({"utc_offset_minutes": "-120"}, [{"local_hour": 8, "reason": "WEEKEND"}]),
        # over midnight: ten in the morning is outside
        ({"first_hour": "18", "last_hour": "2", "trades_on_weekends": "true"},
         [{"reason": "HOURS"}] * 19),
    ],
    "manual_adjustments": [
        (
            {},
            [
                {"kind": "BREAK_DISMISS", "subject_id": "balance:USD", "actor": "ops",
                 "reason": "rounding", "source": "orders.csv"},
                {"kind": "CASH", "account_id": "b1", "amount": Decimal(5), "unit": "USD",
                 "reason": "goodwill"},
                {"kind": "FILL_CORRECTION", "subject_id": uid("fill", "amendment"),
                 "amount": Decimal(1), "unit": None},
            ],
        ),
        ({"since": "2026-03-04T11:00:00+01:00", "until": "2026-03-04T10:01"},
         [{"kind": "BREAK_DISMISS"}, {"kind": "CASH"}]),
        ({"until": "2026-03-04"}, []),
    ],
    "orders_without_risk_checks": [
        (
            {},
            [
                {"client_order_id": "unchecked", "first_checked_at": None},
                {"client_order_id": "checked-later",
                 "first_checked_at": T + 26 * MINUTE + SECOND},
            ],
        ),
    ],
    "kill_switch_breaches": [
        (
            {},
            [
                {"client_order_id": "stopped", "switch": "ALL", "thrown_at": T + 45 * MINUTE,
                 "thrown_by": "risk-desk", "reason": "drill", "seconds_after": 30},
            ],
        ),
        ({"grace_seconds": "31"}, []),
    ],
    "largest_slippage": [
        (
            {},
            [
                {"place": 1, "order_id": uid("slipped"), "benchmark": "ARRIVAL",
                 "benchmark_mid": Decimal(100), "slippage_bps": Decimal(100)},
            ],
        ),
        ({"above_bps": "100"}, []),
        ({"at_most": "0"}, []),
    ],
    "unexplained_balance_changes": [
        (
            {},
            [
                {"account_id": "a1", "currency": "USD", "from_at": T + 60 * MINUTE,
                 "from_amount": Decimal("9399.4"), "to_amount": Decimal("9406.4"),
                 "explained": Decimal(0), "unexplained": Decimal(7)},
            ],
        ),
        ({"tolerance": "7"}, []),
    ],
    "who_did_what_when": [
        ({"actor": "ops"}, [{"act": "DISMISS", "subject": "BREAK", "details": "rounding"}]),
    ],
}  # fmt: skip
ACTS = [
    {"act": "KILL_SWITCH_ON", "subject": "ALL_ACCOUNTS", "details": "drill"},
    {"act": "KILL_SWITCH_OFF", "subject": "ALL_ACCOUNTS", "details": "over"},
]


@pytest.fixture(scope="module", params=ENGINES)
def clean(request: pytest.FixtureRequest) -> Iterator[Engine]:
    ledger = clean_ledger(request.param)
    yield ledger
    ledger.close()


@pytest.fixture(scope="module", params=ENGINES)
def planted(request: pytest.FixtureRequest) -> Iterator[Engine]:
    ledger = planted_ledger(request.param)
    yield ledger
    ledger.close()


def found(ledger: Engine, name: str, given: Mapping[str, str]) -> list[dict[str, Any]]:
    answer = ledger.query(QUERIES[name].with_values(given))
    names = [c.name for c in answer.columns]
    return [dict(zip(names, row, strict=True)) for row in answer.rows]


def assert_are(rows: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert len(rows) == len(expected), rows
    for row, wanted in zip(rows, expected, strict=True):
        assert {name: row[name] for name in wanted} == wanted


def test_every_query_has_a_case():
    assert PLANTED.keys() == QUERIES.keys()


@pytest.mark.parametrize("name", PLANTED)
def test_what_was_planted_is_found(planted, name):
    for given, expected in PLANTED[name]:
        assert_are(found(planted, name, given), expected)


@pytest.mark.parametrize("name", sorted(PLANTED.keys() - {"who_did_what_when"}))
def test_a_ledger_in_order_has_nothing_to_tell(clean, name):
    assert found(clean, name, {}) == []


def test_acts_are_told_of_any_ledger(clean):
    assert_are(found(clean, "who_did_what_when", {"actor": "risk-desk"}), ACTS)
    requests = found(clean, "who_did_what_when", {"actor": "t1"})
    assert [row["details"] for row in requests] == [f"r-o{n}" for n in range(1, 7)]
    since = {"since": "2026-03-04T10:45:30", "until": "2026-03-05"}
    assert_are(found(clean, "who_did_what_when", since), ACTS[1:])


@pytest.mark.parametrize("name", QUERIES)
def test_the_columns_are_those_the_comment_tells(clean, name):
    query = QUERIES[name]
    told = [(c.name, parse_type(c.type)) for c in query.columns]
    described = [(c.name, c.type) for c in clean.describe(query.sql)]
    assert [name for name, _ in described] == [name for name, _ in told]
    assert [kind for _, kind in described] == [kind for _, kind in told]


@pytest.mark.parametrize("name", QUERIES)
def test_money_stays_exact(clean, name):
    assert list(findings(clean, QUERIES[name].sql)) == []


def test_every_reference_of_the_schema_is_looked_at():
    references = set()
    for migration in (ROOT / "sql" / "migrations").glob("*.sql"):
        up = migration.read_text().partition("-- migrate:down")[0]
        for table, body in re.findall(r"create table (\w+) \((.*?)\n\);", up, re.S):
            keys = re.findall(r"foreign key \((\w+)\)\s+references (\w+) \((\w+)\)", body)
            references |= {(table, *key) for key in keys}
    sql = QUERIES["orphaned_facts"].sql
    joins = re.findall(r"from (\w+) as f\s+left join (\w+) as p on f\.(\w+) = p\.(\w+)", sql)
    assert {(table, column, parent, key) for table, parent, column, key in joins} == references
    labels = re.findall(
        r"select\s+'(\w+)'.*?'(\w+_id)'.*?'(\w+)'.*?from (\w+) as f\s+left join (\w+) as p on "
        r"f\.(\w+) =", sql, re.S,
    )  # fmt: skip
    assert len(labels) == len(references)
    assert all(label[:3] == (label[3], label[5], label[4]) for label in labels)
