"""What a statement claims to be whole about, as commands ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from runner.ingest.shapes.stated import Extent

_F = TypeVar("_F", bound=Callable[..., Any])


def statement_options(function: _F) -> _F:
    """--from, --to, --scope."""
    for option in (
        click.option(
            "--scope",
            type=click.Choice(["account", "symbols"]),
            help="A statement tells of all the account trades, or of the symbols it lists only.  "
            "[default: what the format says]",
        ),
        click.option(
            "--to",
            "end",
            metavar="MOMENT",
            help="The first moment the statement no longer covers.  [default: after its last row]",
        ),
        click.option(
            "--from",
            "start",
            metavar="MOMENT",
            help="The first moment the statement covers, UTC.  [default: its first row's]",
        ),
    ):
        function = option(function)
    return function


def extent_of(kind: str, start: str | None, end: str | None, scope: str | None) -> Extent | None:
    """None for facts. UsageError where facts are given a period, or the period is none."""
    from runner.errors import UsageError
    from runner.ingest.shapes.stated import Extent
    from runner.moments import moment_of

    if kind != "statement":
        if start or end or scope:
            raise UsageError(
                "R200",
                "--from, --to and --scope are for statements",
                mend="add `--as statement`, or leave them out",
            )
        return None
    first = None if start is None else moment_of(start, "--from")
    last = None if end is None else moment_of(end, "--to")
    if first is not None and last is not None and last <= first:
        raise UsageError("R200", f"--to {end} is not after --from {start}")
    return Extent(first, last, scope)
