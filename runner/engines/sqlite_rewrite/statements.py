"""What a caller asks for: a query or a statement, rewritten whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp
from sqlglot.errors import SqlglotError

from runner.engines.sqlite_rewrite import definitions, text
from runner.engines.sqlite_rewrite.queries import QueryWriter
from runner.engines.sqlite_rewrite.refusal import misnamed, only, refusal, unreadable
from runner.errors import EngineError
from runner.sqltyping.infer import Typed, infer, infer_expression
from runner.sqltyping.named import named_in
from runner.sqltyping.names import Columns, Schema, Source
from runner.sqltyping.parsing import parse
from runner.sqltyping.types import SqlType

_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/""", re.DOTALL)
_REMEMBERED = 1024  # queries: a model's is described before it is run
_BARE_FRACTION = re.compile(r"(?<![\w.\"'\]])\.\d+")

_Named = tuple[tuple[str, tuple[tuple[str, SqlType], ...]], ...]


@dataclass(frozen=True)
class Rewritten:
    """SQLite SQL, and the output columns with the types DuckDB gives them."""

    sql: str
    columns: list[tuple[str, SqlType]]


def rewrite(sql: str, schema: Schema, into: list[SqlType] | None = None) -> Rewritten:
    """A query of DuckDB's as a query of SQLite's with the same answer.

    `into` casts the columns to the types of a table they are inserted into. Raises
    TranslationError R330 over anything whose answer is not certain to be the same.
    """
    try:
        named = tuple((name, tuple(schema[name].items())) for name in named_in(sql, schema))
        return _rewrite_once(sql, named, None if into is None else tuple(into))
    except EngineError:
        # what is said of it may name any relation
        return _rewrite(sql, schema, into)


@lru_cache(_REMEMBERED)
def _rewrite_once(sql: str, named: _Named, into: tuple[SqlType, ...] | None) -> Rewritten:
    schema = {name: dict(columns) for name, columns in named}
    return _rewrite(sql, schema, None if into is None else list(into))


def _rewrite(sql: str, schema: Schema, into: list[SqlType] | None) -> Rewritten:
    tree = read(sql)
    if not isinstance(tree, exp.Query | exp.Values):
        raise refusal(tree, f"{tree.key.upper()} is not a query", "write a SELECT")
    typed = infer(tree, schema)
    check(typed)
    if into is None:
        return Rewritten(QueryWriter(typed).query(tree), typed.columns)
    if len(into) != len(typed.columns):
        raise refusal(tree, f"{len(typed.columns)} columns for {len(into)}", "name the columns")
    columns = [(name, type_) for (name, _), type_ in zip(typed.columns, into, strict=True)]
    return Rewritten(stored(typed, tree, into), columns)


def rewrite_statement(sql: str, schema: Schema, *, guards: bool = True) -> str:
    """One DuckDB statement of any kind as SQLite SQL; "" for a COMMENT, which SQLite lacks.

    CREATE OR REPLACE and CREATE TABLE AS become several statements, parted by semicolons. With
    `guards`, a created table refuses values that are not canonical for their column. Raises
    TranslationError R330.
    """
    tree = read(sql)
    if isinstance(tree, exp.Query | exp.Values):
        return rewrite(sql, schema).sql
    if isinstance(tree, exp.Comment):
        return ""
    if isinstance(tree, exp.Insert):
        return _insert(tree, schema)
    if isinstance(tree, exp.Delete):
        return _delete(tree, schema)
    if isinstance(tree, exp.Update):
        return _update(tree, schema)
    if isinstance(tree, exp.Create):
        return _create(tree, schema, guards)
    if isinstance(tree, exp.Drop):
        return definitions.drop(tree)
    raise refusal(tree, f"{tree.key.upper()} is not translated", "use INSERT, CREATE or a query")


def read(sql: str) -> exp.Expr:
    """The tree of one statement; R310 where it is none, R330 where sqlglot cannot read it."""
    bare = _BARE_FRACTION.search(_QUOTED.sub("''", sql))
    if bare is not None:
        # sqlglot reads it as 0.5, which is one digit wider: seen once it becomes text
        raise refusal(bare[0], "a number starts with its point", f"write 0{bare[0]}")
    try:
        return parse(sql)
    except SqlglotError as error:
        raise unreadable(sql, error) from None


def check(typed: Typed) -> None:
    """Raise over the first thing inference could not type."""
    if typed.problems:
        problem = typed.problems[0]
        if problem.why.startswith("unknown "):
            raise misnamed(problem.node, problem.why)
        raise refusal(problem.node, problem.why, "name what exists, and cast what has no type")


def stored(typed: Typed, tree: exp.Expr, columns: list[SqlType]) -> str:
    """A query whose columns are cast, as INSERT casts them, to the types of `columns`."""
    items = typed.items(tree)
    if len(items) != len(columns):
        raise refusal(tree, f"{len(items)} values for {len(columns)} columns", "name the columns")
    return QueryWriter(typed).query(tree, columns, stored=True)


