"""SELECT, set operations, VALUES and WITH."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sqlglot import exp

from runner.engines.sqlite_rewrite import aggregates, catalogue, existence, joins, outputs, text
from runner.engines.sqlite_rewrite.casts import cast, is_implicit
from runner.engines.sqlite_rewrite.expressions import Writer
from runner.engines.sqlite_rewrite.grouping import check_grouped
from runner.engines.sqlite_rewrite.refusal import only, refusal
from runner.sqltyping.calls import AGGREGATES, WINDOW_ONLY, read_call
from runner.sqltyping.names import Item
from runner.sqltyping.types import Kind, SqlType

_SET_WORDS = {exp.Union: "union", exp.Intersect: "intersect", exp.Except: "except"}
_QUERY_KEYS = ("with_", "order", "limit", "offset")


@dataclass
class _Parts:
    """A SELECT in pieces, as SQLite SQL."""

    columns: list[str]
    tail: list[str] = field(default_factory=list)  # from … window
    distinct: bool = False

    def lines(self) -> str:
        head = "select distinct" if self.distinct else "select"
        return "\n".join([head, text.indent(",\n".join(self.columns)), *self.tail])


class QueryWriter(Writer):
    """Writes whole queries."""

    def call(self, node: exp.Expr) -> str | None:
        if isinstance(node, exp.Window):
            return aggregates.window(self, node)
        if isinstance(node, exp.Filter):
            return aggregates.filtered(self, node)
        if isinstance(node, exp.IgnoreNulls):
            return aggregates.ignoring_nulls(self, node)
        called = read_call(node)
        if called is None:
            return None
        if called.name in AGGREGATES | WINDOW_ONLY:
            return aggregates.aggregate(self, node, called)
        return catalogue.write(self, node, called)

    def not_exists(self, node: exp.Exists) -> str:
        return existence.not_among(self, node) or f"not {self.atom(node)}"

    def query(
        self,
        tree: exp.Expr,
        wanted: list[SqlType] | None = None,
        names: list[str] | None = None,
        *,
        stored: bool = False,
    ) -> str:
        """A query, its columns cast to `wanted` and called `names` where these are given.

        With `stored` they are cast as INSERT does it: by any cast there is.
        """
        items = self.typed.items(tree)
        names = names or [item.name for item in items]
        wanted = wanted or [item.type_ for item in items]
        if isinstance(tree, exp.Subquery) and not self._ends(tree):
            only(tree, "this", "alias")
            return self.query(tree.this, wanted, names, stored=stored)
        if not self._casts_in_place(tree) and not outputs.alike(wanted, items):
            return self._recast(tree, items, wanted, names, stored)
        prefix = self._with(tree)
        if isinstance(tree, exp.Select):
            return prefix + self._select(tree, items, wanted, names, stored)
        if isinstance(tree, exp.Values):
            only(tree, "expressions", "alias")
            return prefix + self._values(tree, wanted, stored)
        if isinstance(tree, exp.SetOperation):
            body = self._set_operation(tree, wanted, names)
        elif isinstance(tree, exp.Subquery):
            only(tree, "this", *_QUERY_KEYS)
            body = self._wrapped(tree.this, wanted, names)
        else:
            raise refusal(tree, f"{tree.key.upper()} is not translated", "write a SELECT")
        return prefix + body + self._end(tree, items, names)

    def _casts_in_place(self, tree: exp.Expr) -> bool:
        """Whether casting an output cannot change what is distinct, first or in which order."""
        keys = ("distinct", "order", "qualify")
        if isinstance(tree, exp.Select):
            return not any(tree.args.get(key) for key in keys)
        return isinstance(tree, exp.Values)

    def _recast(
        self,
        tree: exp.Expr,
        items: list[Item],
        wanted: list[SqlType],
        names: list[str],
        stored: bool,
    ) -> str:
        """The query as it is, and its columns cast outside of it."""
        columns, inside = [], outputs.inner_names(names)
        for item, to, name, inner in zip(items, wanted, names, inside, strict=True):
            if not stored and not is_implicit(item.type_, to):
                raise refusal(item.node, f"a {item.type_} stands for a {to}", "cast it")
            columns.append(outputs.called(cast(inner, item.node, item.type_, to), name))
        outer = _Parts(columns, [f"from {text.nested(self.query(tree, names=inside))}"])
        return outer.lines()

    def _with(self, tree: exp.Expr) -> str:
        with_ = tree.args.get("with_")
        if with_ is None:
            return ""
        only(with_, "expressions", "recursive")
        reads = Counter(t.name.lower() for t in tree.find_all(exp.Table) if not t.db)
        ctes = []
        for cte in with_.expressions:
            only(cte, "this", "alias", "materialized")
            listed = ", ".join(text.name(column.name) for column in cte.args["alias"].columns)
            name = f"{text.name(cte.alias)}({listed})" if listed else text.name(cte.alias)
            if isinstance(cte.this, exp.Values) and not listed:
                columns = (text.name(item.name) for item in self.typed.items(cte.this))
                name = f"{name}({', '.join(columns)})"
            # read more than once, SQLite would compute it each time, and join it without an index
            kept = " materialized" if reads[cte.alias.lower()] > 1 else ""
            ctes.append(f"{name} as{kept} {text.nested(self.query(cte.this))}")
        word = "with recursive" if with_.args.get("recursive") else "with"
        return f"{word} {', '.join(ctes)}\n"

    # set operations and VALUES

    def _set_operation(
        self, tree: exp.SetOperation, wanted: list[SqlType], names: list[str]
    ) -> str:
        only(tree, "this", "expression", "distinct", *_QUERY_KEYS)
        word = _SET_WORDS[type(tree)]
        if not tree.args.get("distinct"):
            if not isinstance(tree, exp.Union):
                raise refusal(tree, f"SQLite has no {word.upper()} ALL", "number the rows")
            word = "union all"
        # SQLite reads set operations from left to right, and knows no parentheses among them
        left, right = tree.this, tree.expression
        flat = isinstance(left, exp.SetOperation) and not self._ends(left)
        shown = self.query(left, wanted, names) if flat else self._side(left, wanted, names)
        return f"{shown}\n{word}\n{self._side(right, wanted, names)}"

    def _side(self, tree: exp.Expr, wanted: list[SqlType], names: list[str]) -> str:
        while isinstance(tree, exp.Subquery) and not self._ends(tree):
            tree = tree.this
        if isinstance(tree, exp.Select) and not self._ends(tree):
            return self.query(tree, wanted, names)
        return self._wrapped(tree, wanted, names)

    def _wrapped(self, tree: exp.Expr, wanted: list[SqlType], names: list[str]) -> str:
        """The query as the source of a plain SELECT."""
        inside = outputs.inner_names(names)
        columns = [outputs.called(inner, name) for inner, name in zip(inside, names, strict=True)]
        return f"select {', '.join(columns)}\nfrom {text.nested(self.query(tree, wanted, inside))}"

    def _ends(self, tree: exp.Expr) -> bool:
        return any(tree.args.get(key) for key in _QUERY_KEYS)

    def _values(self, tree: exp.Values, wanted: list[SqlType], stored: bool) -> str:
        write = self.cast if stored else self.to
        rows = []
        for row in tree.expressions:
            cells = (
                write(cell, type_) for cell, type_ in zip(row.expressions, wanted, strict=True)
            )
            rows.append(f"({', '.join(cells)})")
        return "values\n" + text.indent(",\n".join(rows))

    def _end(self, tree: exp.Expr, items: list[Item], names: list[str]) -> str:
        """ORDER BY, LIMIT and OFFSET of a set operation: by output columns only."""
        lines = []
        order = tree.args.get("order")
        if order is not None:
            terms = []
            for term in order.expressions:
                place = outputs.place(term.this, names)
                if place is None:
                    raise refusal(term, "it orders by more than an output column", "name a column")
                terms.append(self.ordered(term, outputs.by(place, names), items[place].type_))
            lines.append(f"order by {', '.join(terms)}")
        lines += self._limit(tree)
        return "".join(f"\n{line}" for line in lines)

    def _limit(self, tree: exp.Expr) -> list[str]:
        limit, offset = tree.args.get("limit"), tree.args.get("offset")
        shown = []
        if limit is not None:
            only(limit, "expression")
            shown.append(f"limit {self._row_count(limit.expression)}")
        if offset is not None:
            only(offset, "expression")
            shown += [] if shown else ["limit -1"]
            shown.append(f"offset {self._row_count(offset.expression)}")
        return [" ".join(shown)] if shown else []

    def _row_count(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Placeholder) or (
            isinstance(node, exp.Literal) and node.name.isdigit()
        ):
            return self.sql(node)
        raise refusal(node, "LIMIT and OFFSET take a literal", "write the number out")

    # SELECT

    def _select(
        self,
        tree: exp.Select,
        items: list[Item],
        wanted: list[SqlType],
        names: list[str],
        stored: bool,
    ) -> str:
        only(
            tree, "expressions", "from_", "joins", "where", "group", "having", "qualify",
            "windows", "distinct", *_QUERY_KEYS,
        )  # fmt: skip
        distinct = tree.args.get("distinct")
        if distinct is not None:
            only(distinct)
        shown = outputs.inner_names(names) if tree.args.get("qualify") else names
        parts = _Parts(
            [
                self._output(item, type_, name, stored)
                for item, type_, name in zip(items, wanted, shown, strict=True)
            ],
            distinct=distinct is not None,
        )
        parts.tail += joins.from_clause(self, tree)
        if tree.args.get("where") is not None:
            parts.tail.append(f"where {self.conditions(tree.args['where'].this)}")
        parts.tail += self._group(tree, items)
        for window in tree.args.get("windows") or []:
            only(window, "this", "partition_by", "order", "spec")
            definition = aggregates.definition(self, window)
            parts.tail.append(f"window {text.name(window.name)} as ({definition})")
        if len(tree.args.get("windows") or []) > 1:
            first = len(parts.tail) - len(tree.args["windows"])
            rest = [line.removeprefix("window ") for line in parts.tail[first + 1 :]]
            parts.tail[first:] = [",\n    ".join([parts.tail[first], *rest])]
        if tree.args.get("qualify") is not None:
            return self._qualified(tree, parts, items, names)
        return "\n".join([parts.lines(), *self._order(tree, items, names), *self._limit(tree)])

    def _output(self, item: Item, wanted: SqlType, name: str, stored: bool) -> str:
        if wanted.kind in (Kind.UNKNOWN, Kind.INTERVAL, Kind.BLOB):
            raise refusal(item.node, "its type is not known", "cast it explicitly")
        shown = self.cast(item.node, wanted) if stored else self.to(item.node, wanted)
        if shown.endswith(f".{text.name(name)}") and isinstance(item.node, exp.Column):
            return shown
        return outputs.called(shown, name)

    def conditions(self, node: exp.Expr) -> str:
        """A condition, each part of a conjunction on its own line."""
        parts: list[exp.Expr] = []
        queue = [node]
        while queue:
            part = queue.pop()
            if isinstance(part, exp.And):
                queue += [part.expression, part.this]
            else:
                parts.append(part)
        if len(parts) == 1:
            return self.condition(node)
        shown = [
            text.atom(self.condition(part)) if isinstance(part, exp.Or) else self.condition(part)
            for part in parts
        ]
        return "\n    and ".join(shown)

    def _group(self, tree: exp.Select, items: list[Item]) -> list[str]:
        """GROUP BY and HAVING; every other column must be aggregated."""
        group, having = tree.args.get("group"), tree.args.get("having")
        nodes = self._group_keys(group, items) if group is not None else []
        aggregated = having is not None or any(
            aggregates.holds_aggregate(node) for node in self._visible(tree, items)
        )
        if group is None and not aggregated:
            return []
        shown = [self.sql(node) for node in nodes]
        for node in self._visible(tree, items):
            check_grouped(self, node, set(shown), self.typed.scope(tree))
        lines = []
        if nodes:
            # a bare number would be a position
            keys = [f"cast({key} as integer)" if key.isdigit() else key for key in shown]
            lines.append("group by " + ", ".join(keys))
        if having is not None:
            lines.append(f"having {self.conditions(having.this)}")
        return lines

    def _group_keys(self, group: exp.Expr, items: list[Item]) -> list[exp.Expr]:
        only(group, "expressions", "all")
        if group.args.get("all"):
            return [i.node for i in items if not aggregates.holds_aggregate(i.node)]
        keys = []
        for node in group.expressions:
            if isinstance(node, exp.Literal) and not node.is_string:
                place = int(node.name) - 1 if node.name.isdigit() else -1
                if not 0 <= place < len(items):
                    raise refusal(node, "there is no such output column", "name the column")
                node = items[place].node
            keys.append(node)
        return keys

    def _visible(self, tree: exp.Select, items: list[Item]) -> list[exp.Expr]:
        """What is worked out after grouping: outputs, HAVING, QUALIFY, ORDER BY, windows."""
        nodes = [item.node for item in items]
        nodes += [tree.args[key].this for key in ("having", "qualify") if tree.args.get(key)]
        order = tree.args.get("order")
        for term in order.expressions if order is not None else []:
            if not isinstance(term.this, exp.Literal):
                nodes.append(term.this)
        for window in tree.args.get("windows") or []:
            nodes += [part for part in window.iter_expressions() if part is not window.this]
        return nodes

    def _order(self, tree: exp.Select, items: list[Item], names: list[str]) -> list[str]:
        order = tree.args.get("order")
        if order is None:
            return []
        terms = []
        for term in order.expressions:
            place = self._output_place(term.this, items, names)
            if place is None:
                terms.append(self.ordered(term))
            else:
                node, called = items[place].node, outputs.by(place, names)
                # SQLite looks an output up by its alias only: a bare column has none
                if isinstance(node, exp.Column):
                    called = self.sql(node)
                terms.append(self.ordered(term, called, items[place].type_))
        return [f"order by {', '.join(terms)}"]

    def _output_place(self, node: exp.Expr, items: list[Item], names: list[str]) -> int | None:
        """Which output column an ORDER BY term names, if it names one."""
        if isinstance(node, exp.Literal):
            return outputs.place(node, names)
        if isinstance(node, exp.Var):
            raise refusal(node, "ORDER BY ALL is not translated", "name the columns")
        target = self.typed.target(node)
        if target is None or target.alias is None:
            return None
        return next(n for n, item in enumerate(items) if item.node is target.alias)

    def _qualified(
        self, tree: exp.Select, parts: _Parts, items: list[Item], names: list[str]
    ) -> str:
        """QUALIFY as a condition over a subquery, which has it and the sort keys as columns."""
        inside = outputs.inner_names(names)
        columns = [outputs.called(inner, name) for inner, name in zip(inside, names, strict=True)]
        outer = _Parts(columns, distinct=parts.distinct)
        parts.distinct = False
        parts.columns.append(f"{self.condition(tree.args['qualify'].this)} as qualify_")
        order = tree.args.get("order")
        terms = []
        for number, term in enumerate(order.expressions if order is not None else [], 1):
            place = self._output_place(term.this, items, names)
            if place is None:
                column, type_ = f"order_{number}_", self.type(term.this)
                parts.columns.append(f"{self.sql(term.this)} as {column}")
            else:
                column, type_ = inside[place], items[place].type_
            terms.append(self.ordered(term, column, type_))
        outer.tail.append(f"from {text.nested(parts.lines())}")
        outer.tail.append("where qualify_")
        if terms:
            outer.tail.append(f"order by {', '.join(terms)}")
        return "\n".join([outer.lines(), *self._limit(tree)])
