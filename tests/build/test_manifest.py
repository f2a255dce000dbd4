"""Artifacts have the keys that dbt 1.11's own schemas want, and no other: its readers refuse both.

The keys are those of dbt's manifest v12 and run-results v6; tests/dbt reads what a build writes
with dbt itself.
"""

from __future__ import annotations

import json

_COMMON = "schema name resource_type package_name path original_file_path unique_id fqn"
_NODE = f"{_COMMON} alias checksum"
_NODE_MAY = (
    "database config tags description columns meta group docs patch_path build_path "
    "unrendered_config created_at relation_name raw_code doc_blocks depends_on"
)
_COMPILED_MAY = (
    f"{_NODE_MAY} language refs sources metrics functions compiled_path compiled compiled_code "
    "extra_ctes_injected extra_ctes contract"
)
_BASE = "name resource_type package_name path original_file_path unique_id"
KEYS = {  # kind: keys it must have, and may have
    "seed": (_NODE, f"{_NODE_MAY} root_path"),
    "model": (_NODE, f"{_COMPILED_MAY} access constraints version latest_version primary_key"),
    "singular": (_NODE, _COMPILED_MAY),
    "generic": (
        f"{_NODE} test_metadata",
        f"{_COMPILED_MAY} column_name file_key_name attached_node",
    ),
    "source": (
        f"{_COMMON} source_name source_description loader identifier",
        "database quoting loaded_at_field freshness description columns meta source_meta tags "
        "config patch_path unrendered_config relation_name created_at doc_blocks",
    ),
    "macro": (f"{_BASE} macro_sql", "depends_on description meta docs config arguments"),
    "doc": (f"{_BASE} block_contents", ""),
    "manifest": (
        "metadata nodes sources macros docs exposures metrics groups selectors disabled "
        "parent_map child_map group_map saved_queries semantic_models unit_tests",
        "functions",
    ),
    "manifest metadata": (
        "dbt_schema_version generated_at invocation_id env",
        "dbt_version invocation_started_at project_name project_id adapter_type",
    ),
    "results": ("metadata results elapsed_time", "args"),
    "results metadata": (
        "dbt_schema_version generated_at invocation_id",
        "dbt_version invocation_started_at env",
    ),
    "result": (
        "status timing thread_id execution_time adapter_response unique_id compiled "
        "compiled_code relation_name message failures",
        "batch_results",
    ),
}
PROJECT = {
    "seeds/raw.csv": "id,amount\n1,10.50\n",
    "models/one.sql": "{{ config(materialized='table') }}select id, {{ twice('amount') }} as "
    "amount from {{ ref('raw') }}",
    "models/schema.yml": """
        version: 2
        models:
          - name: one
            description: '{{ doc("one") }}'
            columns:
              - {name: id, data_tests: [unique]}
        sources:
          - name: bank
            description: what the bank says
            loader: sftp
            tables: [{name: lines, description: of its statements}]
    """,
    "models/one.md": "{% docs one %}\nOne row.\n{% enddocs %}\n",
    "models/macros/twice.sql": "{% macro twice(x) %}2 * {{ x }}{% endmacro %}",
    "checks/c.yml": "checks:\n  - sql: select * from {{ ref('one') }} where amount < 0\n"
    "    name: not_negative\n",
}


def test_artifacts_have_dbts_keys_and_no_other(make, cli):
    project = make(PROJECT)
    assert cli(project, "build").exit_code == 0
    manifest, results = (
        json.loads((project.root / "target" / name).read_text())
        for name in ("manifest.json", "run_results.json")
    )
    met = [
        ("manifest", manifest),
        ("manifest metadata", manifest["metadata"]),
        ("results", results),
        ("results metadata", results["metadata"]),
        *(("result", r) for r in results["results"]),
        *((_kind(node), node) for node in manifest["nodes"].values()),
        *(("source", s) for s in manifest["sources"].values()),
        *(("macro", m) for m in manifest["macros"].values()),
        *(("doc", d) for d in manifest["docs"].values()),
    ]
    assert {kind for kind, _ in met} == KEYS.keys()
    for kind, found in met:
        must, may = ({*text.split()} for text in KEYS[kind])
        assert must <= found.keys() <= must | may, kind
    assert manifest["nodes"]["seed.shop.raw"]["depends_on"] == {"macros": []}
    assert manifest["nodes"]["model.shop.one"]["depends_on"]["macros"] == ["macro.shop.twice"]
    assert manifest["macros"]["macro.shop.twice"]["macro_sql"] == PROJECT["models/macros/twice.sql"]
    assert manifest["docs"]["doc.shop.one"]["block_contents"] == "One row."
    source = manifest["sources"]["source.shop.bank.lines"]
    assert (source["source_description"], source["loader"]) == ("what the bank says", "sftp")
    assert manifest["metadata"]["invocation_id"] == results["metadata"]["invocation_id"]


def _kind(node):
    if node["resource_type"] != "test":
        return node["resource_type"]
    return "generic" if "test_metadata" in node else "singular"
