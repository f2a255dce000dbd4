"""The rows that a rule is about: what says so is SQL under Jinja, like the rest."""

from __future__ import annotations

FILES = {
    "seeds/s.csv": "id,amount\n1,-1\n2,1\n",
    "seeds/known.csv": "id\n2\n",
    "models/m.sql": "select 1 as one",
    "checks/c.yml": """
        checks:
          - table: s
            rules:
              - expression: amount > 0
                name: positive
                where: id in (select id from {read})
    """,
}


def reading(make, read: str):
    return make({**FILES, "checks/c.yml": FILES["checks/c.yml"].format(read=read)})


def test_a_table_that_it_refers_to_is_one_that_the_rule_reads(make, cli):
    project = reading(make, "{{ ref('known') }}")
    outcome = cli(project, "build")
    assert outcome.exit_code == 0, outcome.stderr
    project.write({"seeds/known.csv": "id\n1\n2\n"})
    assert cli(project, "build").exit_code == 1


def test_a_table_read_by_its_plain_name_is_told(make, cli):
    outcome = cli(reading(make, "known"), "build")
    assert "the check positive reads known by its plain name" in outcome.stderr