def _table(node: exp.Expr, schema: Schema) -> tuple[str, Source]:
    """A statement's target table, as SQLite SQL and as a source of columns."""
    only(node, "this", "db")
    known = next(
        (schema[key] for key in (f"{node.text('db')}.{node.name}".lower(), node.name.lower())
         if key in schema),
        None,
    )  # fmt: skip
    if known is None:
        raise refusal(node, f"the table {node.name} is not known", "create it first")
    columns: Columns = {name.lower(): type_ for name, type_ in known.items()}
    return definitions.table_name(node), Source(node.name.lower(), columns, is_stored=True)


def _insert(tree: exp.Insert, schema: Schema) -> str:
    only(tree, "this", "expression", "by_name", "conflict", "ignore", "alternative", "with_")
    target = tree.this
    listed = (
        [column.name for column in target.expressions] if isinstance(target, exp.Schema) else []
    )
    table, source = _table(target.this if listed else target, schema)
    if tree.args.get("with_") is not None:
        tree.expression.set("with_", tree.args["with_"])
    typed = infer(tree.expression, schema)
    check(typed)
    if tree.args.get("by_name"):
        listed = [name for name, _ in typed.columns]
    names = listed or list(source.columns)
    unknown = [name for name in names if name.lower() not in source.columns]
    if unknown:
        raise refusal(tree, f"{table} has no column {unknown[0]}", "name a column it has")
    types = [source.columns[name.lower()] for name in names]
    body = stored(typed, tree.expression, types)
    columns = ", ".join(text.name(name) for name in names)
    if _skips_conflicts(tree):
        if not isinstance(tree.expression, exp.Values):
            # SQLite would read ON after a bare FROM as the condition of a join
            body = f"select *\nfrom {text.nested(body)}\nwhere true"
        body += "\non conflict do nothing"
    return f"insert into {table} ({columns})\n{body}"


def _skips_conflicts(tree: exp.Insert) -> bool:
    """Whether it says ON CONFLICT DO NOTHING, one way or another; anything else is refused."""
    conflict, alternative = tree.args.get("conflict"), tree.args.get("alternative")
    nothing = alternative == "ignore" or bool(tree.args.get("ignore"))
    if conflict is not None:
        only(conflict, "action")
        nothing = conflict.text("action").upper() == "DO NOTHING"
    if not nothing and (conflict is not None or alternative):
        raise refusal(tree, "facts are never replaced", "use on conflict do nothing")
    return nothing


def _delete(tree: exp.Delete, schema: Schema) -> str:
    only(tree, "this", "where")
    table, source = _table(tree.this, schema)
    lines = [f"delete from {table}"]
    where = tree.args.get("where")
    if where is not None:
        typed = infer_expression(where.this, source, schema)
        check(typed)
        lines.append(f"where {QueryWriter(typed).conditions(where.this)}")
    return "\n".join(lines)


def _update(tree: exp.Update, schema: Schema) -> str:
    only(tree, "this", "expressions", "where")
    table, source = _table(tree.this, schema)
    changes = []
    for change in tree.expressions:
        column = change.this.name.lower()
        if column not in source.columns:
            raise refusal(change, f"{table} has no column {column}", "name a column it has")
        typed = infer_expression(change.expression, source, schema)
        check(typed)
        value = QueryWriter(typed).cast(change.expression, source.columns[column])
        changes.append(f"{text.name(column)} = {value}")
    lines = [f"update {table}", "set", text.indent(",\n".join(changes))]
    where = tree.args.get("where")
    if where is not None:
        typed = infer_expression(where.this, source, schema)
        check(typed)
        lines.append(f"where {QueryWriter(typed).conditions(where.this)}")
    return "\n".join(lines)


def _create(tree: exp.Create, schema: Schema, guards: bool) -> str:
    kind = str(tree.args.get("kind") or "").upper()
    if kind == "INDEX":
        return definitions.index(tree, schema)
    if kind == "TABLE" and tree.args.get("expression") is None:
        return definitions.table(tree, schema, guards=guards)
    if kind not in ("TABLE", "VIEW"):
        raise refusal(tree, f"CREATE {kind} is not translated", "create a table, view or index")
    only(tree, "this", "kind", "expression", "exists", "replace", "properties")
    typed = infer(tree.expression, schema)
    check(typed)
    names = [name for name, _ in typed.columns]
    target = tree.this
    if isinstance(target, exp.Schema):
        names, target = [column.name for column in target.expressions], target.this
    query = QueryWriter(typed).query(tree.expression, names=names)
    table = definitions.table_name(target)
    temporary = definitions.temporary(tree)
    before = f"drop {kind.lower()} if exists {table};\n" if tree.args.get("replace") else ""
    missing = " if not exists" if tree.args.get("exists") else ""
    if kind == "VIEW":
        return f"{before}create{temporary} view{missing} {table} as\n{query}"
    if missing:
        raise refusal(tree, "it would insert into a table that exists", "drop the table first")
    types = [type_ for _, type_ in typed.columns]
    listed = definitions.column_list(tree, names, types)
    return f"{before}create{temporary} table {table} (\n{listed}\n);\ninsert into {table}\n{query}"
