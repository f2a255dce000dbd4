"""What a build proves of the values it publishes: each can be read, and each float is a number.

A table's are computed as it is filled. A view's are not until somebody reads it, so the build reads
it first, whole, and keeps nothing of what it read.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from pathlib import Path

from runner.build.blame import OF_THE_DATABASE, blame
from runner.compile.compiled import Compiled
from runner.compile.compiler import Compiler
from runner.compile.context import CTE_PREFIX
from runner.compile.inlined import inlined
from runner.engines.base import Column, Engine
from runner.errors import EngineError, Location
from runner.sqltyping.types import Kind

_LARGEST_DOUBLE = "1.7976931348623157e308"
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.S)
_NAME = r'(?:\w+|"\w+")'
_COLUMN = rf"{_NAME}(?: ?\. ?{_NAME})?"
_ITEM = rf"(?:(?:{_NAME} ?\. ?)?\*|{_COLUMN}(?: as {_NAME})?)"
_SELECT = rf"select {_ITEM}(?: ?, ?{_ITEM})* from {_NAME}(?: as {_NAME})?"
_CTE = rf"{_NAME} as ?\( ?{_SELECT} ?\)"
_NAMES_ONLY = re.compile(rf"(?:with {_CTE}(?: ?, ?{_CTE})* )?{_SELECT}")


def shows_names_only(sql: str) -> bool:
    r"""Whether a query gives columns of another relation as they are, and computes nothing.

    >>> shows_names_only("-- grain\nwith s as (select * from t) select s.a, b as c from s")
    True
    >>> shows_names_only("select a from t where b = 1")
    False
    """
    if CTE_PREFIX in sql:  # an ephemeral model, which may compute anything
        return False
    plain = " ".join(_COMMENT.sub(" ", sql).lower().split())
    return _NAMES_ONLY.fullmatch(plain) is not None


def prove_view(
    engine: Engine,
    compiler: Compiler,
    compiled: Compiled,
    tables: Container[str],
    changed: str | None = None,
) -> None:
    """Read a view that was just made; EngineError names its file where a row of it fails.

    `tables` are the unique ids of sources known to be tables. Nothing is read of a view that only
    renames what a table or another view of the project holds: that has been proved already, as have
    the rows that do not meet the condition `changed`, where there is one.
    """
    read = [parent for parent in compiled.depends_on if parent.startswith("source.")]
    if shows_names_only(compiled.sql) and all(source in tables for source in read):
        return
    # on the view's own lines, so that an error's line is its file's
    part = f"select * from ({compiled.sql}\n) as shown where {changed}"
    try:
        engine.evaluate(compiled.sql if changed is None else part)
    except EngineError as error:
        within = inlined(compiler, compiled)
        raise blame(error, engine, compiled, compiled.sql, within) from error


def prove_standing_view(engine: Engine, compiled: Compiled) -> None:
    """Read a view that this build leaves as it is, over rows that it has changed."""
    shown = f'select * from "{compiled.name}"'
    try:
        engine.evaluate(shown)
        columns = engine.describe(shown)
    except EngineError as error:
        error.what = f"{compiled.name} is not selected, and could no longer be read: {error.what}"
        if error.code not in OF_THE_DATABASE:
            error.where = Location(compiled.model.path)
        error.mend = (
            f"correct what it stands on, or select {compiled.name} as well; nothing was published"
        )
        raise
    prove_numbers(engine, compiled.name, columns, compiled.model.path)


def prove_numbers(engine: Engine, name: str, columns: Sequence[Column], path: Path) -> None:
    """EngineError for a column of floats of relation `name` that holds NaN or infinity.

    `columns` are the relation's; `path` is the file that makes it.
    """
    floats = [c.name for c in columns if c.type.kind is Kind.DOUBLE]
    if not floats:
        return
    # DuckDB orders NaN above all numbers
    counts = ", ".join(
        f'count(case when not abs("{column}") <= {_LARGEST_DOUBLE} then 1 end) as c{position}'
        for position, column in enumerate(floats)
    )
    (row,) = engine.query(f'select {counts} from "{name}"').rows
    if any(row):
        held = [
            f"{column} in {count:,} row{'s' if count != 1 else ''}"
            for column, count in zip(floats, row, strict=True)
            if count
        ]
        raise EngineError(
            "R315",
            f"{name} would hold NaN or infinity: {', '.join(held)}",
            where=Location(path),
            why="a division by zero or a number beyond a double's range comes to that, and so does "
            "every sum it enters",
            mend="divide by nullif(…, 0), or keep such rows out; nothing was published",
        )
