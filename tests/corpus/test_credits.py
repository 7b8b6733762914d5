from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from audio_interaction.corpus.credits import (
    UNKNOWN,
    Credit,
    corpus_licence,
    credit_of,
    grouped,
    read_credits,
)
from audio_interaction.corpus.sources import SPLITS, default_root, load_sources

FREE = Credit("sound", "synthesis", "CC0-1.0", "somebody")


def test_every_shipped_clip_has_a_credit():
    credits = read_credits()
    for split in SPLITS:
        sources = load_sources(split)
        for clip in (*sources.speech, *sources.sounds, *sources.noises, *sources.music):
            credit = credits[clip.id]
            assert credit.recorded == clip.recorded and credit.licence and credit.credit
    rows = pq.read_table(default_root() / "recorded-test.parquet", columns=["id"]).to_pylist()
    assert all(credits[row["id"]].recorded for row in rows)
    assert {credit.language for credit in credits.values()} >= {"", "en", "zh", "zh-en"}


def test_a_clip_made_for_one_stream_is_free_and_a_strange_one_is_told():
    credits = {"bell-1": FREE}
    assert credit_of("bell-1", "somewhere", credits) is FREE
    assert credit_of("bell-2", "synthesis", credits).licence == "CC0-1.0"
    strange = credit_of("my.wav", "", credits)
    assert (strange.kind, strange.licence, strange.recorded) == (UNKNOWN, UNKNOWN, False)


@pytest.mark.parametrize(
    ("licences", "whole"),
    [
        (["CC0-1.0", "public-domain"], "cc0-1.0"),
        (["CC0-1.0", "MIT"], "cc-by-4.0"),
        (["CC-BY-3.0", "CC0-1.0"], "cc-by-4.0"),
        (["CC-BY-3.0", "CC-BY-SA-3.0"], "cc-by-sa-4.0"),
        (["CC-BY-SA-3.0", UNKNOWN], "other"),
    ],
)
def test_the_strictest_licence_decides(licences, whole):
    assert corpus_licence(replace(FREE, licence=licence) for licence in licences) == whole


def test_clips_of_one_maker_are_told_together():
    other = replace(FREE, credit="anybody")
    assert grouped([FREE, other, FREE]) == [(other, 1), (FREE, 2)]
