"""A Great Expectations context in memory, with our database as its only source."""

from __future__ import annotations

import io
import os
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.engines.base import Engine
from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.checks.gx.dbapi import Connection


@dataclass(frozen=True)
class GxContext:
    """`data_context` is Great Expectations' own; `connection` knows the database's errors."""

    data_context: Any
    source: Any
    connection: Connection


@contextmanager
def open_context(engine: Engine) -> Iterator[GxContext]:
    """Quiet, and without a word to anyone outside; UsageError where the extra is missing."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # it prints remarks, where standard output is for results, and warns of what it uses itself
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        great_expectations = _imported()
        from runner.checks.gx import dbapi, dialect

        dialect.register()
        name = uuid.uuid4().hex
        connection = dbapi.offer(name, engine)
        try:
            context = great_expectations.get_context(mode="ephemeral", project_config=_in_memory())
            context.enable_analytics(False)
            context.variables.progress_bars = {"globally": False}
            source = context.data_sources.add_sql(
                engine.target.name, connection_string=f"{dialect.NAME}:///{name}"
            )
            yield GxContext(context, source, connection)
        finally:
            dbapi.withdraw(name)


def _in_memory() -> Any:
    """Its default would leave a site in a temporary folder."""
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
    )

    return DataContextConfig(store_backend_defaults=InMemoryStoreBackendDefaults())


def _imported() -> Any:
    try:
        import great_expectations
        import sqlalchemy  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "R216",
            "Great Expectations is not installed",
            why=str(error),
            mend="pip install 'sot-runner[gx]'",
        ) from error
    return great_expectations
