"""Each expectation of the vocabulary: what passes, what fails, and how many, on both engines."""

from __future__ import annotations

from typing import Any

import pytest

from runner.checks.expectations import VOCABULARY
from runner.checks.run import run_checks
from runner.config import load_config
from runner.engines.base import open_engine
from runner.workspace import open_workspace

FILES = {
    "seeds/venues.csv": "venue,opened_on,closed_on\n"
    "KRK,2026-01-01,2026-02-01\nKRK,2026-03-01,\nBIN,2026-01-01,\n",
    "seeds/moves.csv": "from_status,to_status\nNEW,PARTIAL\nPARTIAL,FILLED\nNEW,FILLED\n",
    "seeds/totals.csv": "account,amount\na,3.75\nb,5\nd,1\n",
    "models/trades.sql": """{{ config(materialized='table') }}
        select
            cast(column1 as integer) as id,
            cast(column2 as varchar) as account,
            cast(column3 as varchar) as venue,
            cast(column4 as varchar) as status,
            cast(column5 as decimal(38, 12)) as price,
            cast(column6 as decimal(38, 12)) as other_price,
            cast(column7 as date) as traded_on
        from (
            values
            (1, 'a', 'KRK', 'NEW', 1.25, 1.00, '2026-01-05'),
            (2, 'a', 'KRK', 'PARTIAL', 2.50, 2.50, '2026-02-10'),
            (4, 'a', 'BIN', 'NEW', null, 3.00, '2026-01-07'),
            (5, 'b', 'BIN', 'FILLED', 5.00, null, '2026-01-08'),
            (6, null, 'XXX', null, 123456789012.123456789012, null, '2026-01-09')
        ) as given (column1, column2, column3, column4, column5, column6, column7)
    """,
    "models/nothing.sql": "{{ config(materialized='table') }} "
    "select * from {{ ref('trades') }} where id < 0",
}
LARGE = "123456789012.123456789012"
RULES: list[tuple[str, str, int]] = [
    # (expectation, arguments, failing rows)
    ("expect_column_values_to_not_be_null", "price", 1),
    ("expect_column_values_to_not_be_null", "{column: id}", 0),
    ("expect_column_values_to_be_null", "account", 4),
    ("expect_column_values_to_be_between", "{column: price, min_value: 1.25, max_value: 5}", 1),
    ("expect_column_values_to_be_between", "{column: price, min_value: 1.25, strict_min: true}", 1),
    # no binary float tells these apart
    ("expect_column_values_to_be_between", f"{{column: price, max_value: {LARGE}}}", 0),
    ("expect_column_values_to_be_between", f"{{column: price, max_value: {LARGE[:-1]}1}}", 1),
    (
        "expect_column_values_to_be_between",
        "{column: traded_on, min_value: '2026-01-06', max_value: '2026-01-31'}",
        2,
    ),
    ("expect_column_values_to_be_in_set", "{column: venue, value_set: [KRK, BIN]}", 1),
    ("expect_column_values_to_be_in_set", "{column: status, value_set: [NEW, PARTIAL, FILLED]}", 0),
    ("expect_column_values_to_not_be_in_set", "{column: venue, value_set: [KRK, ZZZ]}", 2),
    ("expect_column_value_lengths_to_be_between", "{column: status, min_value: 4}", 2),
    ("expect_column_value_lengths_to_equal", "{column: venue, value: 3}", 0),
    ("expect_column_values_to_match_like_pattern", "{column: venue, like_pattern: 'K%'}", 3),
    ("expect_column_values_to_not_match_like_pattern", "{column: venue, like_pattern: 'K%'}", 2),
    (
        "expect_column_values_to_match_like_pattern_list",
        "{column: venue, like_pattern_list: ['K%', '%N']}",
        1,
    ),
    (
        "expect_column_values_to_match_like_pattern_list",
        "{column: venue, like_pattern_list: ['K%', '%K'], match_on: all}",
        3,
    ),
    (
        "expect_column_values_to_not_match_like_pattern_list",
        "{column: venue, like_pattern_list: ['K%', '%N']}",
        4,
    ),
    ("expect_column_values_to_match_regex", "{column: venue, regex: '^[A-W]+$'}", 1),
    ("expect_column_values_to_not_match_regex", "{column: venue, regex: 'X'}", 1),
    (
        "expect_column_values_to_match_regex_list",
        "{column: venue, regex_list: ['^K', 'N$'], match_on: any}",
        1,
    ),
    (
        "expect_column_values_to_not_match_regex_list",
        "{column: venue, regex_list: ['^K', 'N$']}",
        4,
    ),
    ("expect_column_values_to_be_unique", "venue", 4),
    ("expect_column_values_to_be_unique", "{column: id}", 0),
    ("expect_compound_columns_to_be_unique", "[account, venue]", 2),
    ("expect_compound_columns_to_be_unique", "{column_list: [account, status]}", 2),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        "{column_A: price, column_B: other_price, ignore_row_if: either_value_is_missing}",
        1,
    ),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        "{column_A: price, column_B: other_price, or_equal: true}",
        3,
    ),
    (
        "expect_column_pair_values_to_be_equal",
        "{column_A: price, column_B: other_price, ignore_row_if: either_value_is_missing}",
        1,
    ),
    (
        "expect_column_pair_values_to_be_in_set",
        "{column_A: account, column_B: venue, value_pairs_set: [[a, KRK], [b, BIN]]}",
        2,
    ),
    (
        "expect_select_column_values_to_be_unique_within_record",
        "{column_list: [price, other_price]}",
        1,
    ),
    # two nulls are the same value
    (
        "expect_select_column_values_to_be_unique_within_record",
        "{column_list: [account, venue, status]}",
        1,
    ),
    (
        "expect_multicolumn_sum_to_equal",
        "{column_list: [price, other_price], sum_total: 5, ignore_row_if: any_value_is_missing}",
        1,
    ),
    ("expect_column_max_to_be_between", f"{{column: price, max_value: {LARGE}}}", 0),
    ("expect_column_max_to_be_between", f"{{column: price, max_value: {LARGE[:-1]}1}}", 1),
    ("expect_column_min_to_be_between", "{column: price, min_value: 1.26}", 1),
    ("expect_column_sum_to_be_between", "{column: other_price, min_value: 6.5, max_value: 6.5}", 0),
    ("expect_column_mean_to_be_between", "{column: id, min_value: 3.6, max_value: 3.6}", 0),
    ("expect_column_mean_to_be_between", "{column: id, max_value: 3.6, strict_max: true}", 1),
    ("expect_column_unique_value_count_to_be_between", "{column: venue, max_value: 2}", 1),
    (
        "expect_column_proportion_of_unique_values_to_be_between",
        "{column: venue, min_value: 0.6, max_value: 0.6}",
        0,
    ),
    (
        "expect_column_proportion_of_non_null_values_to_be_between",
        "{column: price, min_value: 0.81}",
        1,
    ),
    ("expect_column_median_to_be_between", "{column: price, min_value: 3.75, max_value: 3.75}", 0),
    ("expect_column_median_to_be_between", "{column: price, min_value: 3.75, strict_min: true}", 1),
    ("expect_column_median_to_be_between", "{column: id, max_value: 3.999999999999}", 1),
    (
        "expect_column_quantile_values_to_be_between",
        "{column: price, quantile_ranges: {quantiles: [0, 0.5, 0.75, 1], value_ranges: "
        f"[[1.25, 1.25], [2.5, 2.5], [null, 5], [{LARGE}, null]]}}}}",
        0,
    ),
    (
        "expect_column_quantile_values_to_be_between",
        "{column: price, quantile_ranges: {quantiles: [0.5, 0.51], value_ranges: "
        "[[2.5, 2.5], [null, 2.5]]}}",
        1,
    ),
    ("expect_column_stdev_to_be_between", "{column: other_price, min_value: 1.040832999733}", 0),
    ("expect_column_stdev_to_be_between", "{column: other_price, min_value: 1.040832999734}", 1),
    (
        "expect_column_stdev_to_be_between",
        "{column: id, min_value: 1, max_value: 1, row_condition: id > 2}",
        0,
    ),
    (
        "expect_column_stdev_to_be_between",
        "{column: id, max_value: 1, strict_max: true, row_condition: id > 2}",
        1,
    ),
    ("expect_column_distinct_values_to_be_in_set", "{column: venue, value_set: [KRK]}", 2),
    ("expect_column_distinct_values_to_contain_set", "{column: venue, value_set: [KRK, ZZZ]}", 1),
    ("expect_column_distinct_values_to_equal_set", "{column: venue, value_set: [KRK, ZZZ]}", 3),
    ("expect_column_to_exist", "price", 0),
    ("expect_column_to_exist", "{column: price, column_index: 3}", 1),
    ("expect_column_to_exist", "prices", 1),
    (
        "expect_table_columns_to_match_set",
        "[other_price, id, account, venue, status, price, traded_on]",
        0,
    ),
    ("expect_table_columns_to_match_set", "[id, account, venue, status, prise]", 1),
    ("expect_table_columns_to_match_set", "{column_set: [id, account], exact_match: false}", 0),
    ("expect_table_columns_to_match_ordered_list", "[account, id]", 1),
    (
        "expect_table_columns_to_match_ordered_list",
        "[id, account, venue, status, price, other_price, traded_on]",
        0,
    ),
    ("expect_table_column_count_to_equal", "7", 0),
    ("expect_table_column_count_to_be_between", "{max_value: 6}", 1),
    ("expect_column_values_to_be_of_type", "{column: price, type_: 'DECIMAL(38, 12)'}", 0),
    ("expect_column_values_to_be_of_type", "{column: price, type_: 'decimal(38,10)'}", 1),
    ("expect_column_type_to_be", "{column: price, type_: decimal}", 0),
    ("expect_column_values_to_be_in_type_list", "{column: id, type_list: [date, varchar]}", 1),
    ("expect_table_row_count_to_be_between", "{min_value: 5, max_value: 5}", 0),
    ("expect_table_row_count_to_be_between", "{min_value: 6}", 1),
    ("expect_table_row_count_to_equal", "{value: 4}", 1),
    ("expect_table_row_count_to_equal_other_table", "{other_table_name: nothing}", 1),
    (
        "unexpected_rows_expectation",
        "{unexpected_rows_query: 'select * from {batch} where price > 2 and venue <> ''BIN'''}",
        2,
    ),
    ("expect_foreign_key_to_exist", "{column_list: [venue], other_table: venues}", 1),
    (
        "expect_foreign_key_to_exist",
        "{column_list: [venue], other_table: ref('venues'), as_of: traded_on, "
        "valid_from: opened_on, valid_to: closed_on}",
        2,
    ),
    (
        "expect_foreign_key_to_exist",
        "{column_list: [account], other_table: totals, match_nulls: true}",
        1,
    ),
    (
        "expect_sums_to_reconcile",
        "{column: price, other_table: totals, other_column: amount, group_by: [account]}",
        2,
    ),
    (
        "expect_sums_to_reconcile",
        "{column: price, other_table: totals, other_column: amount, group_by: [account], "
        "tolerance: 1}",
        1,
    ),
    (
        "expect_column_values_to_be_increasing",
        "{column: traded_on, order_by: [id], group_by: [venue], strictly: true}",
        0,
    ),
    ("expect_column_values_to_be_increasing", "{column: traded_on, order_by: [id]}", 1),
    ("expect_column_values_to_be_decreasing", "{column: id, order_by: [id desc]}", 0),
    ("expect_column_values_to_be_decreasing", "{column: traded_on, order_by: [id]}", 3),
    ("expect_column_values_to_be_gap_free", "{column: id, start: 1}", 1),
    ("expect_column_values_to_be_gap_free", "{column: id, group_by: [account], start: 1}", 3),
    ("expect_column_values_to_be_recent", "{column: traded_on, max_age_minutes: 60}", 1),
    ("expect_column_values_to_be_recent", "{column: traded_on, max_age_minutes: 1000000000}", 0),
    ("expect_change_since_last_build_to_be_between", "{max_change: 0}", 0),
    (
        "expect_state_transitions_to_be_legal",
        "{column: status, order_by: [id], transitions: moves}",
        1,
    ),
    (
        "expect_state_transitions_to_be_legal",
        "{column: status, order_by: [id], group_by: [account], transitions: moves, initial: NEW}",
        1,
    ),
]


