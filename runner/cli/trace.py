from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli.options import output_option, project_options, wait_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.audit.trace import Entry


@click.group()
def command() -> None:
    """Tell the whole story of something in the ledger."""


@command.command()
@click.argument("order")
@project_options
@click.option(
    "--format",
    "format_name",
    default="table",
    show_default=True,
    type=click.Choice(["table", "json", "ndjson", "markdown"]),
    help="How to write the story.",
)
@output_option
@wait_option
def order(
    order: str,
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    format_name: str,
    output: Path | None,
    wait_seconds: float,
) -> None:
    """The timeline of one ORDER, by any id that leads to it.

    The id may be an order's, a fill's, a request's or a signal's: the ledger's own, the client's or
    the venue's. Told are the signal, the request, the market at the time, risk checks, the order,
    its events and fills, the lots it closed and those of its own that others closed, its state,
    costs, PnL and breaks; of each fact the batch it came with, and at the end of each batch its
    source and chain hash.
    """
    from contextlib import closing

    from runner.audit.trace import batches, find_orders, trace
    from runner.cli import options
    from runner.cli.console import say
    from runner.engines.base import Column, Result, open_engine, require_database
    from runner.report.write import write
    from runner.sqltyping.types import INTEGER, JSON, TEXT, TIMESTAMP

    config = options.load(project_dir, variables)
    require_database(config.target(target))
    opened = open_engine(
        config.target(target), read_only=True, wait_seconds=wait_seconds, frugal=True
    )
    with closing(opened) as engine:
        orders = find_orders(engine, order)
        story: list[tuple[str | None, Entry]] = [
            (found, entry) for found in orders for entry in trace(engine, found)
        ]
        # JSON has the hash beside each fact
        if is_read := format_name in ("table", "markdown"):
            of_story = batches(engine, [entry for _, entry in story])
            story += [(None, entry) for entry in of_story]
    if len(orders) > 1:
        say(f"'{order}' leads to {len(orders)} orders")
    columns = [
        Column("happened_at", TIMESTAMP),
        Column("what", TEXT),
        Column("batch", INTEGER),
        Column("details", TEXT if is_read else JSON),
    ]
    if len(orders) > 1 or not is_read:
        columns.insert(0, Column("order_id", TEXT))
    if not is_read:
        columns[3:3] = [Column("table_name", TEXT), Column("id", TEXT)]
        columns.insert(-1, Column("chain_hash", TEXT))
    rows = (_row(found, entry, [c.name for c in columns], is_read) for found, entry in story)
    write(Result(tuple(columns), rows), format_name, output)


def _row(order_id: str | None, entry: Entry, columns: list[str], is_read: bool) -> tuple[Any, ...]:
    values = {
        "order_id": order_id,
        "happened_at": entry.happened_at,
        "what": entry.kind,
        "table_name": entry.table,
        "id": entry.id,
        "details": ", ".join(_told(entry)) if is_read else _json(entry),
        "batch": entry.batch_id,
        "chain_hash": entry.chain_hash,
    }
    return tuple(values[name] for name in columns)


def _told(entry: Entry) -> Iterator[str]:
    from runner.report.write import text

    return (f"{name}={text(value)}" for name, value in entry.details.items())


def _json(entry: Entry) -> dict[str, Any]:
    from runner.report.write import json_value

    return {name: json_value(value) for name, value in entry.details.items()}
