"""Every expectation by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from runner.checks.expectations import (
    aggregates,
    columns,
    distribution,
    keys,
    queries,
    records,
    schema,
    tables,
    time,
)
from runner.checks.expectations.forms import Expectation

VOCABULARY: Mapping[str, Expectation] = {
    expectation.name: expectation
    for module in (columns, records, keys, aggregates, distribution, tables, schema, queries, time)
    for expectation in module.EXPECTATIONS
}

# Great Expectations' own that are left out: distributions, which are floats by nature, and text
# that a typed column has no need of
LEFT_OUT = frozenset(
    f"expect_{name}"
    for name in (
        "column_bootstrapped_ks_test_p_value_to_be_greater_than",
        "column_chisquare_test_p_value_to_be_greater_than",
        "column_kl_divergence_to_be_less_than",
        "column_most_common_value_to_be_in_set",
        "column_pair_cramers_phi_value_to_be_less_than",
        "column_parameterized_distribution_ks_test_p_value_to_be_greater_than",
        "column_value_z_scores_to_be_less_than",
        "column_values_to_be_dateutil_parseable",
        "column_values_to_be_json_parseable",
        "column_values_to_match_json_schema",
        "column_values_to_match_strftime_format",
        "column_values_to_not_be_outliers",
        "multicolumn_values_to_be_equal",
        "multicolumn_values_to_be_unique",
        "query_results_to_match_comparison",
    )
)


def canonical_name(name: str) -> str:
    """A name as Python writes it, `ExpectColumnToExist`, as `expect_column_to_exist`.

    >>> canonical_name("UnexpectedRowsExpectation"), canonical_name("unique")
    ('unexpected_rows_expectation', 'unique')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() if name[:1].isupper() else name
