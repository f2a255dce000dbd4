"""SQL that cannot run is refused with the model's own line, alike on both engines."""

from __future__ import annotations

import pytest

SEED = {"seeds/raw.csv": "id,amount\n1,10.50\n"}
# the model, the line at fault, and words of the message
BROKEN = {
    "a misspelt keyword": ("-- g\nselec id\nfrom {{ ref('raw') }}\n", 2, "selec"),
    "a keyword taken for an alias": ("select\n    id\nfro {{ ref('raw') }}\n", 3, "raw"),
    "nothing after a plus": ("select\n    id +\nfrom {{ ref('raw') }}\n", 3, '"from"'),
    "a quote left open": ("select\n    'abc as x\nfrom {{ ref('raw') }}\n", 2, "unterminated"),
    "a parenthesis left open": ("with a as (\n    select 1 as n\n\nselect n from a", 4, "select"),
    "an unknown column": ("select\n    id,\n    nowhere\nfrom {{ ref('raw') }}\n", 3, "nowhere"),
    "an unknown table": ("select id\nfrom nowhere\n", 2, "nowhere"),
    "below a loop": (
        "{% for c in ['id', 'amount'] %}\n{% if loop.first %}select{% endif %}\n    {{ c }},\n"
        "{% endfor %}\n    nowhere + 1 as n\nfrom {{ ref('raw') }}\n", 5, "nowhere",
    ),
    "inside a loop": (
        "select\n{% for c in ['id', 'nowhere'] %}\n    max({{ c }}) as max_{{ c }},\n{% endfor %}\n"
        "    1 as one\nfrom {{ ref('raw') }}\n", 3, "nowhere",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("kind", ["table", "view"])
def test_the_line_at_fault_is_named(make, cli, name, kind):
    sql, line, words = BROKEN[name]
    project = make({**SEED, "models/broken.sql": sql})
    config = f"config: {{materialized: {kind}}}"
    project.write({"models/broken.yml": f"models:\n  - name: broken\n    {config}\n"})
    outcome = cli(project, "build")
    assert outcome.exit_code == 3
    assert "error[R310]: broken could not be built" in outcome.stderr
    assert f"where: models/broken.sql:{line}\n" in outcome.stderr
    assert words in outcome.stderr
    assert "sqlglot" not in outcome.stderr


def test_the_line_of_an_increment(make, cli):
    model = (
        "{{ config(materialized='incremental') }}\nselect id\nfrom {{ ref('raw') }}\n"
        "{% if is_incremental() %}\nwhere id > 0\n    and nowhere > 0\n{% endif %}\n"
    )
    project = make({**SEED, "models/broken.sql": model})
    assert cli(project, "build").exit_code == 0
    project.write({"seeds/raw.csv": "id,amount\n1,10.50\n2,1\n"})
    outcome = cli(project, "build")
    assert outcome.exit_code == 3
    assert "where: models/broken.sql:6\n" in outcome.stderr


def test_a_kernel_is_given_what_it_sorts_by(make, cli):
    # SQLite takes a name in quotes that no column has for a text
    read = "book_key, method, is_inverse, multiplier, fill_key, quantity, price, fee"
    project = make(
        {
            "seeds/raw.csv": f"{read.replace(' ', '')},executed_at\n" + ",".join("111111110"),
            "models/lots.sql": "{{ config(materialized='kernel', kernel='lot_matching') }}\n"
            f"select {read}, executed_at from {{{{ ref('raw') }}}}\n",
        }
    )
    outcome = cli(project, "build")
    assert outcome.exit_code == 2
    assert "error[R255]: lots does not give what the kernel 'lot_matching' reads" in outcome.stderr
    assert "and place_in_moment, to sort by" in outcome.stderr
