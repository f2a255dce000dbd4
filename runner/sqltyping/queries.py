"""The columns of every query: FROM, joins, stars, set operations, WITH."""

from __future__ import annotations

from sqlglot import exp

from runner.sqltyping import rules
from runner.sqltyping.expressions import ExpressionTyper
from runner.sqltyping.names import Columns, Item, Merged, Schema, Scope, Source, Target
from runner.sqltyping.types import Kind, SqlType


class QueryTyper(ExpressionTyper):
    """Types whole queries against a schema."""

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self.schema = schema
        self.items: dict[int, list[Item]] = {}  # id(query) -> its output columns
        self.scopes: dict[int, Scope] = {}  # id(select) -> what is visible in it
        self.froms: dict[int, Source] = {}  # id(table, subquery …) -> the source it is

    # queries

    def query(self, tree: exp.Expr, parent: Scope | None) -> list[Item]:
        scope = Scope(parent=parent, ctes=dict(parent.ctes) if parent else {})
        with_ = tree.args.get("with_")
        if with_ is not None:
            for cte in with_.expressions:
                self._cte(cte, scope, recursive=bool(with_.args.get("recursive")))
        if isinstance(tree, exp.Subquery):
            items = self.query(tree.this, scope)
        elif isinstance(tree, exp.Select):
            items = self._select(tree, scope)
        elif isinstance(tree, exp.SetOperation):
            items = self._set_operation(tree, scope)
        elif isinstance(tree, exp.Values):
            items = self._values(tree, scope)
        else:
            self.problem(tree, f"{tree.key.upper()} is not a query that can be typed")
            items = []
        self.items[id(tree)] = items
        return items

    def _cte(self, cte: exp.Expr, scope: Scope, *, recursive: bool) -> None:
        name, body = cte.alias.lower(), cte.this
        names = cte.args["alias"].columns
        if recursive and isinstance(body, exp.Union):
            # the part before UNION sets the types; the other part reads the table so typed
            inner = Scope(parent=scope, ctes=dict(scope.ctes))
            base = self.query(body.left, inner)
            scope.ctes[name] = self.columns(cte, base, names)
            items = self.query(body, scope)
            self.items[id(body)] = [Item(i.name, i.node, b.type_) for i, b in zip(items, base)]  # noqa: B905
            return
        scope.ctes[name] = self.columns(cte, self.query(body, scope), names)

    def columns(self, node: exp.Expr, items: list[Item], names: list[exp.Identifier]) -> Columns:
        """The columns of a derived table, renamed by its column list if it has one."""
        if names and len(names) != len(items):
            self.problem(node, f"{len(names)} column names for {len(items)} columns")
        found: Columns = {}
        for position, item in enumerate(items):
            name = names[position].name if position < len(names) else item.name
            if name.lower() in found:
                self.problem(node, f"two columns are called {name}")
                continue
            # past its own query a literal is of the type it has by itself
            found[name.lower()] = _settled(item.type_)
        return found

    def _set_operation(self, tree: exp.SetOperation, scope: Scope) -> list[Item]:
        left, right = self.query(tree.this, scope), self.query(tree.expression, scope)
        if len(left) != len(right):
            self.problem(tree, f"{tree.key.upper()} of {len(left)} and {len(right)} columns")
        merged = []
        for one, other in zip(left, right, strict=False):
            types = [_settled(one.type_), _settled(other.type_)]
            merged.append(Item(one.name, one.node, self.merge(one.node, types)))
        return merged

    def _values(self, tree: exp.Values, scope: Scope) -> list[Item]:
        rows = [row.expressions for row in tree.expressions]
        for row in rows:
            for cell in row:
                self.expr(cell, scope)
        items = []
        for position, first in enumerate(rows[0]):
            types = [self.types[id(row[position])] for row in rows if position < len(row)]
            items.append(Item(f"col{position}", first, _settled(self.merge(first, types))))
        if any(len(row) != len(rows[0]) for row in rows):
            self.problem(tree, "the rows of VALUES differ in length")
        return items

    # one SELECT

    def _select(self, tree: exp.Select, scope: Scope) -> list[Item]:
        self.scopes[id(tree)] = scope
        if tree.args.get("from_") is not None:
            self._add_source(tree.args["from_"].this, scope)
        for join in tree.args.get("joins") or []:
            self._join(join, scope)
        items: list[Item] = []
        for node in tree.expressions:
            items.extend(self._output(node, scope))
        for window in tree.args.get("windows") or []:
            self.expr(window, scope)
        for key in ("where", "having", "qualify"):
            if tree.args.get(key) is not None:
                self.expr(tree.args[key].this, scope)
        group = tree.args.get("group")
        for node in group.expressions if group is not None else []:
            if not _is_position(node):
                self.expr(node, scope)
        self._order(tree, scope)
        return items

    def _order(self, tree: exp.Select, scope: Scope) -> None:
        """ORDER BY: a bare name is an output's before it is a column's."""
        order = tree.args.get("order")
        for ordered in order.expressions if order is not None else []:
            node = ordered.this
            if _is_position(node) or isinstance(node, exp.Var):
                continue
            named = isinstance(node, exp.Column) and not node.table
            alias = scope.aliases.get(node.name.lower()) if named else None
            if alias is not None:
                self.targets[id(node)] = Target(column=node.name.lower(), alias=alias)
                self.types[id(node)] = self.types[id(alias)]
            else:
                self.expr(node, scope)

    def _output(self, node: exp.Expr, scope: Scope) -> list[Item]:
        star = node.this if isinstance(node, exp.Column) else node
        if isinstance(star, exp.Star):
            return self._star(node, star, scope)
        type_ = self.expr(node, scope)
        if isinstance(node, exp.Alias):
            inner, key = node.this, node.alias.lower()
            if key in scope.aliases:
                self.problem(node, f"two columns are called {node.alias}")
            scope.aliases[key] = inner
            return [Item(node.alias, inner, type_)]
        return [Item(_unnamed(node), node, type_)]

    def _star(self, node: exp.Expr, star: exp.Star, scope: Scope) -> list[Item]:
        """`*`, `t.*` with EXCLUDE and REPLACE, as the columns they stand for."""
        for key, value in star.args.items():
            if value and key not in ("except_", "replace"):
                self.problem(node, f"* {key.strip('_')} is not supported")
        excluded = {column.name.lower() for column in star.args.get("except_") or []}
        replaced: dict[str, exp.Expr] = {}
        for alias in star.args.get("replace") or []:
            self.expr(alias, scope)
            replaced[alias.alias.lower()] = alias.this
        table = node.text("table").lower() if isinstance(node, exp.Column) else ""
        names = self._star_columns(node, table, scope)
        known = {name for name, _ in names}
        for name in (excluded | set(replaced)) - known:
            self.problem(node, f"* has no column {name} to leave out or replace")
        items = []
        for name, column in names:
            if name in excluded:
                continue
            value = replaced.get(name, column)
            if value is column:
                self.kept.append(column)
                self.expr(column, scope)
            items.append(Item(name, value, self.types[id(value)]))
        return items

    def _star_columns(
        self, node: exp.Expr, table: str, scope: Scope
    ) -> list[tuple[str, exp.Column]]:
        if table:
            if table not in scope.sources:
                self.problem(node, f"unknown table {table}")
                return []
            return [(name, exp.column(name, table)) for name in scope.sources[table].columns]
        found: list[tuple[str, exp.Column]] = []
        seen: set[str] = set()
        for source in scope.sources.values():
            for name in source.columns:
                if name in scope.merged:
                    if name not in seen:
                        found.append((name, exp.column(name)))
                    seen.add(name)
                else:
                    found.append((name, exp.column(name, source.name)))
        return found

    # FROM

    def _add_source(self, node: exp.Expr, scope: Scope) -> Source | None:
        alias = node.args.get("alias")
        names = alias.columns if alias is not None else []
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            columns = self._table(node, scope)
            if names:
                items = [Item(name, node, type_) for name, type_ in columns.items()]
                columns = self.columns(node, items, names)
        elif isinstance(node, exp.Subquery | exp.Values):
            columns = self.columns(node, self.query(node, _outer(scope)), names)
        else:
            self.problem(node, f"{node.sql('duckdb')} is not a table that can be typed")
            columns = {}
        name = (node.alias_or_name or f"subquery_{len(scope.sources) + 1}").lower()
        if name in scope.sources:
            self.problem(node, f"two tables are called {name}")
        is_cte = isinstance(node, exp.Table) and not node.db and node.name.lower() in scope.ctes
        source = Source(name, columns, is_stored=isinstance(node, exp.Table) and not is_cte)
        scope.sources[name] = source
        self.froms[id(node)] = source
        return source

    def _table(self, node: exp.Table, scope: Scope) -> Columns:
        name, qualifier = node.name.lower(), node.db.lower()
        if not qualifier and name in scope.ctes:
            return dict(scope.ctes[name])
        for key in (f"{qualifier}.{name}", name):
            if key in self.schema:
                return {column.lower(): type_ for column, type_ in self.schema[key].items()}
        self.problem(node, f"unknown table {node.sql('duckdb', comments=False)}")
        return {}

    def _join(self, join: exp.Join, scope: Scope) -> None:
        if join.args.get("method") == "NATURAL":
            self.problem(join, "NATURAL JOIN is not supported")
        before = list(scope.sources.values())
        source = self._add_source(join.this, scope)
        for key in join.args.get("using") or []:
            if source is not None:
                self._using(join, key.name.lower(), before, source, scope)
        if join.args.get("on") is not None:
            self.expr(join.args["on"], scope)

    def _using(
        self, join: exp.Join, name: str, before: list[Source], source: Source, scope: Scope
    ) -> None:
        holders = [one for one in before if name in one.columns]
        if name in scope.merged:
            earlier = scope.merged[name]
            left, left_type = Target(column=name, merged=earlier), earlier.type_
        elif len(holders) == 1:
            left, left_type = Target(holders[0], name), holders[0].columns[name]
        else:
            self.problem(join, f"USING ({name}) needs one column of that name on its left")
            return
        right_type = source.columns.get(name)
        if right_type is None:
            self.problem(join, f"USING ({name}): {source.name} has no such column")
            return
        type_ = self.merge(join, [left_type, right_type])
        take = {"FULL": "both", "RIGHT": "right"}.get(join.args.get("side") or "", "left")
        scope.merged[name] = Merged(name, type_, left, Target(source, name), take)


def _outer(scope: Scope) -> Scope:
    """What a subquery in FROM sees: the CTEs, and nothing of its siblings."""
    return Scope(parent=scope.parent, ctes=scope.ctes)


def _settled(type_: SqlType) -> SqlType:
    return rules.plain(type_) if type_.kind is Kind.TEXT else type_


def _is_position(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string


def _unnamed(node: exp.Expr) -> str:
    """DuckDB's name for a column that was given none, nearly."""
    if isinstance(node, exp.Column):
        return node.name
    if isinstance(node, exp.Count) and isinstance(node.this, exp.Star):
        return "count_star()"
    return node.sql("duckdb", comments=False, normalize_functions="lower")
