"""SQLAlchemy's way to an engine that is open: plain SQL, with exact literals in it.

Great Expectations turns the numbers of its arguments into binary floats. Written as a decimal of as
few digits as tell the float from all others, a number of up to 15 digits is what it was again.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import ModuleType
from typing import Any

from sqlalchemy import pool, types
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.sql.compiler import SQLCompiler

from runner.checks.gx import dbapi
from runner.engines.base import Relation
from runner.sqltyping.types import Kind, SqlType

NAME = "runner"


class ExactCompiler(SQLCompiler):
    """Writes values into the SQL: a parameter would be bound as the float that it became."""

    def visit_bindparam(self, bindparam: Any, *args: Any, **kwargs: Any) -> str:
        kwargs["literal_binds"] = True
        return str(super().visit_bindparam(bindparam, *args, **kwargs))  # type: ignore[no-untyped-call]

    def render_literal_value(self, value: Any, type_: Any) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, float):
            # 5.0 would make a decimal of an integer column, whose widest has no room for the zero
            return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
        if isinstance(value, Decimal):
            return format(value, "f")
        return super().render_literal_value(value, type_)


class EngineDialect(DefaultDialect):
    name = NAME
    driver = "engine"
    statement_compiler = ExactCompiler
    supports_statement_cache = False
    supports_native_boolean = True
    supports_sane_rowcount = False
    default_paramstyle = "qmark"

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        return dbapi

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:
        return pool.StaticPool

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        return [url.database], {}

    def initialize(self, connection: Any) -> None:
        """Nothing is asked: its version and schemas make no difference here."""

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        relation = _relations(connection).get(table_name)
        if relation is None:
            raise NoSuchTableError(table_name)
        return [
            {"name": c.name, "type": _sqlalchemy_type(c.type), "nullable": True, "default": None}
            for c in relation.columns
        ]

    def get_pk_constraint(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        return {"constrained_columns": [], "name": None}

    def get_table_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return [r.name for r in _relations(connection).values() if not r.is_view]

    def get_view_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return [r.name for r in _relations(connection).values() if r.is_view]

    def has_table(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> bool:
        return table_name in _relations(connection)


def _relations(connection: Any) -> Mapping[str, Relation]:
    opened: dbapi.Connection = connection.connection.dbapi_connection
    return opened.relations


def _sqlalchemy_type(type_: SqlType) -> types.TypeEngine[Any]:
    if type_.kind is Kind.DECIMAL:
        return types.Numeric(type_.precision, type_.scale)
    return _TYPES.get(type_.kind, types.String)()


_TYPES: dict[Kind, type[types.TypeEngine[Any]]] = {
    Kind.INTEGER: types.BigInteger,
    Kind.HUGEINT: types.Numeric,
    Kind.DOUBLE: types.Double,
    Kind.BOOLEAN: types.Boolean,
    Kind.TIMESTAMP: types.DateTime,
    Kind.DATE: types.Date,
    Kind.BLOB: types.LargeBinary,
}


def register() -> None:
    """Let SQLAlchemy find the dialect by the name that its addresses begin with."""
    registry.register(NAME, __name__, EngineDialect.__name__)
