"""A seeded ledger of N fills, written set-based and in slices so that 100 M fit on a laptop.

    python bench/generate.py --fills 10000000 --out DIR/ledger.duckdb --seed 1

20 accounts trade 100 instruments (50 spot, 30 linear, 20 inverse) for 90 days: N / 3 orders of
three fills with two events each, ticks every hour or --tick-seconds, daily funding, one fill in
10,000 corrected and one busted, and a last-day statement of the venue per account with a few
breaks. Rebates, base-currency and third-currency fees are among them. The same arguments give the
same ledger on one DuckDB version; ids are digests of row numbers, as scattered as real uuid5 ids
are.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from datetime import datetime
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from runner.config import Target
from runner.engines.base import open_engine
from runner.ingest import chain
from runner.migrate.apply import up
from runner.migrate.files import load_migrations
from runner.moments import microseconds

ROOT = Path(__file__).resolve().parents[1]
RECORDED = datetime(2026, 4, 2)  # one batch is learned at one moment
SLICE_FILLS = 9_000_000  # whole orders, and an index append that stays small
DAYS = 90
ODD_FILLS = 10_000  # one fill in so many is corrected, one busted

# `rnd` is the only source of chance: a digest of the seed, what the number is
# for and the row (hash() of several arguments is not used: its results are correlated).
MACROS = """
create temp macro rnd(i, what, n) as
    cast(hash(({seed} * 64 + what) * 17179869184 + i) % n as bigint);
create temp macro uid(kind, i) as cast(md5_number(kind || '{seed}:' || i) as uuid);
create temp macro order_at(o) as timestamp '2026-01-01' + to_microseconds(o * {gap});
create temp macro fill_lots(f) as 1 + rnd(f, 1, 1000);
create temp macro order_book(o) as rnd(o, 2, 2000);
create temp macro price_ticks(base, j, o) as cast(
    base * (1 + 0.1 * sin(o * 40.0 / {orders} + j) + 0.01 * sin(o * 4000.0 / {orders} + 3 * j))
    as bigint);
create temp table terms as
select
    j,
    case when j = 0 then 'BNB/USDT' when j % 10 < 5 then 'C' || j || '/USDT'
        when j % 10 < 8 then 'C' || j || '/USDT:USDT' else 'C' || j || '/USD:C' || j
    end as instrument_id,
    case when j % 10 < 5 then 'SPOT' when j % 10 < 8 then 'LINEAR' else 'INVERSE' end as kind,
    case when j = 0 then 'BNB' else 'C' || j end as base_currency,
    case when j % 10 < 8 then 'USDT' else 'USD' end as quote_currency,
    case when j % 10 < 8 then 'USDT' else 'C' || j end as settlement_currency,
    cast(case when j % 10 < 5 then 1 when j % 10 = 5 then 0.001 when j % 10 < 8 then 1
        when j % 10 = 8 then 1 else 100 end as decimal(38, 12)) as multiplier,
    case when j % 10 < 5 then 0.001 when j % 10 < 8 then 0.01 else 1 end as lot_size,
    1000 + rnd(j, 3, 9000000) as base_ticks
from range(100) as r (j);
"""

REFERENCE = """
insert into accounts select
    'ACC' || lpad(cast(i + 1 as text), 2, '0'), 'GEN', 'TRADER' || i % 5, 'USDT', 'LIVE',
    'DECLARED', timestamp '2025-12-31', {recorded}, 1, null
from range(20) as r (i);

insert into instruments select
    instrument_id, instrument_id, kind, base_currency, quote_currency, settlement_currency,
    multiplier, kind = 'INVERSE', 0.01, lot_size, false, 'DECLARED', {recorded}, 1, null
from terms;

insert into market_ticks select
    uid('tick', j * 100000000 + h), instrument_id, mid - 0.01, mid + 0.01, mid,
    cast(0.02 * 10000 / cast(mid as double) as integer),
    timestamp '2026-01-01' + to_seconds(h * {tick_seconds}), {recorded}, 1, null
from (
    select *, cast(price_ticks(base_ticks, j, h * {orders} / {ticks}) * 0.01
        as decimal(38, 12)) as mid
    from terms, range({ticks}) as r (h)
) as ticks;

insert into cash_movements select
    uid('deposit', i), 'ACC' || lpad(cast(i + 1 as text), 2, '0'), null, 'DEPOSIT', 1000000000,
    'USDT', 'GEN', 'D' || i, null, timestamp '2026-01-01', {recorded}, 1, null
from range(20) as r (i);