def suite(rules: list[tuple[str, str, int]], table: str = "trades") -> str:
    lines = [f"checks:\n  - table: {table}\n    rules:"]
    for number, (name, arguments, _) in enumerate(rules):
        lines.append(f"      - {{name: rule_{number}, {name}: {arguments}}}")
    return "\n".join(lines) + "\n"


def judged(cli: Any, project: Any) -> dict[str, Any]:
    """What a built project's checks come to, by name."""
    assert cli(project, "build").exit_code in (0, 1)
    workspace = open_workspace(load_config(project.root))
    engine = open_engine(workspace.target, read_only=True)
    try:
        return {r.rule.name: r for r in run_checks(engine, workspace.rules, 5)}
    finally:
        engine.close()


def test_each_expectation_counts_its_failures(make, cli):
    project = make(FILES)
    outcome = cli(project, "build")
    assert outcome.exit_code == 0, outcome.stderr
    project.write({"checks/c.yml": suite(RULES)})
    results = judged(cli, project)
    assert {n: results[f"rule_{n}"].failures for n in range(len(RULES))} == {
        n: failures for n, (_, _, failures) in enumerate(RULES)
    }


def test_all_of_the_vocabulary_is_tried():
    assert {name for name, _, _ in RULES} == set(VOCABULARY)


