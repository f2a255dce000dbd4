"""SQLite's guards: row triggers that abort the statement."""

from __future__ import annotations

import re

from runner.engines.guards import APPENDED, Guard, Guards
from runner.engines.sqlite_catalogue import SQLiteCatalogue, quote
from runner.errors import TranslationError

_UNIQUE_INDEX = re.compile(
    r"\bcreate\s+unique\s+index\s+(?:if\s+not\s+exists\s+)?\w+\s+on\s+(\w+)", re.I
)
_DROP_INDEX = re.compile(r"\bdrop\s+index\s+(?:if\s+exists\s+)?(\w+)", re.I)


class SQLiteGuards(SQLiteCatalogue, Guards):
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
            if any(trigger in guard.triggers(table) for guard in APPENDED):
                return str(table)
        return None

    def _guarded(self, guard: Guard) -> frozenset[str]:
        held: dict[str, set[str]] = {}
        for table, sql in self._run(
            "select tbl_name, sql from sqlite_schema where type = 'trigger' "
            f"and instr(name, tbl_name || '_{guard.value}_') = 1"
        ):
            held.setdefault(table, set()).add(sql)
        return frozenset(t for t, found in held.items() if self._is_whole(t, guard, found))

    def _is_whole(self, table: str, guard: Guard, found: set[str]) -> bool:
        try:
            return set(self._triggers(table, guard).values()) <= found
        except TranslationError:
            return False

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
            # INSERT OR REPLACE by a client without recursive_triggers fires no delete trigger, and
            # takes away every row that shares any key with the new one
            collisions = [
                f"exists (select 1 from {quote(table)} where "
                + " and ".join(f"{quote(k)} = new.{quote(k)}" for k in key)
                + ")"
                for key in self._keys(table)
            ]
            # the hidden key is -1 here where the statement does not give it
            collisions.append(
                f"new.rowid <> -1 and exists (select 1 from {quote(table)} where rowid = new.rowid)"
            )
            when["replace"] = "when " + " or ".join(collisions)
        return {
            verb: f"CREATE TRIGGER {quote(guard.trigger(table, verb))} "
            f"before {'insert' if verb == 'replace' else verb} on {quote(table)} {condition} "
            f"begin select raise(abort, '{guard.refusal(table, verb)}'); end"
            for verb, condition in when.items()
        }

    def _keys(self, table: str) -> list[tuple[str, ...]]:
        """The columns of each key that no two rows may share: the primary one first.

        TranslationError for a unique index over expressions, or over some rows only.
        """
        rows = self._run(f"pragma table_xinfo({quote(table)})")
        primary = tuple(row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5] > 0)
        keys = {primary: None} if primary else {}
        indexes = list(self._run(f"pragma index_list({quote(table)})"))
        for _, index, is_unique, _, is_partial in sorted(indexes, key=lambda row: str(row[1])):
            if not is_unique:
                continue
            columns = tuple(row[2] for row in self._run(f"pragma index_info({quote(index)})"))
            if is_partial or None in columns:
                raise TranslationError(
                    "R330",
                    f"the unique index {index} of {table} cannot be guarded",
                    why=f"it is over expressions, or over some rows only, and {table} is "
                    "append-only: REPLACE could take away a row by it",
                    mend="make the index unique over columns, or not unique",
                )
            keys[columns] = None
        return list(keys)

    def _indexed_table(self, sql: str) -> str | None:
        """The guarded table whose keys CREATE UNIQUE INDEX or DROP INDEX is about to change."""
        created = _UNIQUE_INDEX.search(sql)
        if created:
            return self._appended_only(created.group(1))
        dropped = _DROP_INDEX.search(sql)
        if dropped:
            for (table,) in self._run(
                "select tbl_name from sqlite_schema where type = 'index' and lower(name) = ?",
                (dropped.group(1).lower(),),
            ):
                return self._appended_only(table)
        return None

    def _renew_guard(self, table: str) -> None:
        """Guard an append-only table by the keys that it has."""
        held = {
            name
            for (name,) in self._run(
                "select name from sqlite_schema where type = 'trigger' and tbl_name = ?", (table,)
            )
        }
        for guard in APPENDED:
            if held & guard.triggers(table):
                self._guard(table, guard)