insert into cash_movements select
    uid('funding', d * 10000 + j * 20 + i), 'ACC' || lpad(cast(i + 1 as text), 2, '0'),
    instrument_id, 'FUNDING', (rnd(d * 10000 + j * 20 + i, 4, 2001) - 1000) * 0.001,
    settlement_currency, 'GEN', 'F' || d || '-' || j || '-' || i, null,
    timestamp '2026-01-01' + to_days(d) + to_hours(8), {recorded}, 1, null
from terms, range({days}) as r (d), range(20) as a (i)
where kind <> 'SPOT';
"""

ORDERS = """
create or replace temp table slice as
select
    o, order_book(o) % 20 as i, order_book(o) // 20 as j, instrument_id, base_ticks, lot_size,
    'ACC' || lpad(cast(order_book(o) % 20 + 1 as text), 2, '0') as account_id,
    case when rnd(o, 5, 2) = 0 then 'BUY' else 'SELL' end as side,
    cast((fill_lots(3 * o) + fill_lots(3 * o + 1) + fill_lots(3 * o + 2)) * lot_size
        as decimal(38, 12)) as filled,
    rnd(o, 6, 20) = 0 as is_cancelled
from range({first}, {last}) as r (o)
inner join terms on terms.j = order_book(o) // 20;

insert into orders select
    uid('order', o), null, account_id, instrument_id, 'GEN', 'C-' || o, 'X-' || o, side, 'LIMIT',
    case when is_cancelled then filled + lot_size else filled end,
    cast(price_ticks(base_ticks, j, o) * 0.01 as decimal(38, 12)), null, 'GTC', null, null,
    'INTERNAL', order_at(o), {recorded}, 1, null
from slice;

insert into order_events select
    uid('event' || e, o), 2 * o + e, uid('order', o), null,
    case when e = 1 then 'ACCEPTED' when is_cancelled then 'CANCELLED' else 'FILLED' end,
    case when e = 1 then 'ACCEPTED' when is_cancelled then 'CANCELLED' else 'FILLED' end,
    case when e = 1 then 'NEW' when is_cancelled then 'CANCELED' else 'FILLED' end,
    null, null, null, case when e = 1 then 1 + rnd(o, 7, 200) end, null, null, null, null, 'bench',
    order_at(o) + to_milliseconds(case when e = 1 then 0 else 900 end), {recorded}, 1, null
from slice, range(1, 3) as r (e);
"""

FILLS = """
insert into order_fills
with executions as (
    select
        3 * s.o + k as f, s.o, s.account_id, s.instrument_id, s.side, t.kind, t.base_currency,
        t.settlement_currency, cast(t.multiplier as decimal(9, 3)) as multiplier,
        cast(fill_lots(3 * s.o + k) * s.lot_size as decimal(15, 3)) as quantity,
        cast((price_ticks(s.base_ticks, s.j, s.o) + rnd(3 * s.o + k, 8, 21)) * 0.01
            as decimal(15, 2)) as price,
        rnd(3 * s.o + k, 9, 100) as fee_kind,
        case when rnd(3 * s.o + k, 10, 3) = 0 then 'MAKER' else 'TAKER' end as liquidity,
        order_at(s.o) + to_milliseconds(
            case when rnd(s.o, 11, 50) = 0 then 10 else 10 + k * rnd(s.o, 12, 300) end
        ) as executed_at
    from slice as s
    inner join terms as t on s.j = t.j
    cross join range(3) as r (k)
),

fees as (
    select
        *,
        cast(quantity * multiplier * price as decimal(20, 6)) as notional,
        case
            when kind = 'SPOT' and fee_kind < 15 then 'BASE'
            when kind <> 'INVERSE' and fee_kind < 20 then 'BNB'
            when kind <> 'INVERSE' then 'QUOTE'
            else 'INVERSE'
        end as fee_in,
        case when liquidity = 'MAKER' and fee_kind % 2 = 0 then -0.0001 else 0.0004 end as rate
    from executions
)

