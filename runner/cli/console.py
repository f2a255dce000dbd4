"""Words for people, on stderr; colour only where a terminal wants it."""

from __future__ import annotations

import errno
import os
import sys

import click

from runner.errors import DiskFull, EngineError, RunnerError


def wants_colour() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def say(message: str = "", *, colour: str | None = None, bold: bool = False) -> None:
    if wants_colour() and (colour or bold):
        message = click.style(message, fg=colour, bold=bold or None)
    try:
        click.echo(message, err=True)
    except BrokenPipeError:
        # nobody reads on: the work is done all the same, and ends with a status of its own
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def duration(seconds: float) -> str:
    """
    >>> duration(0.042), duration(75)
    ('0.04s', '1m15s')
    """
    return f"{seconds:.2f}s" if seconds < 60 else f"{int(seconds // 60)}m{int(seconds % 60):02d}s"


def system_error(error: OSError) -> RunnerError:
    """The operating system's refusal, as one of ours."""
    place = f" {error.filename}" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return DiskFull(
            "R304",
            f"no room left to write{place}",
            why=str(error),
            mend="free some space; nothing is half-written",
        )
    return EngineError(
        "R306",
        f"the system refused{place}: {error.strerror or error}",
        why=type(error).__name__,
        mend="check the path and its permissions",
    )