@pytest.mark.parametrize(
    ("rule", "status", "failures", "considered"),
    [
        ("{column: venue, value_set: [KRK], mostly: 0.4}", "pass", 3, 5),
        ("{column: venue, value_set: [KRK], mostly: 0.41}", "fail", 3, 5),
        ("{column: venue, value_set: [KRK], row_condition: id < 5}", "fail", 1, 3),
        ("{column: status, value_set: [NEW]}", "fail", 2, 4),
        ("{column: venue, value_set: [KRK], severity: warning}", "warn", 3, 5),
        ("{column: '\"venue\"', value_set: [KRK], severity: info}", "warn", 3, 5),
    ],
)
def test_how_a_rule_is_judged(make, cli, rule, status, failures, considered):
    project = make(FILES)
    rules = [("expect_column_values_to_be_in_set", rule, failures)]
    assert cli(project, "build").exit_code == 0
    project.write({"checks/c.yml": suite(rules)})
    found = judged(cli, project)["rule_0"]
    assert (found.status.value, found.failures, found.considered) == (status, failures, considered)


@pytest.mark.parametrize(
    ("rule", "status", "failures", "considered"),
    [
        ("expect_foreign_key_to_exist: {column_list: [venue], other_table: venues, mostly: 0.8}",
         "pass", 1, 5),
        ("expect_foreign_key_to_exist: {column_list: [account], other_table: totals, "
         "match_nulls: true, mostly: 0.9}", "fail", 1, 5),
        ("{relationships: {column: account, to: totals}, where: id > 4}", "pass", 0, None),
        ("{relationships: {column: venue, to: venues}, mostly: 0.81}", "fail", 1, 5),
        ("expect_column_values_to_be_gap_free: {column: id, start: 1, mostly: 0.8}", "pass", 1, 5),
        ("expect_column_values_to_be_increasing: {column: traded_on, order_by: [id]}",
         "fail", 1, 5),
        ("expect_state_transitions_to_be_legal: "
         "{column: status, order_by: [id], transitions: moves, mostly: 0.9}", "fail", 1, 4),
    ],
)  # fmt: skip
def test_rows_that_are_looked_up_have_a_share(make, cli, rule, status, failures, considered):
    project = make(FILES)
    assert cli(project, "build").exit_code == 0
    body = rule[1:-1] if rule.startswith("{") else rule
    project.write({"checks/c.yml": f"checks: [{{table: trades, rules: [{{name: r, {body}}}]}}]"})
    found = judged(cli, project)["r"]
    assert (found.status.value, found.failures, found.considered) == (status, failures, considered)


