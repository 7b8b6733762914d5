"""BLEU and chrF from sums are those that sacreBLEU gives for the corpus."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu import corpus_bleu, corpus_chrf

from audio_interaction.benchmarks.bootstrap import Bootstrap
from audio_interaction.benchmarks.metrics import METRICS, StreamScore, summarise
from audio_interaction.benchmarks.translation import COUNTS, corpus_score, translation_counts

FRENCH = "allume la lampe de la cuisine"
WORDS = st.lists(st.sampled_from(FRENCH.split()), min_size=0, max_size=9).map(" ".join)
CHINESE = st.text("打开厨房的灯请", min_size=1, max_size=9)


def sums(pairs):
    counts = [translation_counts(reference, hypothesis) for reference, hypothesis in pairs]
    assert all(tuple(one) == COUNTS for one in counts)
    return {name: np.array([one[name] for one in counts], float).sum() for name in COUNTS}


@pytest.mark.parametrize(("language", "tokenize"), [(WORDS.filter(bool), "13a"), (CHINESE, "zh")])
def test_scores_of_sums_are_those_of_the_corpus(language, tokenize):
    @given(st.lists(st.tuples(language, language | st.just("")), min_size=1, max_size=5))
    def same(pairs):
        references, hypotheses = zip(*pairs, strict=True)
        found = sums(pairs)
        bleu = corpus_bleu(hypotheses, [references], tokenize=tokenize).score
        assert corpus_score("bleu", found) == pytest.approx(bleu)
        assert corpus_score("chrf", found) == pytest.approx(
            corpus_chrf(hypotheses, [references]).score
        )

    same()


def test_silence_is_worth_nothing_and_no_translation_no_number():
    for name in ("bleu", "chrf"):
        assert corpus_score(name, sums([(FRENCH, "")])) == 0
        assert corpus_score(name, sums([(FRENCH, FRENCH)])) == pytest.approx(100)
        assert np.isnan(corpus_score(name, dict.fromkeys(COUNTS, 0.0)))


def test_resamples_are_corpora_of_their_own():
    pairs = [(FRENCH, FRENCH), (FRENCH, "la lampe"), (FRENCH, "")]
    scores = [
        StreamScore(
            str(number),
            "en_fr",
            False,
            "",
            translation_counts(*pair) | {"translation_total": 1},
            (),
        )
        for number, pair in enumerate(pairs)
    ]
    found = summarise(scores, ("bleu", "chrf"), resamples=200)
    weights = Bootstrap(3, 200)._weights
    for name, interval in found.items():
        drawn = []
        for weight in weights:
            chosen = [pair for pair, many in zip(pairs, weight, strict=True) for _ in range(many)]
            hypotheses, references = [h for _, h in chosen], [r for r, _ in chosen]
            score = corpus_bleu if name == "bleu" else corpus_chrf
            drawn.append(score(hypotheses, [references]).score)
        low, high = np.percentile(drawn, [2.5, 97.5])
        assert interval.items == 3
        assert (interval.low, interval.high) == pytest.approx((low, high))
    silent = [replace(one, counts={}) for one in scores]
    assert summarise(silent, ("bleu",))["bleu"].value is None
    assert METRICS["bleu"].unit == "points"
