"""Checks of the exercises: `checks.check_NN_M(answer)` judges exercise M of notebook NN.

Each takes the learner's answer, a value or a function, and returns a `feedback.Verdict`, which a
notebook shows. The checks of one notebook are one module, imported when one of them is first used.
"""

import re
from importlib import import_module

_MODULES = {
    "00": "tour",
    "01": "perceive",
    "02": "corpus",
    "03": "decide",
    "04": "train",
    "05": "decide_signal",
    "06": "stream",
    "07": "benchmarks",
}


def __getattr__(name: str):
    found = re.fullmatch(r"check_(\d\d)_\d+", name)
    if found and found[1] in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[found[1]]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
