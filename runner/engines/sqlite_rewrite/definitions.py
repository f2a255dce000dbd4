"""CREATE TABLE with its constraints, CREATE INDEX, DROP."""

from __future__ import annotations

from sqlglot import exp

from runner.engines.sqlite_rewrite import text
from runner.engines.sqlite_rewrite.queries import QueryWriter
from runner.engines.sqlite_rewrite.refusal import only, refusal
from runner.engines.sqlite_rewrite.types import sqlite_type
from runner.sqltyping.expressions import read_type
from runner.sqltyping.infer import infer_expression
from runner.sqltyping.names import Columns, Schema, Source
from runner.sqltyping.types import Kind, SqlType

# the test a stored value must pass to be canonical: {} is the column
_STAMP = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_TIME = "[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]"
_GUARDS = {
    Kind.TIMESTAMP: f"{{}} glob '{_STAMP} {_TIME}'",
    Kind.DATE: f"{{}} glob '{_STAMP}'",
    Kind.BOOLEAN: "{} in (0, 1)",
    Kind.INTEGER: "typeof({}) in ('integer', 'null')",
    Kind.UUID: "{0} = lower({0}) and length({0}) = 36",
    Kind.TEXT: "typeof({}) in ('text', 'null')",
    Kind.DOUBLE: "typeof({}) in ('real', 'null')",
}


def table_name(node: exp.Expr) -> str:
    only(node, "this", "db")
    name = text.name(node.name)
    return f"{text.name(node.text('db'))}.{name}" if node.text("db") else name


def temporary(tree: exp.Create) -> str:
    """ " temp" for a temporary table or view; any other property is refused."""
    properties = tree.args.get("properties")
    if properties is None:
        return ""
    if any(not isinstance(one, exp.TemporaryProperty) for one in properties.expressions):
        raise refusal(tree, "it has properties SQLite lacks", "leave them out")
    return " temp"


def column_list(tree: exp.Expr, names: list[str], types: list[SqlType]) -> str:
    """Column definitions without constraints."""
    lines = []
    for name, type_ in zip(names, types, strict=True):
        lines.append(f"{text.name(name)} {_declared(tree, type_)}")
    return text.indent(",\n".join(lines))


def _declared(node: exp.Expr, type_: SqlType) -> str:
    try:
        return sqlite_type(type_)
    except ValueError as error:
        raise refusal(node, str(error), "choose a type both engines hold") from None


def drop(tree: exp.Drop) -> str:
    kind = str(tree.args.get("kind") or "").lower()
    only(tree, "exists", "tables", "kind", "restrict")
    if kind not in ("table", "view", "index") or len(tree.args["tables"]) != 1:
        raise refusal(tree, "only one table, view or index can be dropped", "drop each by itself")
    existing = " if exists" if tree.args.get("exists") else ""
    return f"drop {kind}{existing} {table_name(tree.args['tables'][0])}"


# CREATE TABLE


def table(tree: exp.Create, schema: Schema, *, guards: bool) -> str:
    """CREATE TABLE (…) with primary and foreign keys, UNIQUE, NOT NULL, CHECK and DEFAULT."""
    only(tree, "this", "kind", "exists", "replace", "properties")
    if not isinstance(tree.this, exp.Schema):
        raise refusal(tree, "it has no columns", "list them")
    name = table_name(tree.this.this)
    columns = [part for part in tree.this.expressions if isinstance(part, exp.ColumnDef)]
    others = [part for part in tree.this.expressions if not isinstance(part, exp.ColumnDef)]
    types = {column.name.lower(): read_type(_kind(column)) for column in columns}
    source = Source(tree.this.this.name.lower(), types, bare=True)
    keys = _key_columns(others)
    lines = [_column(column, source, schema, keys, guards) for column in columns]
    lines += [_constraint(part, source, schema) for part in others]
    missing = " if not exists" if tree.args.get("exists") else ""
    before = f"drop table if exists {name};\n" if tree.args.get("replace") else ""
    listed = text.indent(",\n".join(lines))
    return f"{before}create{temporary(tree)} table{missing} {name} (\n{listed}\n)"


def _kind(column: exp.ColumnDef) -> exp.DataType:
    kind = column.args.get("kind")
    if not isinstance(kind, exp.DataType):
        raise refusal(column, "the column has no type", "give it one")
    return kind


def _key_columns(constraints: list[exp.Expr]) -> set[str]:
    """Columns of a table-level primary key, which DuckDB holds NOT NULL and SQLite does not."""
    found = set()
    for part in constraints:
        inner = part.expressions[0] if isinstance(part, exp.Constraint) else part
        if isinstance(inner, exp.PrimaryKey):
            found |= {key.name.lower() for key in inner.expressions}
    return found


