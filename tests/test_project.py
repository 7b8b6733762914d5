"""The repository as a whole: requirements, layers, files that must agree with each other."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import audio_interaction
from audio_interaction.paths import REPOSITORY

PACKAGE = REPOSITORY / "audio_interaction"
PYPROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
EXTRAS = PYPROJECT["optional-dependencies"]
MODULES = sorted(PACKAGE.rglob("*.py"))

IMPORT_NAMES = {"pyyaml": "yaml", "piper-tts": "piper", "hibari-tts": "hibari"}
USED_OTHERWISE = {
    "anywidget": "plotly's FigureWidget cannot be made without it",
    "jupyterlab": "make lab",
}

COMES_WITH = {
    "IPython": "ipywidgets",
    "choreographer": "kaleido",
    "huggingface_hub": "datasets",
    "nbformat": "nbclient",
    "traitlets": "ipywidgets",
    "yaml": "jsonargparse",
}

# Imports run downwards only; neighbours of one rank may see each other.
RANKS = {
    **dict.fromkeys(("__init__", "__version__", "errors", "files", "paths"), 1),
    **dict.fromkeys(("layouts", "profiles", "protocol"), 1),
    "audio": 2,
    "corpus": 3,
    "model": 3,
    "corpus.matching": 4,  # pure: training watches behaviour with it
    "training": 4,
    "streaming": 4,
    "benchmarks": 5,
    "analysis": 6,
    **dict.fromkeys(("viz", "checks"), 7),
    **dict.fromkeys(
        ("cli", "commands", "corpus_commands", "doctor", "reproduce", "report", "slides"), 8
    ),
}


def tracked_files():
    """Every file of the repository but those that are made: by git where there is one."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        made = {".venv", ".git", "runs", "build"}
        files = (path for path in REPOSITORY.rglob("*") if path.is_file())
        return [path for path in files if not made & set(path.parts)]
    paths = (REPOSITORY / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def imported_modules(path):
    """Dotted names of the modules a file imports anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "audio_interaction":
                yield from (f"audio_interaction.{alias.name}" for alias in node.names)


def import_name(requirement):
    name = canonicalize_name(Requirement(requirement).name)
    return IMPORT_NAMES.get(name, name.replace("-", "_"))


def rank(module):
    """Rank of a module by its dotted name below `audio_interaction`: its own, or its package's."""
    parts = module.split(".")
    return RANKS.get(".".join(parts[:2])) or RANKS[parts[0]]


def test_conda_environment_lists_what_pyproject_does():
    environment = yaml.safe_load((REPOSITORY / "environment.yml").read_text())
    (pip,) = (entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    listed = {str(Requirement(entry)) for entry in pip if not entry.startswith("--")}
    wanted = [*PYPROJECT["dependencies"], *EXTRAS["figures"], *EXTRAS["dev"]]
    assert listed == {str(Requirement(entry)) for entry in wanted}
    assert "--editable ." in pip


def test_malicious_lightning_releases_are_excluded():
    (lightning,) = (
        requirement
        for requirement in map(Requirement, PYPROJECT["dependencies"])
        if requirement.name == "lightning"
    )
    assert not lightning.specifier.contains("2.6.2")
    assert not lightning.specifier.contains("2.6.3")
    assert lightning.specifier.contains("2.6.6")


def test_the_torch_of_the_makefile_is_in_range():
    version = re.search(r"^TORCH \?= torch==(\S+)$", (REPOSITORY / "Makefile").read_text(), re.M)
    (torch,) = (r for r in map(Requirement, PYPROJECT["dependencies"]) if r.name == "torch")
    assert torch.specifier.contains(version.group(1))


def test_every_dependency_is_used():
    used = {name.split(".")[0] for path in MODULES for name in imported_modules(path)}
    unused = {
        entry
        for entry in PYPROJECT["dependencies"]
        if import_name(entry) not in used and Requirement(entry).name not in USED_OTHERWISE
    }
    assert not unused


def test_everything_imported_is_declared():
    extras = [entry for name, group in EXTRAS.items() if name != "dev" for entry in group]
    declared = {import_name(entry) for entry in [*PYPROJECT["dependencies"], *extras]}
    declared |= {"audio_interaction", *COMES_WITH}
    undeclared = defaultdict(set)
    for path in MODULES:
        for name in {name.split(".")[0] for name in imported_modules(path)}:
            if name not in declared and name not in sys.stdlib_module_names:
                undeclared[name].add(str(path.relative_to(REPOSITORY)))
    assert not undeclared


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downwards_only(path):
    here = rank(".".join(path.relative_to(PACKAGE).with_suffix("").parts))
    for name in imported_modules(path):
        prefix, _, inner = name.partition(".")
        if prefix == "audio_interaction" and inner:
            assert rank(inner) <= here, f"{path.name} imports {name}, which is above it"


def test_no_machine_path_is_committed():
    machine_path = re.compile(r"/(work|root|home/[a-z]+)/[a-zA-Z.]")
    text = {".py", ".ipynb", ".md", ".yml", ".yaml", ".toml", ".json", ".cff", ".tsv", ""}
    found = [
        str(path.relative_to(REPOSITORY))
        for path in tracked_files()
        if path.suffix in text and machine_path.search(path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_the_repository_stays_small():
    sizes = {path: path.stat().st_size for path in tracked_files()}
    assert sum(sizes.values()) < 90 * 2**20
    assert max(sizes.values()) < 50 * 2**20  # what common hosts accept without a warning


def test_version_is_told_the_same_everywhere():
    version = audio_interaction.__version__
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text())
    assert citation["version"] == version
    assert f"## {version}" in (REPOSITORY / "CHANGELOG.md").read_text()
    assert citation["license"] == PYPROJECT["license"] == "Apache-2.0"
    assert "Apache License" in (REPOSITORY / "LICENSE").read_text()


def test_readme_keeps_its_promise():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert "make reproduce" in readme and "make test" in readme
    for block in ("notebooks", "results"):  # filled by `reproduce --readme`
        assert readme.count(f"<!-- {block}:begin -->") == 1
        assert readme.count(f"<!-- {block}:end -->") == 1


@pytest.mark.parametrize(
    "page", ["README.md", *(f"docs/{path.name}" for path in (REPOSITORY / "docs").glob("*.md"))]
)
def test_pages_link_to_what_is_there(page):
    path = REPOSITORY / page
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), f"{page} links to {link}, which is not there"


def test_readme_lists_every_notebook():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    for path in (REPOSITORY / "notebooks").glob("*.ipynb"):
        assert path.name in readme


def test_both_promised_commands_make_their_environment(tmp_path):
    for command in ("reproduce", "test"):
        dry = subprocess.run(
            ["make", "--dry-run", command, f"VENV={tmp_path / 'fresh'}"],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
        steps = dry.stdout
        assert steps.index("-m venv") < steps.index("--editable") < steps.rindex("fresh/bin/")


def test_make_says_what_to_install_without_a_python(tmp_path):
    """A machine whose only Python is too old, or none, gets advice and no half-made environment."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("bash", "sh", "make", "touch", "grep", "sed"):
        path = subprocess.run(["which", tool], capture_output=True, text=True, check=True).stdout
        (tools / tool).symlink_to(path.strip())
    old = tools / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    run = subprocess.run(
        ["make", "setup", f"VENV={tmp_path / 'fresh'}"],
        cwd=REPOSITORY,
        env={**os.environ, "PATH": str(tools)},
        capture_output=True,
        text=True,
    )
    assert run.returncode != 0
    assert "Python 3.11" in run.stderr
    assert not (tmp_path / "fresh").exists()


def test_ci_script_is_executable_and_parses():
    script = REPOSITORY / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)
