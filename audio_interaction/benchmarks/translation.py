"""BLEU and chrF of translations, from sums of what sacreBLEU counts in each of them.

Both are scores of a corpus and no means of scores of sentences: n-grams are counted over all of it.
So a stream adds its n-gram counts, as it adds its hits to F1, and a resample of the bootstrap is a
corpus of its own. Signatures (https://github.com/mjpost/sacrebleu): BLEU tok:13a, into Chinese
tok:zh, smooth:exp; chrF nc:6, nw:0; one reference.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from sacrebleu.metrics import BLEU, CHRF

SCORES = {"bleu": 10, "chrf": 18}
"""Counts of a translation that each score is computed from."""
COUNTS = tuple(f"{name}_{number}" for name, many in SCORES.items() for number in range(many))
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@cache
def _metric(name: str, chinese: bool = False) -> BLEU | CHRF:
    return CHRF() if name == "chrf" else BLEU(tokenize="zh" if chinese else "13a")


def translation_counts(reference: str, hypothesis: str) -> dict[str, float]:
    """What one translation adds to `COUNTS`; `hypothesis` is empty where there was no reply."""
    chinese = bool(_CHINESE.search(reference))
    counts = {}
    for name in SCORES:
        # Statistics of a sentence, and a score of their sum, are also what sacreBLEU's own test of
        # significance resamples; there is no public name for them.
        (found,) = _metric(name, chinese)._extract_corpus_statistics([hypothesis], [[reference]])
        counts |= {f"{name}_{number}": value for number, value in enumerate(found)}
    return counts


def corpus_score(name: str, sums: Mapping[str, np.ndarray]) -> np.ndarray:
    """A score in points, 0 to 100; NaN where nothing was to be translated.

    Args:
        name: of `SCORES`.
        sums: of `COUNTS`, scalars or (resamples,).

    Returns:
        float64, of the shape of the sums.
    """
    rows = np.stack([np.asarray(sums[f"{name}_{i}"], float) for i in range(SCORES[name])], -1)
    scores = [
        _score(name, row.round().astype(int).tolist()) for row in rows.reshape(-1, rows.shape[-1])
    ]
    return np.array(scores).reshape(rows.shape[:-1])


def _score(name: str, counts: Sequence[int]) -> float:
    return _metric(name)._compute_score_from_stats(counts).score if any(counts) else np.nan
