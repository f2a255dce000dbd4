"""What was allowed, who pulled the switch, how the trader behaved, whether the plant ran."""

from __future__ import annotations

from runner.ingest.functions import uuid5_sql
from runner.ingest.shape import Rule, Shape, boolean, integer, json, moment, text, word
from runner.ingest.shapes.identity import (
    ORDER_ID,
    ORDER_KEYS,
    REQUEST_ID,
    order_needs_owner,
    order_reference,
    request_reference,
)

RISK = Shape(
    name="risk_event",
    table="risk_events",
    key="risk_event_id",
    fields=(
        text("client_request_id"),
        text("venue"),
        text("account"),
        text("order_id"),
        word("action", "BLOCKED", "ALLOWED", "WARNED", required=True),
        text("rule", required=True),
        json("details"),
        moment("occurred_at", required=True),
        *ORDER_KEYS,
    ),
    columns={
        "risk_event_id": uuid5_sql(
            "risk", f"cast(coalesce({ORDER_ID}, {REQUEST_ID}) as varchar)", "r.rule",
            "ingest_moment(r.occurred_at)",
        ),
        "order_request_id": REQUEST_ID,
        "order_id": ORDER_ID,
        "action": "r.action",
        "rule": "r.rule",
        "details": "r.details",
        "occurred_at": "r.occurred_at",
    },
    rules=(
        order_needs_owner(),
        Rule(
            "missing_subject",
            "r.order_id is null and r.client_request_id is null",
            "'a risk event is about an order_id or a client_request_id, and both are empty'",
        ),
    ),
    references=(request_reference(), order_reference()),
)  # fmt: skip

KILL_SWITCH = Shape(
    name="kill_switch",
    table="kill_switch_events",
    key="event_id",
    fields=(
        text("account"),
        boolean("enabled", required=True),
        text("reason"),
        text("actor"),
        moment("occurred_at", required=True),
    ),
    columns={
        "event_id": uuid5_sql(
            "kill_switch", "coalesce(r.account, '')", "ingest_moment(r.occurred_at)"
        ),
        "account_id": "r.account",
        "enabled": "r.enabled",
        "reason": "r.reason",
        "actor": "r.actor",
        "occurred_at": "r.occurred_at",
    },
    account_column="account_id",
)

ACTIVITY = Shape(
    name="activity",
    table="trader_activity",
    key="activity_id",
    fields=(
        text("account", required=True),
        text("trader_id"),
        word("kind", "CLICK", "CANCEL", "JOURNAL", "LOGIN", "LOGOUT", required=True),
        integer("click_latency_ms"),
        text("venue"),
        text("order_id"),
        text("entry"),
        moment("occurred_at", required=True),
        *ORDER_KEYS,
    ),
    columns={
        "activity_id": uuid5_sql(
            "activity", "r.account", "r.kind", "ingest_moment(r.occurred_at)"
        ),
        "account_id": "r.account",
        "trader_id": "r.trader_id",
        "kind": "r.kind",
        "click_latency_ms": "r.click_latency_ms",
        "order_id": ORDER_ID,
        "entry": "r.entry",
        "occurred_at": "r.occurred_at",
    },
    rules=(
        order_needs_owner(),
        Rule("negative", "r.click_latency_ms < 0",
             "'click_latency_ms is ' || r.click_latency_ms_text"),
        Rule("missing_entry", "r.kind = 'JOURNAL' and r.entry is null",
             "'a JOURNAL entry needs its text'"),
    ),
    references=(order_reference(),),
    account_column="account_id",
)  # fmt: skip

TILT_RESPONSE = Shape(
    name="tilt_response",
    table="tilt_responses",
    key="response_id",
    fields=(
        text("account", required=True),
        text("intervention", required=True),
        text("response", required=True),
        moment("occurred_at", required=True),
    ),
    columns={
        "response_id": uuid5_sql("tilt_response", "r.account", "ingest_moment(r.occurred_at)"),
        "account_id": "r.account",
        "intervention": "r.intervention",
        "response": "r.response",
        "occurred_at": "r.occurred_at",
    },
    account_column="account_id",
)

SMOKE_RUN = Shape(
    name="smoke_run",
    table="smoke_runs",
    key="run_id",
    fields=(
        text("environment", required=True),
        word("status", "PASSED", "FAILED", required=True),
        integer("rpc_latency_ms"),
        text("wallet_check"),
        text("tx_simulation"),
        moment("ran_at", required=True),
    ),
    columns={
        "run_id": uuid5_sql("smoke_run", "r.environment", "ingest_moment(r.ran_at)"),
        "environment": "r.environment",
        "status": "r.status",
        "rpc_latency_ms": "r.rpc_latency_ms",
        "wallet_check": "r.wallet_check",
        "tx_simulation": "r.tx_simulation",
        "ran_at": "r.ran_at",
    },
    rules=(
        Rule("negative", "r.rpc_latency_ms < 0", "'rpc_latency_ms is ' || r.rpc_latency_ms_text"),
    ),
)

SHAPES = (RISK, KILL_SWITCH, ACTIVITY, TILT_RESPONSE, SMOKE_RUN)
