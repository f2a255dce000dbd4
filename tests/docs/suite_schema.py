"""The JSON Schema of a suite, by which editors complete and check the files of checks/."""

from __future__ import annotations

from typing import Any

from runner.checks.expectations import VOCABULARY, Expectation
from runner.checks.expectations.arguments import Argument, Takes
from runner.checks.rules import INNER_OPTIONS

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT, "minItems": 1}
_VALUE = {"type": ["number", "string", "boolean"]}
_COLUMN_OR_COLUMNS = {"anyOf": [_TEXT, _TEXTS]}

_TAKES: dict[Takes, dict[str, Any]] = {
    Takes.COLUMN: _TEXT,
    Takes.COLUMNS: _TEXTS,
    Takes.VALUE: _VALUE,
    Takes.VALUES: {"type": "array", "items": _VALUE, "minItems": 1},
    Takes.PAIRS: {
        "type": "array",
        "items": {"type": "array", "items": _VALUE, "minItems": 2, "maxItems": 2},
        "minItems": 1,
    },
    Takes.NUMBER: {"type": "number"},
    Takes.MAGNITUDE: {"type": "number", "minimum": 0},
    Takes.COUNT: {"type": "integer", "minimum": 0},
    Takes.FLAG: {"type": "boolean"},
    Takes.TEXT: _TEXT,
    Takes.TEXTS: _TEXTS,
    Takes.SQL: _TEXT,
    Takes.TABLE: _TEXT,
    Takes.QUANTILES: {
        "type": "object",
        "properties": {
            "quantiles": {
                "type": "array",
                "items": {"type": "number", "minimum": 0, "maximum": 1},
                "minItems": 1,
                "uniqueItems": True,
            },
            "value_ranges": {
                "type": "array",
                "items": {
                    "type": "array",
                    "items": {"type": ["number", "string", "null"]},
                    "minItems": 2,
                    "maxItems": 2,
                },
                "minItems": 1,
            },
        },
        "required": ["quantiles", "value_ranges"],
        "additionalProperties": False,
    },
    Takes.CHOICE: {"type": "string"},
}

_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "string", "description": "Unique in the project."},
    "severity": {
        "enum": ["error", "warn", "critical", "warning", "info"],
        "description": "An error stops the publish; critical, warning and info are GX's words.",
    },
    "mostly": {
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1,
        "description": "The share of tested rows that must pass.",
    },
    "row_condition": {"type": "string", "description": "SQL: the rows that the rule is about."},
    "where": {"type": "string", "description": "The same as row_condition."},
    "description": {"type": "string", "description": "The sentence that a failure is told by."},
    "owner": {"type": "string", "description": "Who looks after it."},
    "tags": _COLUMN_OR_COLUMNS,
}

_SHORT: dict[str, dict[str, Any]] = {
    "unique": _COLUMN_OR_COLUMNS,
    "not_null": _COLUMN_OR_COLUMNS,
    "accepted_values": {
        "type": "object",
        "properties": {
            "column": _TEXT,
            "values": {"type": "array", "items": _VALUE, "minItems": 1},
        },
        "required": ["column", "values"],
        "additionalProperties": False,
    },
    "relationships": {
        "type": "object",
        "properties": {
            "column": _TEXT,
            "columns": _TEXTS,
            "to": _TEXT,
            "field": _TEXT,
            "to_columns": _TEXTS,
        },
        "required": ["to"],
        "additionalProperties": False,
    },
    "expression": {"type": "string", "description": "SQL that is true of every row."},
    "row_count": {
        "type": "object",
        "properties": {"min": {"type": "integer"}, "max": {"type": "integer"}},
        "minProperties": 1,
        "additionalProperties": False,
    },
    "sql": {"type": "string", "description": "A query whose rows are failures."},
}


def suite_schema() -> dict[str, Any]:
    """The schema (draft 2020-12)."""
    expectations = {name: _arguments(found) for name, found in VOCABULARY.items()}
    alone = {name: _SHORT[name] for name in ("sql",)}
    alone["unexpected_rows_expectation"] = expectations["unexpected_rows_expectation"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A suite of checks",
        "type": "object",
        "properties": {
            "version": {},
            "suite": {"type": "string", "description": "The suite's name; else the file's."},
            "description": {"type": "string"},
            "checks": {
                "type": "array",
                "items": {"anyOf": [{"$ref": "#/$defs/table"}, {"$ref": "#/$defs/query"}]},
                "minItems": 1,
            },
        },
        "required": ["checks"],
        "additionalProperties": False,
        "$defs": {
            "table": {
                "type": "object",
                "properties": {
                    "table": {"type": "string", "description": "A model, seed or fact."},
                    "rules": {
                        "type": "array",
                        "items": {"$ref": "#/$defs/rule"},
                        "minItems": 1,
                    },
                },
                "required": ["table", "rules"],
                "additionalProperties": False,
            },
            "rule": _one_of({**_SHORT, **expectations}),
            "query": {**_one_of(alone), "required": ["name"]},
        },
    }


def _one_of(rules: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**_OPTIONS, **rules},
        "additionalProperties": False,
        "oneOf": [{"required": [name]} for name in rules],
    }


def _arguments(expectation: Expectation) -> dict[str, Any]:
    arguments = expectation.arguments
    inner = {name: _OPTIONS[name] for name in INNER_OPTIONS}
    required = [name for name, argument in arguments.items() if argument.is_required]
    mapping = {
        "type": "object",
        "properties": {**{name: _argument(a) for name, a in arguments.items()}, **inner},
        "required": required,
        "additionalProperties": False,
    }
    if expectation.bounds:
        mapping["anyOf"] = [{"required": [name]} for name in expectation.bounds]
    sole = expectation.sole_argument
    short = [] if sole is None else [_argument(arguments[sole])]
    described = {"description": expectation.description}
    return {**described, "anyOf": [mapping, *short]} if short else {**described, **mapping}


def _argument(argument: Argument) -> dict[str, Any]:
    schema = dict(_TAKES[argument.takes])
    if argument.choices:
        schema["enum"] = list(argument.choices)
    if argument.default is not None:
        schema["default"] = argument.default
    return schema
