"""From mapped text to candidate facts: every row read, judged, and given its id, in one query.

What is wrong with a row by itself is said here (problems.py); what needs other rows is judged after
(references.py, duplicates.py, companions.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.engines.base import Column
from runner.engines.staging import Staging
from runner.errors import InputError, Location, ProjectError, nearest
from runner.ingest import fields, problems
from runner.ingest.fields import BOOKKEEPING, Defaults
from runner.ingest.formats import Format
from runner.ingest.functions import quoted
from runner.ingest.project_sql import told_by_line
from runner.ingest.shape import Shape
from runner.ingest.shapes import SHAPES
from runner.sqltyping.types import Kind, SqlType

_MAPPED = "ingest_mapped"
# what the file says of all its rows, for those that do not say and a caller who does not either
_DEFAULTS = ("default_venue", "default_account")


@dataclass(frozen=True)
class Candidates:
    """A staging table of candidate facts: the fact's columns, and what is known of each row.

    `row_id` is the source row, `problem` "code reason" or null, `is_duplicate` whether the ledger
    (or an earlier row) has it already, `raw` the row verbatim where the mapping gives a part of it.
    """

    table: str
    shape: Shape
    columns: tuple[Column, ...]
    has_raw: bool
    has_item: bool = False  # `item`: which of the things its source row holds a candidate is of
    has_of_rows: bool = False  # `of_rows`: all source rows that it was read from
    made_of: Shape | None = None  # the shape of the rows it was made of, where not its own

    @property
    def fresh(self) -> str:
        """SQL condition of the rows to append."""
        return "problem is null and not is_duplicate"

    @property
    def fact_key(self) -> str:
        """The column that names the fact a refused row would have been."""
        return (self.made_of or self.shape).key


def mapped(staging: Staging, form: Format) -> Mapping[str, str]:
    """Run a mapping of several shapes once; the columns it gives, and their types."""
    types = _mapped_types(staging, form)
    if len(form.shapes) == 1:
        return types
    for name in ("shape", "item"):
        if name not in types:
            raise ProjectError(
                "R281",
                f"the mapping of {form.name} does not give {name}",
                where=Location(form.file),
                why="its rows become facts of several shapes",
                mend="`shape` says which one, `item` which rows are of one thing",
            )
    staging.run(f"create or replace temp table {_MAPPED} as\n{form.sql}")
    return types


def build(
    staging: Staging,
    form: Format,
    shape: Shape,
    types: Mapping[str, str],
    ledger_columns: tuple[Column, ...],
    instruments: str | None,
    defaults: Defaults,
    *,
    takes_rest: bool,
) -> Candidates:
    """Read and judge every mapped row of a shape into a staging table."""
    table = f"ingest_{shape.name}"
    columns = tuple(c for c in ledger_columns if c.name in shape.columns)
    typed = ",\n    ".join(
        f"cast({shape.columns[c.name]} as {type_sql(c.type)}) as {c.name}" for c in columns
    )
    keeps = "".join(f",\n    {sql} as keep_{name}" for name, sql in shape.keeps.items())
    derived = "".join(f",\n    {sql} as {name}" for name, sql in shape.derives.items())
    kept = f"\nwhere ({shape.leaves_out}) is not true" if shape.leaves_out else ""
    raw = "".join(f",\n    r.{name}" for name in ("raw", "item", "of_rows") if name in types)
    join = (
        f"\nleft join {instruments} as i on r.symbol = i.symbol"
        if shape.has_instrument and instruments
        else ""
    )
    has_floats = bool(staging.rows("select 1 from ingest_floats limit 1"))
    problem = problems.first_of(shape, bool(join), "refusal" in types, has_floats)
    query = (
        f"with mapped as (\n{_rows_of(form, shape, takes_rest)}\n),\n"
        f"texts as (\nselect\n    {fields.texts(shape, types, defaults)}\nfrom mapped as m\n),\n"
        f"fields as (\nselect *,\n    {fields.values(shape, types)}\nfrom texts as t\n),\n"
        f"rows as (\nselect *,\n    {fields.rounding(shape, types)}\nfrom fields as f\n),\n"
        f"derived as (\nselect r.*{derived}\nfrom rows as r{kept}\n)\n"
        f"select\n    r.row_id{raw},\n    {problem} as problem,\n"
        f"    false as is_duplicate,\n    r.is_rounded as has_rounding,\n    {typed}{keeps}\n"
        f"from derived as r{join}"
    )
    query = fields.worded_where_needed(query, shape, types)
    staging.run(f"create or replace temp table {table} as\n{query}")
    given = ("raw" in types, "item" in types, "of_rows" in types)
    return Candidates(table, shape, columns, *given)


def _rows_of(form: Format, shape: Shape, takes_rest: bool) -> str:
    """The mapping, or its rows of one shape; `takes_rest`: those that say none it has, too."""
    if len(form.shapes) == 1:
        return form.sql
    others = ", ".join(quoted(name) for name in form.shapes if name != shape.name)
    condition = (
        f"coalesce(shape, '') not in ({others})" if takes_rest else f"shape = {quoted(shape.name)}"
    )
    return f"select * from {_MAPPED} where {condition}"


def _mapped_types(staging: Staging, form: Format) -> Mapping[str, str]:
    """Column name -> DuckDB type of what the mapping gives; refuses floats and unknown names."""
    with told_by_line(
        form.file,
        form.sql,
        1,
        code="R281",
        what=f"DuckDB refuses the mapping of {form.name}",
        mend="correct the query; macros it is written with are named in its header",
    ):
        types = {row[0]: row[1] for row in staging.rows(f"describe {form.sql}")}
    named = [f.name for name in form.shapes for f in SHAPES[name].fields]
    known = {*named, *BOOKKEEPING, *_DEFAULTS}
    for name, type_name in types.items():
        if name not in known:
            near = nearest(name, known)
            raise ProjectError(
                "R281",
                f"the mapping of {form.name} gives '{name}', "
                f"which a {' or '.join(form.shapes)} has not",
                where=Location(form.file),
                mend=f"did you mean '{near}'?"
                if near
                else "it has: " + ", ".join(dict.fromkeys(named)),
            )
        if type_name in ("FLOAT", "DOUBLE") or type_name.startswith(("FLOAT[", "DOUBLE[")):
            raise InputError(
                "R275",
                f"the mapping of {form.name} makes '{name}' {type_name}: a float where a decimal "
                "belongs",
                where=Location(form.file),
                why="a binary float does not hold 0.1 exactly, and nobody can tell what was meant",
                mend="give the field as text, or cast it to decimal(38, 12)",
            )
    if "row_id" not in types:
        raise ProjectError(
            "R281",
            f"the mapping of {form.name} does not give row_id",
            where=Location(form.file),
            why="without it a refused row cannot be traced to its line",
            mend="select row_id from ingest_raw, too",
        )
    return types


def type_sql(column_type: SqlType) -> str:
    return {Kind.TEXT: "varchar", Kind.JSON: "varchar", Kind.INTEGER: "bigint"}.get(
        column_type.kind, str(column_type)
    )
