"""Which code made something: a digest of the source files that it depends on.

What is cached must be made anew when the code that made it changes. A version number is forgotten;
the files themselves are not: those of some modules, and of all modules of the kit that they import.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

import audio_interaction

PACKAGE = audio_interaction.__name__
ROOT = Path(audio_interaction.__file__).parent


def _file_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split(".")[1:])
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


def _imports(file: Path) -> set[str]:
    """Names of the kit's modules that a source file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name for name in found if name.split(".")[0] == PACKAGE}


def source_files(*modules: str) -> list[Path]:
    """Files of modules, given by dotted names, and of all modules of the kit that they import."""
    files: set[Path] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        file = _file_of(name)
        if file is None or file in files:  # None: a name within a module
            continue
        files.add(file)
        waiting += _imports(file)
        waiting.append(name.rpartition(".")[0])
    return sorted(files)


@cache
def code_digest(*modules: str) -> str:
    """SHA-256 of `source_files` with their places."""
    total = hashlib.sha256()
    for file in source_files(*modules):
        total.update(file.relative_to(ROOT).as_posix().encode() + file.read_bytes())
    return total.hexdigest()
