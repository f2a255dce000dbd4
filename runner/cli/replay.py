from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli.options import (
    as_of_option,
    format_option,
    output_option,
    project_options,
    wait_option,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.audit.fact_stream import Until
    from runner.audit.fold import Event, Fill, State
    from runner.audit.replay import Step
    from runner.config import Config
    from runner.engines.base import Engine, Result

_PACE_SECONDS = 0.5


@click.command()
@project_options
@click.option(
    "--order",
    metavar="ID",
    help="Walk one order event by event, by any id that `runner trace order` takes.",
)
@click.option(
    "--until",
    "until_text",
    metavar="SEQ|TIME",
    help="Stop there, by business time: after the event of that sequence number and the fills "
    "executed until it, or after a moment.",
)
@click.option("--watch", is_flag=True, help="Show a walk step by step, with time to read it.")
@format_option()
@output_option
@as_of_option
@wait_option
def command(
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    order: str | None,
    until_text: str | None,
    watch: bool,
    format_name: str,
    output: Path | None,
    as_of: str | None,
    wait_seconds: float,
) -> int:
    """Fold orders from their events and fills alone, and compare with order_state.

    Prints each column of each order that is not as published, and exits 1 where there is one. With
    --until it prints the orders' states at that moment instead, with --order an order's facts one
    by one, and where each leaves it. With --as-of only facts known then are replayed.
    """
    from contextlib import closing

    from runner.audit.replay import until_of
    from runner.cli import options
    from runner.engines.base import open_engine, require_database
    from runner.errors import UsageError

    if watch and (order is None or output is not None or format_name != "table"):
        raise UsageError(
            "R200",
            "--watch shows an order's walk, as lines",
            mend="name it with --order ID, and leave out --format and --output",
        )
    config = options.load_as_of(project_dir, variables, target, as_of, wait_seconds)
    require_database(config.target(target))
    if as_of is not None:
        from runner.cli.up_to_date import build_quietly

        if not build_quietly(config, target, wait_seconds, in_copy=True):
            return 1
    opened = open_engine(config.target(target), read_only=True, wait_seconds=wait_seconds)
    with closing(opened) as engine:
        _require_tables(engine, config, target, with_state=until_text is None)
        until = until_of(engine, until_text) if until_text is not None else None
        if order is not None:
            return _walk(engine, order, until, watch, format_name, output)
        if until is not None:
            return _states(engine, until, format_name, output)
        return _compare(engine, format_name, output)


def _require_tables(engine: Engine, config: Config, target: str | None, with_state: bool) -> None:
    from runner.audit.fact_stream import TABLES
    from runner.errors import UsageError

    place = config.target(target)
    for table in (*TABLES, *(["order_state"] if with_state else [])):
        if not engine.has_relation(table):
            raise UsageError(
                "R209",
                f"{table} is not in {place.path.name}",
                why="orders, their events and fills are replayed, and compared with order_state",
                mend=f"run `runner build{config.option_for(place.name)}` first",
            )


def _compare(engine: Engine, format_name: str, output: Path | None) -> int:
    from runner.audit.replay import Tally, compare
    from runner.build.state import built_through
    from runner.cli.console import say
    from runner.engines.base import Column, Result
    from runner.report.write import text, write
    from runner.sqltyping.types import TEXT

    through = built_through(engine, "order_state")
    tally = Tally()
    columns = ("order_id", "client_order_id", "column_name", "published", "replayed")
    rows = (
        (d.order_id, d.client_order_id, d.column, text(d.published), text(d.replayed))
        for d in compare(engine, tally, through)
    )
    write(Result(tuple(Column(name, TEXT) for name in columns), rows), format_name, output)
    ((newest,),) = engine.query("select max(batch_id) as newest from ledger_batches").rows
    if through is not None and newest is not None and newest > through:
        say(f"batches after {through} are not published yet, and were left out")
    if tally.illegal:
        say(
            f"warning: {tally.illegal:,} changes of a status are not in order_status_transitions",
            colour="yellow",
        )
    replayed = (
        f"{tally.orders:,} orders from {tally.events:,} events and {tally.fills:,} fills, "
        f"{tally.late:,} late changes of a status"
    )
    if tally.differing:
        say(f"replayed {replayed}: {tally.differing:,} differ from order_state", colour="red")
        return 1
    say(f"replayed {replayed}: all are as published", colour="green")
    return 0


def _states(engine: Engine, until: Until, format_name: str, output: Path | None) -> int:
    from runner.audit.replay import states
    from runner.engines.base import Column, Result
    from runner.report.write import write
    from runner.sqltyping.types import TEXT

    columns = (Column("order_id", TEXT), *_state_columns())
    rows = ((order_id, *_values(state)) for order_id, state in states(engine, until))
    write(Result(columns, rows), format_name, output)
    return 0


def _walk(
    engine: Engine,
    order: str,
    until: Until | None,
    watch: bool,
    format_name: str,
    output: Path | None,
) -> int:
    from runner.audit import fact_stream
    from runner.audit.replay import differences, steps
    from runner.audit.trace import find_orders
    from runner.audit.transitions import legal_transitions
    from runner.build.state import built_through
    from runner.cli.console import say
    from runner.report.write import text, write

    orders, legal = find_orders(engine, order), legal_transitions(engine)
    if len(orders) > 1:
        say(f"'{order}' leads to {len(orders)} orders")
    lives = [
        life
        for found in orders
        for life in fact_stream.lives(
            engine, order_id=found, until=until, with_published=until is None
        )
    ]
    is_read = format_name in ("table", "markdown")
    walk = [(life.order_id, step) for life in lives for step in steps(life, legal)]
    answer = _told(walk, with_order=len(orders) > 1, is_read=is_read)
    if watch:
        _play(answer)
    else:
        write(answer, format_name, output)
    if until is not None:
        return 0
    through = built_through(engine, "order_state")
    found = [
        difference
        for order_id in orders
        for life in fact_stream.lives(engine, order_id=order_id, through=through)
        for difference in differences(life)
    ]
    for d in found:
        said = f"{text(d.published) or 'null'}, replayed {text(d.replayed) or 'null'}"
        say(f"{d.order_id}: {d.column} is published as {said}", colour="red")
    return 1 if found else 0


def _told(walk: Iterable[tuple[str, Step]], *, with_order: bool, is_read: bool) -> Result:
    from runner.engines.base import Column, Result
    from runner.sqltyping.types import INTEGER, TEXT, TIMESTAMP

    columns = [
        Column("happened_at", TIMESTAMP),
        Column("what", TEXT),
        Column("fact", TEXT),
        Column("batch", INTEGER),
        Column("transition", TEXT),
        Column("note", TEXT),
    ]
    shown = ("status", "quantity", "filled_quantity", "leaves_quantity", "average_fill_price")
    state = [c for c in _state_columns() if not is_read or c.name in shown]
    leading = [Column("order_id", TEXT)] if with_order or not is_read else []

    def row(order_id: str, step: Step) -> tuple[Any, ...]:
        what, fact = _fact(step.fact)
        change = str(step.transition) if step.transition else None
        said = (step.happened_at, what, fact, step.batch_id, change, step.note or None)
        values = tuple(getattr(step.state, c.name) for c in state)
        return (*([order_id] if leading else []), *said, *values)

    rows = [row(order_id, step) for order_id, step in walk]
    return Result((*leading, *columns, *state), iter(rows))


def _fact(fact: Event | Fill | None) -> tuple[str, str]:
    from runner.audit.fold import Event
    from runner.report.write import text

    if fact is None:
        return "order", "sent"
    if isinstance(fact, Event):
        amended = "" if fact.order_quantity is None else f", quantity {text(fact.order_quantity)}"
        reason = f": {fact.reason}" if fact.reason else ""
        return "event", f"{fact.sequence_number} {fact.event_type}{amended}{reason}"
    name = fact.exchange_fill_id or fact.fill_id
    return "fill", f"{name} {fact.kind} {text(fact.quantity)} at {text(fact.price)}"


def _state_columns() -> tuple[Any, ...]:
    from runner.engines.base import Column
    from runner.sqltyping.types import INTEGER, TEXT, TIMESTAMP, parse_type

    decimal = parse_type("decimal(38, 12)")
    types = {
        "client_order_id": TEXT, "status": TEXT, "quantity": decimal, "filled_quantity": decimal,
        "leaves_quantity": decimal, "average_fill_price": decimal, "sent_at": TIMESTAMP,
        "last_event_at": TIMESTAMP, "last_sequence_number": INTEGER,
    }  # fmt: skip
    return tuple(Column(name, found) for name, found in types.items())


def _values(state: State) -> tuple[Any, ...]:
    return tuple(getattr(state, column.name) for column in _state_columns())


def _play(answer: Result) -> None:
    """A line a step; on a terminal at a pace that can be followed."""
    import sys
    import time

    from runner.report.write import text

    rows = [[text(value).replace("\n", " ") for value in row] for row in answer.rows]
    names = [column.name for column in answer.columns]
    widths = [max(map(len, cells)) for cells in zip(names, *rows, strict=True)]
    for place, row in enumerate([names, *rows]):
        if place > 1 and sys.stdout.isatty():
            time.sleep(_PACE_SECONDS)
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(padded).rstrip())
