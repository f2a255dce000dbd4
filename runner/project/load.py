"""Read a project's folders into a Project."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path

from runner.checks.dbt_tests import singular
from runner.checks.rules import Rule
from runner.checks.suites import load_suite
from runner.config import Config
from runner.errors import Location, ProjectError, nearest
from runner.project.dbt_project import DbtProject, load_dbt_project
from runner.project.nodes import DocsBlock, Model, Project, Properties, Seed
from runner.project.properties import SchemaFiles, read_schema_files
from runner.project.reserved_names import refuse_reserved
from runner.project.text_file import read_text

_DOCS_BLOCK = re.compile(r"{%-?\s*docs\s+(\w+)\s*-?%}(.*?){%-?\s*enddocs\s*-?%}", re.S)


def load_project(config: Config) -> Project:
    """Models, seeds, sources, macros, docs blocks and checks; ProjectError for a broken file."""
    settings = _settings(config)
    name = settings.name or config.name
    root = config.root
    macro_folders = _folders(config, config.macro_paths, settings.macro_paths)
    model_folders = _folders(config, config.model_paths, settings.model_paths)
    seed_folders = _folders(config, config.seed_paths, settings.seed_paths)
    test_folders = [root / entry for entry in settings.test_paths]
    _require("models", model_folders, config)
    if config.is_ledger:
        # without its checks a ledger would publish anything, and say nothing of it
        _require("checks", list(config.check_paths), config)

    schema_paths = sorted(
        path
        for folder in (*model_folders, *seed_folders)
        for suffix in ("*.yml", "*.yaml")
        for path in folder.rglob(suffix)
    )
    schema = read_schema_files(schema_paths, name)
    models = _models(model_folders, macro_folders, root, name, settings, schema)
    seeds = _seeds(seed_folders, config, name, settings, schema)
    _refuse_doubles(models, seeds)
    refuse_reserved(
        [(m.name, m.path) for m in models.values()] + [(s.name, s.path) for s in seeds.values()],
        config.migration_path,
        is_ledger=config.is_ledger,
    )
    python_models = {
        path.stem: path for folder in model_folders for path in sorted(folder.rglob("*.py"))
    }
    _refuse_strangers(schema, {*models, *python_models}, seeds.keys())
    return Project(
        name=name,
        root=root,
        models=models,
        seeds=seeds,
        sources=schema.sources,
        macro_files=tuple(
            sorted(
                path
                for folder in (*macro_folders, *(f / "generic" for f in test_folders))
                for path in folder.rglob("*.sql")
            )
        ),
        docs=_docs_blocks(
            [*model_folders, *seed_folders, *[root / d for d in settings.docs_paths]]
        ),
        rules=tuple(_rules(config, test_folders)),
        vars={**settings.vars, **config.vars},
        seed_folders=tuple(seed_folders),
        macro_folders=tuple(macro_folders),
        schema_paths=tuple(schema_paths),
        fixture_folders=tuple(folder / "fixtures" for folder in test_folders or [root / "tests"]),
        python_models=python_models,
        notes=(*_not_followed(settings, python_models), *_unread_tests(root, test_folders)),
    )


def project_folders(config: Config) -> list[Path]:
    """Every folder that a project's files stand in, whether it is there or not."""
    settings = _settings(config)
    return [
        *_folders(config, config.model_paths, settings.model_paths),
        *_folders(config, config.macro_paths, settings.macro_paths),
        *_folders(config, config.seed_paths, settings.seed_paths),
        *_folders(config, None, (*settings.test_paths, *settings.docs_paths)),
        *config.check_paths,
        config.migration_path,
        config.ingest_path,
        config.audit_path,
    ]


def relation_names(config: Config) -> frozenset[str]:
    """What the project's models and seeds are called; only their files' names are read."""
    settings = _settings(config)
    macro_folders = _folders(config, config.macro_paths, settings.macro_paths)
    models = _model_files(_folders(config, config.model_paths, settings.model_paths), macro_folders)
    seeds = _seed_files(_folders(config, config.seed_paths, settings.seed_paths), config)
    return frozenset(path.stem for _, path in (*models, *seeds))


def _settings(config: Config) -> DbtProject:
    own = DbtProject(macro_paths=("models/macros", "macros"), test_paths=())
    return load_dbt_project(config.root) or own


def _folders(config: Config, own: tuple[Path, ...] | None, listed: Iterable[str]) -> list[Path]:
    return list(own) if own is not None else [config.root / entry for entry in listed]


def _model_files(
    folders: Iterable[Path], macro_folders: Sequence[Path]
) -> Iterator[tuple[Path, Path]]:
    """Each model's file, after the folder it was found in."""
    for folder in folders:
        for path in sorted(folder.rglob("*.sql")):
            if not any(path.is_relative_to(macros) for macros in macro_folders):
                yield folder, path


def _seed_files(folders: Iterable[Path], config: Config) -> Iterator[tuple[Path, Path]]:
    """Each seed's file, after the folder it was found in."""
    for folder in folders:
        for path in sorted(folder.rglob("*.csv")):
            # facts are appended through ingest, not replaced as a seed is
            if not any(path.is_relative_to(facts) for facts in config.fact_seed_paths):
                yield folder, path


