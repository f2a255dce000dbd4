"""DuckDB SQL, of a portable subset, as SQLite SQL with the same answer to the last digit.

What is not certain to give the same answer raises TranslationError R330. The rewritten SQL calls
the functions of runner/engines/sqlite_functions.py; types.py says how values are stored.
"""

from runner.engines.sqlite_rewrite.statements import Rewritten, rewrite, rewrite_statement
from runner.engines.sqlite_rewrite.types import parse_sqlite_type, sqlite_type

__all__ = ["Rewritten", "parse_sqlite_type", "rewrite", "rewrite_statement", "sqlite_type"]
