"""DuckDB's guards: statement triggers whose action is an error."""

from __future__ import annotations

import re

from runner.engines.duckdb_catalogue import DuckDBCatalogue, quote
from runner.engines.guards import APPENDED, Guard, Guards

# a trigger's action must write somewhere: here, though it raises before it does
GUARD_TABLE = "runner_guard"


class DuckDBGuards(DuckDBCatalogue, Guards):
    def _guard(self, table: str, guard: Guard) -> None:
        if guard in APPENDED:
            self._forget_catalogue()
        self._run(f"create table if not exists {GUARD_TABLE} (message varchar)")
        for verb in guard.verbs:
            self._run(
                f"create trigger {quote(guard.trigger(table, verb))} after {verb} "
                f"on {quote(table)} for each statement {_action(guard, table, verb)}"
            )

    def lift_guard(self, table: str) -> None:
        if self._appended_only(table):
            self._forget_catalogue()
        for guard in Guard:
            for verb in guard.verbs:
                name = quote(guard.trigger(table, verb))
                self._run(f"drop trigger if exists {name} on {quote(table)}")

    def _appended_only(self, name: str) -> str | None:
        if self._append_only is not None:
            return self._append_only.get(name.lower())
        held = self._run(
            "select table_name, trigger_name from duckdb_triggers() "
            "where database_name = current_database() and schema_name = 'main'"
        ).fetchall()
        found = {
            str(table).lower(): str(table)
            for table, trigger in held
            if any(trigger in guard.triggers(table) for guard in APPENDED)
        }
        if self._is_held:
            self._append_only = found
        return found.get(name.lower())

    def _guarded(self, guard: Guard) -> frozenset[str]:
        held: dict[str, set[str]] = {}
        for table, verb, sql in self._run(
            """
            select table_name, lower(event_manipulation), sql
            from duckdb_triggers()
            where
                database_name = current_database() and schema_name = 'main'
                and action_timing = 'AFTER' and for_each = 'STATEMENT' and len(columns) = 0
            """
        ).fetchall():
            if _bare(sql).endswith(_bare(f"for each statement {_action(guard, table, verb)}")):
                held.setdefault(table, set()).add(verb)
        return frozenset(table for table, verbs in held.items() if verbs == set(guard.verbs))


def _action(guard: Guard, table: str, verb: str) -> str:
    return f"insert into {GUARD_TABLE} select error('{guard.refusal(table, verb)}')"


def _bare(sql: str) -> str:
    """SQL without what the catalogue adds to it: quotes, spaces, capitals, a semicolon."""
    return re.sub(r'[\s";]', "", sql).lower()