select
    uid('fill', f), uid('order', o), account_id, instrument_id, 'GEN', 'T-' || f, side,
    quantity, price,
    case fee_in
        when 'BASE' then quantity * abs(rate)
        when 'BNB' then round(notional * rate * 0.0016, 8)
        when 'QUOTE' then round(notional * rate, 8)
        else round(cast(quantity * multiplier as bigint) * 100000000
            // cast(price * 100 as bigint) * 0.000001 * rate, 8)
    end,
    case fee_in when 'BASE' then base_currency when 'BNB' then 'BNB' else settlement_currency end,
    liquidity, 'TRADE', null, false, null, executed_at, {recorded}, 1, null
from fees;
"""

ODD = """
insert into order_fills select
    uid('odd', row_number() over (order by fill_id)), order_id, account_id, instrument_id, venue,
    exchange_fill_id, side, quantity, price + 0.05, fee_amount, fee_currency, liquidity,
    case when cast(right(exchange_fill_id, 1) as integer) < 5 then 'BUST' else 'CORRECTION' end,
    fill_id, false, null, executed_at, {recorded}, 1, null
from order_fills
where cast(substr(exchange_fill_id, 3) as bigint) % {odd} in (1234, 5678)
    and cast(substr(exchange_fill_id, 3) as bigint) < {fills};
"""

STATEMENTS = """
insert into statements select
    uid('statement', i), 'GEN', 'ACC' || lpad(cast(i + 1 as text), 2, '0'),
    timestamp '2026-01-01' + to_days({days} - 1), timestamp '2026-01-01' + to_days({days} + 1),
    {recorded}, 1, null, null
from range(20) as r (i);

create temp table last_day as
select
    f.*, s.statement_id, o.exchange_order_id, cast(substr(f.exchange_fill_id, 3) as bigint) as n
from order_fills as f
inner join statements as s on f.account_id = s.account_id
inner join orders as o on f.order_id = o.order_id
where f.executed_at >= s.period_start and f.kind = 'TRADE'
    and not exists (select 1 from order_fills as c where c.corrects_fill_id = f.fill_id);

insert into statement_fills select
    uid('statement fill', n), statement_id, exchange_order_id, exchange_fill_id, instrument_id,
    side, quantity, price + case when n % 5003 = 0 then 0.01 else 0 end, fee_amount,
    fee_currency, executed_at, {recorded}, 1, null, null, null, null, null
from last_day
where n % 5009 <> 0;
"""


def generate(
    fills: int, out: Path, seed: int, threads: int | None = None, tick_seconds: int = 3600
) -> None:
    """Write a new ledger of `fills` fills (rounded up to whole orders) to `out`."""
    orders = -(-fills // 3)
    values = {
        "seed": seed,
        "orders": orders,
        "fills": 3 * orders,
        "days": DAYS,
        "tick_seconds": tick_seconds,
        "ticks": DAYS * 86_400 // tick_seconds,
        "odd": ODD_FILLS,
        "recorded": f"timestamp '{RECORDED}'",
        "gap": max(1, DAYS * 86_400_000_000 // orders),
    }
    for file in (out, out.with_name(out.name + ".wal")):
        file.unlink(missing_ok=True)
    engine = open_engine(Target("bench", "duckdb", out))
    up(engine, load_migrations(ROOT / "sql" / "migrations"))
    engine.close()
    with duckdb.connect(str(out), config={"preserve_insertion_order": "false"}) as ledger:
        if threads:
            ledger.execute(f"set threads = {threads}")
        ledger.execute(MACROS.format(**values))
        ledger.execute(REFERENCE.format(**values))
        step = SLICE_FILLS // 3
        for first in range(0, orders, step):
            started = time.perf_counter()
            last = min(orders, first + step)
            ledger.execute(ORDERS.format(**values, first=first, last=last))
            ledger.execute(FILLS.format(**values))
            seconds = time.perf_counter() - started
            print(f"{3 * last:>12,} fills  {seconds:6.1f} s", file=sys.stderr)
        ledger.execute(ODD.format(**values))
        ledger.execute(STATEMENTS.format(**values))
        _record_batch(ledger)


def _record_batch(ledger: duckdb.DuckDBPyConnection) -> None:
    """The batch as the ledger would record it, but for the hashes of its rows."""
    tables = ledger.execute(
        "select table_name from duckdb_columns() where column_name = 'batch_id' "
        "and table_name not like 'ledger_batch%' and database_name = current_database()"
    ).fetchall()
    counts = {t: ledger.execute(f"select count(*) from {t}").fetchall()[0][0] for (t,) in tables}
    unread = hashlib.sha256(b"bench").hexdigest()
    roots = [chain.Root(table, count, unread) for table, count in counts.items() if count]
    total = sum(root.row_count for root in roots)
    learned = microseconds(RECORDED)
    head = [1, "SEED", "bench/generate.py", None, total, chain.content_hash(roots), None]
    head.append(load_migrations(ROOT / "sql" / "migrations")[-1].version)
    ledger.execute(
        "insert into ledger_batches values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [*head[:7], chain.chain_hash([*head, learned]), head[7], RECORDED],
    )
    for root in roots:
        ledger.execute(
            "insert into ledger_batch_tables values (1, ?, ?, ?, ?)",
            [root.table, root.row_count, root.root_hash, RECORDED],
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--fills", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=Path("bench.duckdb"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--tick-seconds", type=int, default=3600)
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    generate(args.fills, args.out, args.seed, args.threads, args.tick_seconds)


if __name__ == "__main__":
    main()