@pytest.mark.parametrize(
    ("rule", "failures"),
    [
        ("expect_foreign_key_to_exist: {column_list: [venue], other_table: venues}", 0),
        ("expect_column_values_to_be_unique: venue", 2),
        ("expect_column_max_to_be_between: {column: price, max_value: 4}", 0),
        ("expect_table_row_count_to_equal: {value: 3}", 0),
        ("expect_column_distinct_values_to_equal_set: {column: venue, value_set: [KRK]}", 1),
        ("expect_column_values_to_be_gap_free: {column: id}", 1),
    ],
)
def test_a_rule_is_about_the_rows_of_its_condition(make, cli, rule, failures):
    project = make(FILES)
    assert cli(project, "build").exit_code == 0
    text = (
        f"checks:\n  - table: trades\n    rules:\n"
        f"      - {rule}\n        name: rule_0\n        row_condition: id < 5\n"
    )
    project.write({"checks/c.yml": text})
    assert judged(cli, project)["rule_0"].failures == failures


def test_options_stand_beside_a_rule_or_in_it(make, cli):
    beside = """
        checks:
          - table: trades
            rules:
              - ExpectColumnValuesToBeInSet: {column: venue, value_set: [KRK]}
                mostly: 0.4
                owner: desk
                description: Traded on one venue.
    """
    project = make({**FILES, "checks/c.yml": beside})
    found = judged(cli, project)["expect_column_values_to_be_in_set_trades_venue"]
    assert (found.status.value, found.rule.owner) == ("pass", "desk")


