"""A pack's tables, each as CSV and Parquet of the same rows in the same order.

The CSV is canonical: every engine writes the same bytes for the same rows. Decimals have all of
their decimals, times are UTC with six decimals of a second, NULL is nothing and an empty text `""`.
The Parquet file is made from it, with the columns' types.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from runner.checks import failures, history
from runner.compile.compiled import Compiled
from runner.compile.compiler import Compiler
from runner.config import ENGINES, Target
from runner.engines.base import Column, Engine, Result, open_memory
from runner.errors import CompileError, Location, ProjectError
from runner.ingest.facts import FactTable
from runner.project.nodes import Project
from runner.report.parquet import parquet_type

_QUOTED = frozenset(',"\r\n')
_LONGEST_LINE = 64 * 2**20  # bytes; ingest takes lines of 16 MiB


@dataclass(frozen=True)
class Period:
    """From the first moment on, until before the last (UTC)."""

    first: datetime
    last: datetime


@dataclass(frozen=True)
class PackTable:
    """A table of the pack, in `folder`. `period_column` is what its rows were chosen by, if any."""

    folder: str
    name: str
    sql: str
    period_column: str | None = None

    @property
    def file(self) -> str:
        """The path of its files within the pack, without what tells the formats apart."""
        return f"{self.folder}/{self.name}"


def fact_tables_of(facts: Mapping[str, FactTable]) -> Iterator[PackTable]:
    """Every fact known, in the order of its key."""
    for fact in facts.values():
        listed = ", ".join(column.name for column in fact.columns)
        keys = ", ".join(fact.key)
        yield PackTable("facts", fact.name, f"select {listed} from {fact.name} order by {keys}")


def derived_tables_of(
    project: Project, models: Mapping[str, Compiled], engine: Engine, period: Period
) -> Iterator[PackTable]:
    """What models made: all rows of it, or those of the period where its YAML says by which column.

    Left out are models that no build makes by itself, views of facts alone, those that tell what
    the last build took in (strategy `overwrite`: a rebuild takes in all at once), and those that
    only some engine makes a table of: the files are the same whichever makes them.
    """
    relations = engine.relations()
    of_others = [_relations_on(name, project) for name in ENGINES if name != engine.name]
    for model in sorted(models.values(), key=lambda m: m.name):
        if model.name not in relations or model.config.get("on_demand"):
            continue
        if model.config.get("incremental_strategy") == "overwrite":
            continue
        if any(names is not None and model.name not in names for names in of_others):
            continue
        if all(parent.startswith("source.") for parent in model.depends_on):
            continue
        names = [c.name for c in relations[model.name].columns]
        column = _period_column(model, names)
        listed = ", ".join(names)
        places = ", ".join(str(n + 1) for n in range(len(names)))
        condition = f" where {_within(column, period)}" if column else ""
        sql = f"select {listed} from {model.name}{condition} order by {places}"
        yield PackTable("derived", model.name, sql, column)


def _relations_on(engine: str, project: Project) -> frozenset[str] | None:
    """The models that a build makes a table or a view of on an engine; None if it has no build."""
    target = Target(engine, engine, Path(f"ledger.{engine}"))
    try:
        models = Compiler(project, target).all_models()
    except CompileError:  # a macro that it has not, say
        return None
    built = [m for m in models.values() if m.is_enabled and m.materialized != "ephemeral"]
    return frozenset(model.name for model in built)


def result_tables_of(engine: Engine, checks: Iterable[str]) -> Iterator[PackTable]:
    """What each check came to last, and the failing rows that were kept."""
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in sorted(checks)) or "null"
    yield PackTable(
        "results",
        "checks",
        f"""
        with runs as (
            select
                *,
                row_number() over (partition by check_name order by recorded_at desc) as age
            from {history.TABLE}
        )
        select check_name, suite, table_name, severity, status, failures, considered
        from runs
        where age = 1 and check_name in ({names})
        order by check_name
        """,
    )
    if engine.has_relation(failures.TABLE):
        yield PackTable(
            "results",
            "failures",
            f"""
            select check_name, suite, table_name, severity, failures, row_number, failing_row
            from {failures.TABLE}
            order by check_name, row_number
            """,
        )


def _period_column(model: Compiled, names: Sequence[str]) -> str | None:
    meta = model.config.get("meta")
    column = meta.get("period_column") if isinstance(meta, Mapping) else None
    if column is not None and column not in names:
        raise ProjectError(
            "R295",
            f"the model {model.name} has no column '{column}'",
            where=model.model.properties.where or Location(model.model.path),
            why="its config names it as meta.period_column, which says what is of a period",
            mend="name a date or timestamp column of the model, or leave it out",
        )
    return column


def _within(column: str, period: Period) -> str:
    """What has no date yet is of every period. A date is compared as its first moment."""
    moment = f"cast({column} as timestamp)"
    return (
        f"({column} is null or ({moment} >= timestamp '{period.first}' "
        f"and {moment} < timestamp '{period.last}'))"
    )


@dataclass(frozen=True)
class Written:
    """What a table's files hold."""

    table: PackTable
    columns: tuple[Column, ...]
    row_count: int


def write_table(engine: Engine, table: PackTable, place: Path) -> Written:
    """Both files of a table, in the pack's folder `place`."""
    answer = engine.query(table.sql)
    csv = place / f"{table.file}.csv"
    csv.parent.mkdir(exist_ok=True)
    row_count = _write_csv(answer, csv)
    _write_parquet(answer.columns, csv, csv.with_suffix(".parquet"))
    return Written(table, answer.columns, row_count)


def _write_csv(answer: Result, file: Path) -> int:
    count = 0
    with file.open("w", encoding="utf-8", newline="") as stream:
        stream.write(",".join(c.name for c in answer.columns) + "\n")
        for row in answer.rows:
            stream.write(",".join([_cell(value) for value in row]) + "\n")
            count += 1
    return count


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="microseconds")
    text = str(value)
    if not text or _QUOTED.intersection(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def _write_parquet(columns: Sequence[Column], csv: Path, parquet: Path) -> None:
    """From the CSV, so that both hold the same, and no more than a chunk is held in memory."""
    typed = ", ".join(f"{_literal(c.name)}: {_literal(parquet_type(c.type))}" for c in columns)
    memory = open_memory("duckdb")
    try:
        memory.execute("set preserve_insertion_order = true")
        memory.execute(
            f"copy (select * from read_csv({_literal(str(csv))}, columns = {{{typed}}}, "
            "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', "
            "nullstr = '', allow_quoted_nulls = false, new_line = '\\n', parallel = false, "
            f"max_line_size = {_LONGEST_LINE})) to {_literal(str(parquet))} (format parquet)"
        )
    finally:
        memory.close()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