def _column(
    column: exp.ColumnDef, source: Source, schema: Schema, keys: set[str], guards: bool
) -> str:
    only(column, "this", "kind", "constraints")
    name, type_ = text.name(column.name), source.columns[column.name.lower()]
    parts = [name, _declared(column, type_)]
    written = [_column_constraint(one, column, source, schema) for one in column.constraints]
    wanted = column.name.lower() in keys or "primary key" in written
    if wanted and "not null" not in written:
        parts.append("not null")
    parts += [one for one in written if one]
    if guards:
        parts += _guard(name, type_)
    return " ".join(parts)


def _guard(name: str, type_: SqlType) -> list[str]:
    if type_.kind is Kind.DECIMAL:
        return [f"check (decimal_is_canonical({name}, {type_.precision}, {type_.scale}))"]
    test = _GUARDS.get(type_.kind)
    return [f"check ({test.format(name)})"] if test else []


def _column_constraint(
    constraint: exp.Expr, column: exp.ColumnDef, source: Source, schema: Schema
) -> str:
    kind = constraint.args["kind"]
    prefix = f"constraint {text.name(constraint.name)} " if constraint.args.get("this") else ""
    if isinstance(kind, exp.NotNullColumnConstraint):
        return "" if kind.args.get("allow_null") else f"{prefix}not null"
    if isinstance(kind, exp.PrimaryKeyColumnConstraint):
        only(kind)
        return f"{prefix}primary key"
    if isinstance(kind, exp.UniqueColumnConstraint):
        return f"{prefix}unique"
    if isinstance(kind, exp.CheckColumnConstraint):
        return f"{prefix}check ({_expression(kind.this, source, schema)})"
    if isinstance(kind, exp.DefaultColumnConstraint):
        type_ = source.columns[column.name.lower()]
        typed = infer_expression(kind.this, Source("", {}), schema)
        value = QueryWriter(typed).cast(kind.this, type_)
        return f"{prefix}default {text.atom(value)}"
    if isinstance(kind, exp.Reference):
        return prefix + _reference(kind)
    raise refusal(column, f"{kind.key} is not translated", "use NOT NULL, CHECK, DEFAULT or keys")


def _expression(node: exp.Expr, source: Source, schema: Schema) -> str:
    """A condition over the table's own columns."""
    typed = infer_expression(node, source, schema)
    if typed.problems:
        problem = typed.problems[0]
        raise refusal(problem.node, problem.why, "name the table's columns")
    return QueryWriter(typed).condition(node)


def _reference(node: exp.Expr) -> str:
    only(node, "this")
    target = node.this
    if not isinstance(target, exp.Schema):
        return f"references {table_name(target)}"
    return f"references {table_name(target.this)} ({_names(target.expressions)})"


def _names(nodes: list[exp.Expr]) -> str:
    return ", ".join(text.name(node.name) for node in nodes)


def _constraint(node: exp.Expr, source: Source, schema: Schema) -> str:
    """A table-level constraint."""
    if isinstance(node, exp.Constraint):
        if len(node.expressions) != 1:
            raise refusal(node, "it is several constraints in one", "name each")
        return f"constraint {text.name(node.name)} " + _constraint(
            node.expressions[0], source, schema
        )
    if isinstance(node, exp.PrimaryKey):
        return f"primary key ({_names(node.expressions)})"
    if isinstance(node, exp.UniqueColumnConstraint):
        return f"unique ({_names(node.this.expressions)})"
    if isinstance(node, exp.CheckColumnConstraint):
        return f"check ({_expression(node.this, source, schema)})"
    if isinstance(node, exp.ForeignKey):
        only(node, "expressions", "reference")
        return f"foreign key ({_names(node.expressions)}) {_reference(node.args['reference'])}"
    raise refusal(node, f"{node.key} is not translated", "use CHECK, UNIQUE or keys")


# CREATE INDEX


def index(tree: exp.Create, schema: Schema) -> str:
    """CREATE [UNIQUE] INDEX over columns or expressions."""
    only(tree, "this", "kind", "unique", "exists")
    inner = tree.this
    only(inner, "this", "table", "params")
    only(inner.args["params"], "columns", "where")
    table = inner.args["table"]
    known: Columns = {
        name.lower(): type_ for name, type_ in schema.get(table.name.lower(), {}).items()
    }
    if not known:
        raise refusal(table, f"the table {table.name} is not known", "create it first")
    source = Source(table.name.lower(), known, bare=True)
    keys = []
    for term in inner.args["params"].args["columns"]:
        typed = infer_expression(term.this, source, schema)
        if typed.problems:
            raise refusal(term, typed.problems[0].why, "name the table's columns")
        direction = " desc" if term.args.get("desc") else ""
        keys.append(f"{QueryWriter(typed).sql(term.this)}{direction}")
    unique = "unique " if tree.args.get("unique") else ""
    missing = "if not exists " if tree.args.get("exists") else ""
    where = inner.args["params"].args.get("where")
    partial = f"\nwhere {_expression(where.this, source, schema)}" if where is not None else ""
    name = text.name(inner.name)
    return (
        f"create {unique}index {missing}{name} on {table_name(table)} ({', '.join(keys)}){partial}"
    )
