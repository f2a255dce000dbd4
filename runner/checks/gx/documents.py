"""target/gx/: suites and validation results as JSON, and Data Docs to open in a browser."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

_SITE = "target"
_FOLDERS = ("expectations", "validations", "data_docs")


def write_documents(context: Any, folder: Path) -> None:
    """Replace what an earlier run has left in `folder`."""
    for name in _FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
    for suite in context.suites.all():
        _write(folder / "expectations" / f"{suite.name}.json", suite.to_json_dict())
    store = context.validation_results_store
    for key in store.list_keys():
        result = store.get(key)
        _write(folder / "validations" / f"{result.suite_name}.json", result.to_json_dict())
    _build_site(context, folder / "data_docs")


def _build_site(context: Any, folder: Path) -> None:
    context.add_data_docs_site(
        _SITE,
        {
            "class_name": "SiteBuilder",
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(folder),
            },
            "show_how_to_buttons": False,
        },
    )
    context.build_data_docs(site_names=[_SITE])


def _write(path: Path, body: dict[str, Any]) -> None:
    path.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
