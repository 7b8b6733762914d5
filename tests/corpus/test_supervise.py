from collections import Counter

import pytest

from audio_interaction.corpus.build import compose_streams, write_corpus
from audio_interaction.corpus.supervise import BASE, MIX_INS, stage4_tasks
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError

ADDED = {task: name for name, pool in MIX_INS.items() for task in pool}


def _share(weights, name):
    """Streams of a mix-in for each stream of the base."""
    base = sum(weight for task, weight in weights.items() if task not in ADDED)
    return sum(weight for task, weight in weights.items() if ADDED.get(task) == name) / base


def test_every_sub_task_is_either_base_or_mix_in():
    assert sorted((*BASE, *ADDED)) == sorted(TASKS)
    assert {TASKS[name].ability for name in MIX_INS["proactive"]} == {"proactive response"}
    assert all("Silent throughout" in TASKS[name].silent for name in MIX_INS["silent"])


def test_the_shares_are_those_of_the_paper():
    weights = stage4_tasks()
    assert set(weights) == set(TASKS) and min(weights.values()) > 0
    for name, chance in (("history", 0.30), ("silent", 0.40), ("proactive", 0.30)):
        assert _share(weights, name) == pytest.approx(chance)
    assert weights["benign"] == pytest.approx(weights["negative"])
    assert len({round(weights[name], 9) for name in BASE}) == 1


def test_a_base_of_ones_own():
    weights = stage4_tasks({"chat": 3, "asr_clean": 1}, history=1.0, silent=0.0, proactive=0.0)
    assert weights == {"chat": 0.75, "asr_clean": 0.25, "chat_history": 1.0}
    # A mix-in that is part of the base, too, comes more often.
    assert stage4_tasks(["chat", "negative"])["negative"] == pytest.approx(0.5 + 0.2)


def test_a_corpus_holds_these_shares(train):
    streams = compose_streams("train", 40, 0, stage4_tasks(["chat_single"]), train)
    counts = Counter(ADDED.get(stream.task, "base") for stream in streams)
    assert counts == {"base": 20, "history": 6, "silent": 8, "proactive": 6}
    # The first streams are those of a smaller corpus: a build can be stopped and go on.
    assert compose_streams("train", 7, 0, stage4_tasks(["chat_single"]), train) == streams[:7]


def test_workers_and_interruptions_change_nothing(sources_root, tmp_path, monkeypatch):
    monkeypatch.setattr("audio_interaction.corpus.build.SHARD_STREAMS", 4)
    options = dict(tasks=stage4_tasks(["chat_single"]), root=sources_root)
    one = write_corpus(tmp_path / "one", {"train": 8}, 0, **options)
    two = write_corpus(tmp_path / "two", {"train": 8}, 0, workers=2, **options)
    (two / "train-00001.parquet").unlink()
    write_corpus(two, {"train": 8}, 0, **options)
    files = sorted(path.name for path in one.iterdir())
    assert len(files) == 4 and files == sorted(path.name for path in two.iterdir())
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in files)


@pytest.mark.parametrize("chance", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_an_error(chance):
    with pytest.raises(UserError, match="'silent'"):
        stage4_tasks(silent=chance)


@pytest.mark.parametrize("base", [[], {"chat": 0}, {"chat": float("nan")}, ["sing"]])
def test_what_is_no_base_is_an_error(base):
    with pytest.raises(UserError, match="positive weights|unknown tasks sing"):
        stage4_tasks(base)
