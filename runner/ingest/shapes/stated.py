"""The same rows as what the venue says: fills, orders and balances that land in a statement.

A mapping is not asked whose word it reads. Its rows keep their fields and what is refused of them;
only the facts they become differ: statement_fills, statement_orders and statement_balances of a
statement that the load makes, whose period the caller gives or the rows of each file tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from runner.ingest.functions import quoted, uuid5_sql
from runner.ingest.shape import Rule, Shape, bounded, bounded_price
from runner.ingest.shapes.balances import BALANCE
from runner.ingest.shapes.fills import FILL
from runner.ingest.shapes.identity import ORDER_ID
from runner.ingest.shapes.orders import ORDER


@dataclass(frozen=True)
class Extent:
    """What a statement claims to be whole about.

    `start` (UTC, the first moment it covers) and `end` (the first it no longer does): what is not
    given the rows of each file tell. `scope`: it tells of all the `account` trades, or of the
    `symbols` it lists, a statement each; None: what the format says.
    """

    start: datetime | None = None
    end: datetime | None = None
    scope: str | None = None
    repeats: bool = False  # rows of one file that are the same are one thing, told again
    # rows refused of a statement: they belong to those that BEFORE has of their file
    is_retried: bool = False

    @property
    def by_symbol(self) -> bool:
        return self.scope == "symbols"


def stated(name: str, extent: Extent) -> Shape | None:
    """A shape as a statement has it; None where a statement holds no such thing."""
    made = {"fill": _fill, "order": _order, "balance": _balance}
    return made[name](extent) if name in STATED else None


STATED = ("fill", "order", "balance")
ONLY_STATED = ("balance",)
BEFORE = "ingest_stated_before"
_EMPTY_PERIOD = Rule(
    "empty_period",
    "r.period_end <= r.period_start",
    "'the statement would end ' || cast(r.period_end as varchar) || ', not after its start '"
    " || cast(r.period_start as varchar)",
)


def _fill(extent: Extent) -> Shape:
    key = "coalesce(r.fill_key, r.fill_id)"
    return replace(
        FILL,
        table="statement_fills",
        key="statement_fill_id",
        columns={
            "statement_fill_id": _row_id("statement_fill", key, extent),
            "statement_id": _statement_id(extent),
            "exchange_order_id": "r.order_id",
            "exchange_fill_id": "r.fill_id",
            "instrument_id": FILL.columns["instrument_id"],
            "side": "r.side",
            "quantity": "r.quantity",
            "price": "r.price",
            "fee_amount": "r.fee_amount",
            "fee_currency": "r.fee_currency",
            "executed_at": "r.executed_at",
            "fill_id": FILL.columns["fill_id"],
            "order_id": ORDER_ID,
            "liquidity": "r.liquidity",
            "raw_values": "r.raw_values",
        },
        rules=(*FILL.rules, _EMPTY_PERIOD),
        references=(),
        makes_orders=False,
        account_column="keep_account_id",
        amended_by="",
        derives=_period("r.executed_at", extent),
        # a statement tells fills as they stand
        leaves_out=f"r.kind = 'BUST' or (r.venue, r.account, {key}) in "
        "(select (venue, account, corrects_fill_id) from rows where kind <> 'TRADE')",
        keeps={**_kept(FILL), **_statement(extent)},
    )


def _order(extent: Extent) -> Shape:
    reported_at = "coalesce(r.updated_at, r.created_at)"
    key = "coalesce(r.order_key, r.order_id)"
    # of a log of messages an order stands as its last one tells it; one that tells of no status
    # is the order as it was sent
    last = (
        f"select arg_max(r.row_id, row({reported_at}, r.row_id)) from rows as r "
        f"group by r.row_id >> 40, r.venue, r.account, {key}"
    )
    return replace(
        ORDER,
        table="statement_orders",
        key="statement_order_id",
        columns={
            "statement_order_id": _row_id("statement_order", key, extent),
            "statement_id": _statement_id(extent),
            "exchange_order_id": "r.order_id",
            "instrument_id": ORDER.columns["instrument_id"],
            "side": "r.side",
            "quantity": "r.quantity",
            "filled_quantity": _FILLED,
            "average_price": "r.average_price",
            "status": "r.status",
            "venue_status": "r.venue_status",
            "reported_at": reported_at,
        },
        rules=(
            *ORDER.rules,
            Rule("negative", "r.filled_quantity < 0",
                 "'filled_quantity is ' || r.filled_quantity_text"),
            bounded("filled_quantity"),
            bounded_price("average_price"),
            Rule(
                "missing_filled_quantity",
                f"{_FILLED} is null",
                "'how much of it was filled is not told, and ' || r.status || ' does not say'",
            ),
            _EMPTY_PERIOD,
        ),
        references=(),
        account_column="keep_account_id",
        unique=(),
        amended_by="",
        derives=_period(reported_at, extent),
        leaves_out=(
            f"r.order_id is not null and (r.status_text is null or {reported_at} is not null "
            f"and r.row_id not in ({last}))"
            if extent.repeats
            else None
        ),
        keeps={**_kept(ORDER), **_statement(extent)},
    )  # fmt: skip


def _balance(extent: Extent) -> Shape:
    """What is held at moments: a file of one moment is a statement of that moment alone."""
    extent = replace(extent, scope="account")
    end = _literal(extent.end)
    stated_at = f"coalesce(r.stated_at, {end} - interval 1 microsecond)" if end else "r.stated_at"
    return replace(
        BALANCE,
        columns={
            **BALANCE.columns,
            "statement_balance_id": uuid5_sql(
                "statement_balance", f"cast({_statement_id(extent)} as varchar)", "r.kind",
                "coalesce(r.currency, r.symbol)", f"ingest_moment({stated_at})",
            ),
            "statement_id": _statement_id(extent),
            "stated_at": stated_at,
        },
        rules=(
            *BALANCE.rules,
            Rule(
                "missing_time",
                f"{stated_at} is null",
                "'it does not say of which moment it is: say so with --to, the moment after'",
            ),
            _EMPTY_PERIOD,
        ),
        account_column="keep_account_id",
        derives=_period(stated_at, extent),
        keeps={**_kept(BALANCE), **_statement(extent)},
    )  # fmt: skip


# what a status tells where the venue's row tells no quantity
_FILLED = (
    "coalesce(r.filled_quantity, case when r.status = 'FILLED' then r.quantity "
    "when r.status in ('PENDING', 'ACCEPTED', 'REJECTED', 'FAILED') then 0 end)"
)


def _kept(shape: Shape) -> Mapping[str, str]:
    """The terms of an instrument that is not known yet."""
    terms = ("symbol", "base_currency", "quote_currency", "settlement_currency", "instrument_type",
             "multiplier")  # fmt: skip
    return {name: shape.keeps[name] for name in terms}


def _statement(extent: Extent) -> Mapping[str, str]:
    """What the load makes the statement of."""
    scope = FILL.columns["instrument_id"] if extent.by_symbol else "cast(null as varchar)"
    return {
        "venue": "r.venue",
        "account_id": "r.account",
        "period_start": "r.period_start",
        "period_end": "r.period_end",
        "instrument_id": scope,
    }


def _period(moment: str, extent: Extent) -> Mapping[str, str]:
    """The first moment a statement covers, and the first it does not, as SQL over `r`.

    A file's rows are whole between the first and the last of them, both included, and say nothing
    of what came before or after.
    """
    symbol = ", r.symbol" if extent.by_symbol else ""
    window = f"over (partition by r.row_id >> 40, r.venue, r.account{symbol})"
    start = _literal(extent.start) or f"min({moment}) {window}"
    end = _literal(extent.end) or f"max({moment}) {window} + interval 1 microsecond"
    if extent.is_retried:
        of_symbol = "s.instrument_id = r.symbol" if extent.by_symbol else "s.instrument_id is null"
        found = (
            "(select max(struct_pack(nth := s.batch_id, first := s.period_start, "
            f"after := s.period_end)) from {BEFORE} as s where s.venue = r.venue "
            f"and s.account_id = r.account and {of_symbol} and s.period_start <= {moment} "
            f"and {moment} < s.period_end)"
        )
        start = f"coalesce(struct_extract({found}, 'first'), {start})"
        end = f"coalesce(struct_extract({found}, 'after'), {end})"
    return {"period_start": start, "period_end": end}


def _literal(moment: datetime | None) -> str | None:
    return None if moment is None else f"cast({quoted(str(moment))} as timestamp)"


def _statement_id(extent: Extent) -> str:
    scope = ("r.symbol",) if extent.by_symbol else ()
    return uuid5_sql(
        "statement", "r.venue", "r.account", "ingest_moment(r.period_start)",
        "ingest_moment(r.period_end)", *scope,
    )  # fmt: skip


def _row_id(kind: str, key: str, extent: Extent) -> str:
    """Of several equal ids in a file each has its number: a venue may report one twice."""
    if extent.repeats:
        return uuid5_sql(kind, f"cast({_statement_id(extent)} as varchar)", key, "'1'")
    nth = (
        f"cast(row_number() over (partition by r.row_id >> 40, r.venue, r.account, {key} "
        "order by r.row_id) as varchar)"
    )
    return uuid5_sql(kind, f"cast({_statement_id(extent)} as varchar)", key, nth)
