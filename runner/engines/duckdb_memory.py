"""How much memory DuckDB takes: all that it may, but little where little is to be done.

A block read into memory that the process holds is had sooner than one in memory that the system has
to find, clear and hand over first: in a virtual machine, several times sooner.
"""

from __future__ import annotations

import duckdb

_FEW_ROWS = 200_000
_BYTES_PER_THREAD = 256_000_000  # for those; half of it is what DuckDB sorts and joins well with


def keep_blocks(connection: duckdb.DuckDBPyConnection) -> None:
    """Have blocks of memory used again, instead of handing them back to the system."""
    # by a statement: among the options of `connect` a percentage aborts the process (2.0.0)
    connection.execute("set block_allocator_memory = '100%'")


class Memory:
    """The limit of one connection; `is_set` where the target says what that is."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, is_set: bool) -> None:
        self._connection = connection
        self._is_left_alone = is_set
        self._is_spared = False
        self._changed_rows = 0

    def spare(self, changed_rows: int) -> None:
        """Take what few changed rows need, if these and those told of before are few."""
        self._changed_rows += changed_rows
        if self._is_left_alone:
            return
        if self._changed_rows > _FEW_ROWS:
            self.use_all()
        elif not self._is_spared:
            row = self._connection.execute(
                "select current_setting('threads'), "
                "parse_formatted_bytes(current_setting('memory_limit'))"
            ).fetchone()
            assert row is not None
            threads, has = row
            if _BYTES_PER_THREAD * threads < has:
                self._connection.execute(f"set memory_limit = '{_BYTES_PER_THREAD * threads}B'")
                self._is_spared = True

    def use_all(self) -> bool:
        """Take all there is, from now on; whether that is more than before."""
        self._is_left_alone = True
        if not self._is_spared:
            return False
        self._connection.execute("reset memory_limit")
        self._is_spared = False
        return True