def test_of_nothing_rows_pass_and_figures_fail(make, cli):
    of_rows = [("expect_column_values_to_be_between", "{column: price, min_value: 1}", 0)]
    figures = [
        (f"expect_column_{figure}_to_be_between", "{column: price, min_value: 0}", 1)
        for figure in ("max", "mean", "median", "stdev")
    ]
    project = make(FILES)
    assert cli(project, "build").exit_code == 0
    project.write({"checks/c.yml": suite([*of_rows, *figures], "nothing")})
    results = judged(cli, project)
    assert [results[f"rule_{n}"].failures for n in range(5)] == [0, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            "expect_column_values_to_be_betwen: {column: price}",
            "did you mean 'expect_column_values_to_be_between'?",
        ),
        (
            "expect_column_values_to_be_between: {column: price, min_valu: 1}",
            "did you mean 'min_value'?",
        ),
        ("expect_column_values_to_be_between: {min_value: 1}", "add column: the name of a column"),
        (
            "expect_column_values_to_be_in_set: {column: venue, value_set: KRK}",
            "give a list of values",
        ),
        (
            "{expect_column_values_to_not_be_null: {column: id, mostly: 0.5}, mostly: 0.5}",
            "once is enough",
        ),
        ("expect_column_values_to_not_be_null: {column: id, mostly: 1.5}", "as 0.99"),
        (
            "expect_column_max_to_be_between: {column: id, max_value: 9, mostly: 0.5}",
            "leave it out",
        ),
        (
            "expect_foreign_key_to_exist: {column_list: [venue], other_table: venuess}",
            "did you mean 'venues'?",
        ),
        (
            "expect_foreign_key_to_exist: {column_list: [venue], other_table: venues, "
            "other_column_list: [venue, opened_on]}",
            "give as many of each",
        ),
        (
            "expect_sums_to_reconcile: {column: id, other_table: totals, other_column: amount, "
            "other_group_by: [account]}",
            "group_by and other_group_by pair columns",
        ),
        (
            "expect_foreign_key_to_exist: {column_list: [venue], other_table: venues, "
            "as_of: traded_on}",
            "as_of needs valid_from or valid_to",
        ),
        (
            "expect_foreign_key_to_exist: {column_list: [venue], other_table: venues, "
            "valid_from: opened_on}",
            "as_of needs valid_from or valid_to",
        ),
        (
            "expect_column_mean_to_be_between: {column: id, min_value: 1.5, max_value: 1}",
            "min_value 1.5 is above max_value 1",
        ),
        (
            "expect_column_stdev_to_be_between: {column: id, min_value: 0.1234567890123}",
            "no number of up to 12 decimals",
        ),
        (
            "expect_column_quantile_values_to_be_between: "
            "{column: id, quantile_ranges: {quantiles: [0.5, 0.9], value_ranges: [[1, 2]]}}",
            "as many pairs of bounds",
        ),
        ("expect_column_type_to_be: {column: id, type_: integr}", "'integr' is no type"),
        ("{expect_column_to_exist: id, where: id > 1}", "leave its row_condition out"),
        (
            "expect_column_value_z_scores_to_be_less_than: {column: id, threshold: 3}",
            "is not part of the vocabulary",
        ),
        ("{where: id > 1, row_condition: id > 1, not_null: id}", "give one of them"),
    ],
)
def test_a_rule_written_wrongly_is_refused_with_its_line(make, cli, rule, said):
    body = rule[1:-1] if rule.startswith("{") else rule
    text = f"checks:\n  - table: trades\n    rules:\n      - {{name: wrong, {body}}}\n"
    project = make({**FILES, "checks/c.yml": text})
    outcome = cli(project, "build")
    assert outcome.exit_code == 2
    assert "error[R230]" in outcome.stderr
    assert "where: checks/c.yml:4\n" in outcome.stderr
    assert said in outcome.stderr