def _require(kind: str, folders: list[Path], config: Config) -> None:
    if not any(folder.is_dir() for folder in folders):
        looked = ", ".join(str(Location(folder)) for folder in folders)
        raise ProjectError(
            "R224",
            f"the {kind} folder is missing",
            where=Location(config.file),
            why=f"looked for {looked}",
            mend=f"restore it, or name another as {kind.removesuffix('s')}_paths in [tool.runner]",
        )


def _fqn(path: Path, folder: Path, root: Path, project: str) -> tuple[str, ...]:
    """project, folders below the first-level one, name: as dbt counts them."""
    base = root / folder.relative_to(root).parts[0] if folder.is_relative_to(root) else folder
    inside = path.relative_to(base).with_suffix("").parts
    return (project, *inside)


def _models(
    folders: list[Path],
    macro_folders: list[Path],
    root: Path,
    project: str,
    settings: DbtProject,
    schema: SchemaFiles,
) -> dict[str, Model]:
    models: dict[str, Model] = {}
    for folder, path in _model_files(folders, macro_folders):
        fqn = _fqn(path, folder, root, project)
        name = path.stem
        if name in models and models[name].path != path:
            raise _double(name, path, models[name].path)
        models[name] = Model(
            name=name,
            path=path,
            fqn=fqn,
            raw_sql=read_text(path),
            folder_config=settings.folder_config("model", fqn),
            properties=schema.models.get(name, Properties()),
        )
    return models


def _seeds(
    folders: list[Path], config: Config, project: str, settings: DbtProject, schema: SchemaFiles
) -> dict[str, Seed]:
    seeds: dict[str, Seed] = {}
    for folder, path in _seed_files(folders, config):
        fqn = _fqn(path, folder, config.root, project)
        if path.stem in seeds and seeds[path.stem].path != path:
            raise _double(path.stem, path, seeds[path.stem].path)
        seeds[path.stem] = Seed(
            name=path.stem,
            path=path,
            fqn=fqn,
            folder_config=settings.folder_config("seed", fqn),
            properties=schema.seeds.get(path.stem, Properties()),
        )
    return seeds


def _refuse_doubles(models: dict[str, Model], seeds: dict[str, Seed]) -> None:
    # to a database names are the same in large and in small letters
    known: dict[str, Model | Seed] = {}
    nodes: list[Model | Seed] = [*models.values(), *seeds.values()]
    for node in nodes:
        other = known.setdefault(node.name.lower(), node)
        if other is not node:
            raise _double(other.name, other.path, node.path)


def _double(name: str, first: Path, second: Path) -> ProjectError:
    return ProjectError(
        "R225",
        f"two files are called '{name}'",
        where=Location(first),
        why=f"the other is {Location(second)}; ref('{name}') could mean either",
        mend="rename one",
    )


def _not_followed(settings: DbtProject, python_models: Mapping[str, Path]) -> Iterator[str]:
    if settings.hooks:
        names = " and ".join(settings.hooks)
        yield f"{names} of dbt_project.yml is not followed: hooks are not run"
    if python_models:
        yield f"Python models are not run: {', '.join(sorted(python_models))}"


def _unread_tests(root: Path, test_folders: Sequence[Path]) -> Iterator[str]:
    """A sentence for each of dbt's tests that stands where dbt looks for them, and is not run."""
    folder = root / "tests"
    if not any(folder.is_relative_to(read) for read in test_folders):
        for path in sorted(folder.glob("*.sql")):
            if "{{" in read_text(path):
                yield (
                    f"{Location(path)} is not run: test-paths of dbt_project.yml does not name its "
                    "folder; name it, or write a check (docs/checks.md)"
                )


def _refuse_strangers(schema: SchemaFiles, models: Set[str], seeds: Set[str]) -> None:
    for kind, described, known in (("model", schema.models, models), ("seed", schema.seeds, seeds)):
        for name, properties in described.items():
            if name not in known:
                near = nearest(name, set(known))
                raise ProjectError(
                    "R226",
                    f"YAML describes a {kind} '{name}' that does not exist",
                    where=properties.where,
                    mend=f"did you mean '{near}'?" if near else "remove it, or add its file",
                )


def _docs_blocks(folders: list[Path]) -> dict[str, DocsBlock]:
    return {
        block.group(1): DocsBlock(path, block.group(2).strip())
        for folder in folders
        for path in sorted(folder.rglob("*.md"))
        for block in _DOCS_BLOCK.finditer(read_text(path))
    }


def _rules(config: Config, test_folders: list[Path]) -> list[Rule]:
    rules: list[Rule] = []
    for folder in config.check_paths:
        for path in sorted([*folder.rglob("*.yml"), *folder.rglob("*.yaml")]):
            rules += load_suite(path)
    for folder in test_folders:
        for path in sorted(folder.rglob("*.sql")):
            if not {"generic", "fixtures"} & set(path.relative_to(folder).parts[:-1]):
                rule = singular(path, read_text(path))
                rules += [] if rule is None else [rule]
    return rules
