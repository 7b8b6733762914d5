"""Is this machine ready? Versions, cores, accelerator, data, and what is optional.

`audio-interaction doctor` prints the list; the first thing to ask for when something fails.
"""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from audio_interaction.paths import MINI_DATA, REPOSITORY
from audio_interaction.profiles import current_profile

DISTRIBUTION = "audio-interaction"
MALWARE = {"lightning": ("2.6.2", "2.6.3"), "pytorch-lightning": ("2.6.2", "2.6.3")}
"""Releases that stole credentials on import (GHSA-w37p-236h-pfx3)."""

CHROMES = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "chrome")
TTS_PROGRAMS = ("espeak-ng", "flite", "festival")


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        what, found: what was looked for and what is there.
        problem: what to do about it; empty where all is well.
        needed: False where the kit works without it.
    """

    what: str
    found: str
    problem: str = ""
    needed: bool = True

    @property
    def bad(self) -> bool:
        """Something the kit needs is missing or wrong."""
        return self.needed and bool(self.problem)


def check_package(requirement: str) -> Finding:
    """Compare an installed package with a requirement such as `lightning>=2.6.4,<3`."""
    wanted = Requirement(requirement)
    try:
        version = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(wanted.name, "missing", f"pip install '{requirement}'")
    problem = ""
    if version in MALWARE.get(wanted.name, ()):
        problem = f"this release was malware: pip install '{requirement}', change your passwords"
    elif not wanted.specifier.contains(version, prereleases=True):
        problem = f"pip install '{requirement}'"
    return Finding(wanted.name, version, problem)


def _packages() -> Iterator[Finding]:
    try:
        requirements = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        yield Finding(DISTRIBUTION, "not installed", "run `make setup`, or pip install -e .")
        return
    for text in sorted(requirements):
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield check_package(text.split(";")[0].strip())


def _accelerator() -> Finding:
    import torch

    if torch.cuda.is_available():
        device = torch.cuda.get_device_properties(0)
        count = torch.cuda.device_count()
        return Finding("GPU", f"{count} x {device.name}, {device.total_memory / 2**30:.0f} GiB")
    if torch.backends.mps.is_available():
        return Finding("GPU", "Apple (mps)")
    return Finding("GPU", "none: the tiny model runs on the CPU")


def _presets() -> Iterator[Finding]:
    """The large presets: what they need to listen and to train, and whether this machine has it."""
    from audio_interaction.model.large import find_device
    from audio_interaction.model.memory import GIB, estimate, free_memory
    from audio_interaction.model.presets import PRESETS

    device = find_device("auto")
    on_gpu, free = device.type == "cuda", free_memory(device) / GIB
    forms = {"bfloat16": dict(width=2), "4 bits": dict(four_bit=True)}
    if not on_gpu:
        forms = {"float32": dict(width=4)}
    for chosen in PRESETS.values():
        if chosen.layout == "kit":
            continue
        needs, fits = [], False
        for form, how in forms.items():
            adapted = chosen.layout == "omni"
            listen = estimate(chosen, adapted=adapted, on_gpu=on_gpu, **how).gib
            train = estimate(chosen, train=True, on_gpu=on_gpu, **how).gib
            needs.append(f"{form} {listen:.0f} GiB to listen, {train:.0f} to train")
            fits = fits or listen <= free
        found = f"{'; '.join(needs)}; {free:.0f} free on the {'GPU' if on_gpu else 'CPU'}"
        advice = "" if fits else "does not fit: use --model tiny, or a larger GPU"
        yield Finding(f"preset {chosen.name}", found, advice, needed=False)


def _chrome() -> Finding:
    found = next(filter(None, map(shutil.which, CHROMES)), None)
    if importlib.util.find_spec("kaleido") is None:
        return Finding("static figures", "no kaleido", "pip install 'kaleido>=1'", needed=False)
    if not (found or os.environ.get("BROWSER_PATH")):
        advice = "install Chrome or Chromium, or keep the interactive figures alone"
        return Finding("static figures", "no Chrome", advice, needed=False)
    return Finding("static figures", f"kaleido with {found or os.environ['BROWSER_PATH']}")


def _folder(what: str, path: Path) -> Finding:
    if not path.is_dir() or not any(path.iterdir()):
        advice = "clone the whole repository again, and run `make setup` in it"
        return Finding(what, f"nothing in {path}", advice)
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return Finding(what, f"{size / 2**20:.1f} MB")


def _speech_engines() -> Finding:
    present = [program for program in TTS_PROGRAMS if shutil.which(program)]
    absent = [program for program in TTS_PROGRAMS if program not in present]
    advice = f"only to render the speech anew: install {', '.join(absent)}" if absent else ""
    return Finding("speech engines", ", ".join(present) or "none", advice, needed=False)


def examine() -> list[Finding]:
    """Look at this machine, from Python to the shipped weights. Imports torch and transformers."""
    version = platform.python_version()
    python_problem = "" if sys.version_info >= (3, 11) else "use Python 3.11 or newer"
    return [
        Finding("Python", version, python_problem),
        Finding("system", f"{platform.system()} {platform.machine()}"),
        Finding("cores", str(os.cpu_count())),
        _accelerator(),
        *_presets(),
        Finding("profile", current_profile().name),
        _folder("source clips", MINI_DATA / "sources"),
        _folder("tiny weights", MINI_DATA / "models" / "tiny"),
        _folder("notebooks", REPOSITORY / "notebooks"),
        *_packages(),
        _chrome(),
        _speech_engines(),
    ]


def as_text(findings: list[Finding]) -> str:
    """The findings as lines: `ok`, `-` for something optional that is not there, `BAD`."""
    width = max(len(finding.what) for finding in findings)
    lines = []
    for finding in findings:
        mark = "BAD" if finding.bad else "-" if finding.problem else "ok"
        advice = f"  -> {finding.problem}" if finding.problem else ""
        lines.append(f"{mark:<4} {finding.what:<{width}}  {finding.found}{advice}")
    return "\n".join(lines)