def test_a_column_that_does_not_exist_is_an_error_of_its_own(make, cli):
    rules = [("expect_column_values_to_be_between", "{column: prise, min_value: 1}", 0)]
    project = make({**FILES, "checks/c.yml": suite(rules)})
    outcome = cli(project, "build")
    assert outcome.exit_code == 3
    assert "error[R311]" in outcome.stderr
    assert "prise" in outcome.stderr


def test_a_change_since_the_last_published_build_is_bounded(make, cli):
    rules = """
        checks:
          - table: grown
            rules:
              - expect_change_since_last_build_to_be_between: {max_ratio: 0.5}
                name: rows
              - expect_change_since_last_build_to_be_between:
                  aggregate: sum(amount)
                  min_change: -0.1
                  max_change: 0.1
                name: amounts
    """

    def rows(*amounts: str) -> dict[str, str]:
        listed = "".join(f"{n},{amount}\n" for n, amount in enumerate(amounts))
        return {"seeds/sizes.csv": "id,amount\n" + listed}

    grown = (
        "{{ config(materialized='table') }} "
        "select id, cast(amount as decimal(38, 12)) as amount from {{ ref('sizes') }}"
    )
    project = make({**rows("1.5", "2.5"), "models/grown.sql": grown, "checks/c.yml": rules})
    assert cli(project, "build").exit_code == 0
    project.write(rows("1.5", "2.5", "0.1"))
    assert cli(project, "build").exit_code == 0
    # two more than three: nothing is published, so the next is compared with three as well
    project.write(rows("1.5", "2.5", "0.1", "0", "0"))
    outcome = cli(project, "build")
    assert outcome.exit_code == 1
    assert "FAIL rows" in outcome.stderr and "change=2" in outcome.stderr
    project.write(rows("1.5", "2.5", "0.2000001"))
    outcome = cli(project, "build")
    assert outcome.exit_code == 1
    assert "FAIL amounts" in outcome.stderr and "change=0.1000001" in outcome.stderr
    project.write(rows("1.5", "2.5", "0.2"))
    assert cli(project, "build").exit_code == 0
