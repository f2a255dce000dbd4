"""The vocabulary of rules: Great Expectations' names and arguments, and what a ledger needs beside.

Each expectation is named, says which arguments it takes, and is compiled to a test over one
relation: SQL that is true of failing rows, a judgement on an aggregate, or a query of its own.
"""

from __future__ import annotations

from runner.checks.expectations.forms import Expectation
from runner.checks.expectations.vocabulary import LEFT_OUT, VOCABULARY, canonical_name

__all__ = ["LEFT_OUT", "VOCABULARY", "Expectation", "canonical_name"]
