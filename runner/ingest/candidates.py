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
from runner.ingest import problems
from runner.ingest.formats import Format
from runner.ingest.functions import quoted
from runner.ingest.project_sql import told_by_line
from runner.ingest.shape import Field, Reading, Shape
from runner.ingest.shapes import SHAPES
from runner.sqltyping.types import Kind, SqlType, parse_type

_MAPPED = "ingest_mapped"
BOOKKEEPING = (
    "row_id",
    "raw",
    "refusal",
    "shape",
    "item",
)  # what a mapping gives beside the fields
# what the file says of all its rows, for those that do not say and a caller who does not either
_DEFAULTS = ("default_venue", "default_account")


@dataclass(frozen=True)
class Defaults:
    """What a row that does not say is taken to say."""

    venue: str | None
    account: str | None
    account_is_venue: bool = False  # a venue's own export does not name the account at the firm


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
    raw = "".join(f",\n    r.{name}" for name in ("raw", "item") if name in types)
    join = (
        f"\nleft join {instruments} as i on r.symbol = i.symbol"
        if shape.has_instrument and instruments
        else ""
    )
    has_floats = bool(staging.rows("select 1 from ingest_floats limit 1"))
    problem = problems.first_of(shape, bool(join), "refusal" in types, has_floats)
    staging.run(
        f"create or replace temp table {table} as\n"
        f"with mapped as (\n{_rows_of(form, shape, takes_rest)}\n),\n"
        f"texts as (\nselect\n    {_texts(shape, types, defaults)}\nfrom mapped as m\n),\n"
        f"fields as (\nselect *,\n    {_fields(shape, types)}\nfrom texts as t\n),\n"
        f"rows as (\nselect *,\n    {_rounding(shape, types)}\nfrom fields as f\n),\n"
        f"derived as (\nselect r.*{derived}\nfrom rows as r{kept}\n)\n"
        f"select\n    r.row_id{raw},\n    {problem} as problem,\n"
        f"    false as is_duplicate,\n    r.is_rounded as has_rounding,\n    {typed}{keeps}\n"
        f"from derived as r{join}"
    )
    return Candidates(table, shape, columns, "raw" in types, "item" in types)


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
    fields = [f.name for name in form.shapes for f in SHAPES[name].fields]
    known = {*fields, *BOOKKEEPING, *_DEFAULTS}
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
                else "it has: " + ", ".join(dict.fromkeys(fields)),
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


def _texts(shape: Shape, types: Mapping[str, str], defaults: Defaults) -> str:
    """Each field as text (`<name>_text`) and, where the source is typed, as it is."""
    listed = [name for name in BOOKKEEPING if name in types]
    listed = [f"m.{name}" for name in listed]
    for entry in shape.fields:
        name = entry.name
        source = types.get(name)
        if source is None:
            sql = "cast(null as varchar)"
        elif source == "VARCHAR" or source == "JSON":
            sql = f"nullif(cast(m.{name} as varchar), '')"
        else:
            sql = f"cast(m.{name} as varchar)"
            listed.append(f"m.{name} as {name}_given")
        if name in ("venue", "account"):
            sql = f"coalesce({', '.join([sql, *_defaults(name, types, defaults)])})"
        listed.append(f"{sql} as {name}_text")
    return ",\n    ".join(listed)


def _defaults(name: str, types: Mapping[str, str], defaults: Defaults) -> list[str]:
    """SQL of what stands for a venue or an account that a row does not name, in this order."""
    given = defaults.venue if name == "venue" else defaults.account
    found = [quoted(given)] if given is not None else []
    if f"default_{name}" in types:
        found.append(f"nullif(m.default_{name}, '')")
    if name == "account" and given is None and defaults.account_is_venue:
        found.append("venue_text")
    return found


def _fields(shape: Shape, types: Mapping[str, str]) -> str:
    read = [_read(f, types.get(f.name)) + f" as {f.name}" for f in shape.fields]
    # a field that cannot be read is refused, not rounded: its digits do not matter then
    rounded = [
        f"coalesce(ingest_is_rounded(t.{name}_text), false) as {name}_rounded"
        for name in _may_round(shape, types)
    ]
    return ",\n    ".join(read + rounded)


def _read(entry: Field, source: str | None) -> str:
    """SQL that reads one field; null where it is empty or cannot be read."""
    given, words = f"t.{entry.name}_given", f"t.{entry.name}_text"
    kind = parse_type(source).kind if source else Kind.TEXT
    if entry.reading is Reading.DECIMAL:
        sql = _read_decimal(given, words, parse_type(source) if source else None)
    elif entry.reading is Reading.TIME:
        if source is not None and source.startswith("TIMESTAMP WITH TIME ZONE"):
            sql = f"timezone('UTC', {given})"
        elif source is not None and (source.startswith("TIMESTAMP") or kind is Kind.DATE):
            sql = f"cast({given} as timestamp)"
        else:
            sql = f"ingest_time({words})"
    elif entry.reading is Reading.BOOLEAN:
        sql = given if kind is Kind.BOOLEAN else f"ingest_boolean({words})"
    elif entry.reading is Reading.INTEGER:
        sql = f"ingest_integer({words})"
    elif entry.reading is Reading.JSON:
        sql = f"case when json_valid({words}) then {words} end"
    elif entry.reading is Reading.WORD:
        listed = ", ".join(quoted(w) for w in entry.words)
        sql = f"case when upper({words}) in ({listed}) then upper({words}) end"
    else:
        sql = words
    if entry.default is not None:
        sql = f"case when {words} is null then {entry.default} else {sql} end"
    return sql


def _read_decimal(given: str, words: str, source: SqlType | None) -> str:
    if source is not None and source.kind in (Kind.INTEGER, Kind.HUGEINT):
        return f"try_cast({given} as decimal(38, 12))"
    if source is not None and source.kind is Kind.DECIMAL and (source.scale or 0) <= 12:
        return f"try_cast({given} as decimal(38, 12))"
    return f"ingest_decimal({words})"


def _rounding(shape: Shape, types: Mapping[str, str]) -> str:
    """Whether a field had more decimals than a fact holds, and the texts of those that had."""
    names = _may_round(shape, types)
    if not names:
        return "false as is_rounded,\n    cast(null as varchar) as raw_values"
    flag = " or ".join(f"f.{name}_rounded" for name in names)
    parts = ", ".join(
        f"case when f.{name}_rounded then '\"{name}\":\"' || trim(f.{name}_text) || '\"' end"
        for name in names
    )
    return (
        f"{flag} as is_rounded,\n"
        f"    case when {flag} then '{{' || concat_ws(',', {parts}) || '}}' end as raw_values"
    )


def _may_round(shape: Shape, types: Mapping[str, str]) -> list[str]:
    """The decimal fields whose source may have more than 12 decimals."""
    names = []
    for entry in shape.fields:
        parsed = parse_type(types.get(entry.name, "integer"))
        exact = parsed.kind in (Kind.INTEGER, Kind.HUGEINT) or (
            parsed.kind is Kind.DECIMAL and (parsed.scale or 0) <= 12
        )
        if entry.reading is Reading.DECIMAL and not exact:
            names.append(entry.name)
    return names


def type_sql(column_type: SqlType) -> str:
    return {Kind.TEXT: "varchar", Kind.JSON: "varchar", Kind.INTEGER: "bigint"}.get(
        column_type.kind, str(column_type)
    )
