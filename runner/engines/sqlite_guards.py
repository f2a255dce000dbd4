"""SQLite's guards: row triggers that abort the statement."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import apsw

from runner.engines.base import Params, Relation
from runner.engines.guards import Guard, Guards


class SQLiteGuards(Guards):
    @abstractmethod
    def _run(self, sql: str, params: Params = ()) -> apsw.Cursor: ...

    @abstractmethod
    def relations(self) -> Mapping[str, Relation]: ...

    def _guard(self, table: str, guard: Guard) -> None:
        # a table renamed by hand has taken triggers of these names with it
        self.lift_guard(table)
        for sql in self._triggers(table, guard).values():
            self._run(sql)

    def lift_guard(self, table: str) -> None:
        for guard in Guard:
            for verb in (*guard.verbs, "replace"):
                self._run(f"drop trigger if exists {quote(guard.trigger(table, verb))}")

    def _appended_only(self, name: str) -> str | None:
        for table, trigger in self._run(
            "select tbl_name, name from sqlite_schema "
            "where type = 'trigger' and lower(tbl_name) = lower(?)",
            (name,),
        ):
            if trigger in Guard.FACT.triggers(table) | Guard.RECORD.triggers(table):
                return str(table)
        return None

    def _guarded(self, guard: Guard) -> frozenset[str]:
        held: dict[str, set[str]] = {}
        for table, sql in self._run(
            "select tbl_name, sql from sqlite_schema where type = 'trigger' "
            f"and instr(name, tbl_name || '_{guard.value}_') = 1"
        ):
            held.setdefault(table, set()).add(sql)
        return frozenset(
            table
            for table, found in held.items()
            if set(self._triggers(table, guard).values()) <= found
        )

    def _triggers(self, table: str, guard: Guard) -> dict[str, str]:
        """A guard's triggers, by verb, spelt as the catalogue keeps them."""
        if guard is Guard.DERIVED:
            columns = [c.name for c in self.relations()[table].columns]
            # always so: what it is for is that a column which a trigger names cannot be dropped
            when = {
                verb: "when 1 or "
                + " or ".join(
                    f"{'old' if verb == 'delete' else 'new'}.{quote(c)} is null" for c in columns
                )
                for verb in guard.verbs
            }
        else:
            when = dict.fromkeys(guard.verbs, "")
            same = " and ".join(f"{quote(k)} = new.{quote(k)}" for k in self._key(table))
            # INSERT OR REPLACE by a client without recursive_triggers fires no delete trigger
            when["replace"] = f"when exists (select 1 from {quote(table)} where {same})"
        return {
            verb: f"CREATE TRIGGER {quote(guard.trigger(table, verb))} "
            f"before {'insert' if verb == 'replace' else verb} on {quote(table)} {condition} "
            f"begin select raise(abort, '{guard.refusal(table, verb)}'); end"
            for verb, condition in when.items()
        }

    def _key(self, table: str) -> list[str]:
        """The columns of its primary key, in order."""
        rows = self._run(f"pragma table_xinfo({quote(table)})")
        return [row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5] > 0]


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
