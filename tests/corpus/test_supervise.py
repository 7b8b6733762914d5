import numpy as np
import pytest

from audio_interaction.corpus.supervise import MIX_TASKS, mix_in
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError


def _mixed(count=2000, seed=0, **chances):
    return mix_in(range(count), np.random.default_rng(seed), **chances)


def test_each_mix_in_comes_as_often_as_it_should():
    mixed = _mixed(20_000)
    for name, chance in (("history", 0.30), ("silent", 0.40), ("proactive", 0.30)):
        share = (
            sum(any(task in MIX_TASKS[name] for task in tasks) for tasks in mixed.tasks) / 20_000
        )
        assert share == pytest.approx(chance, abs=4 * (0.25 / 20_000) ** 0.5)
        assert mixed.counts[name] == round(share * 20_000)


def test_the_draws_are_independent():
    tasks = _mixed(20_000).tasks
    none, all_three = (sum(len(t) == n for t in tasks) / 20_000 for n in (0, 3))
    assert none == pytest.approx(0.7 * 0.6 * 0.7, abs=0.015)
    assert all_three == pytest.approx(0.3 * 0.4 * 0.3, abs=0.015)


def test_the_seed_decides():
    assert _mixed(seed=1) == _mixed(seed=1)
    assert _mixed(seed=1) != _mixed(seed=2)
    assert _mixed(seed=1).tasks[:50] == _mixed(50, seed=1).tasks


def test_one_probability_leaves_the_other_mix_ins_alone():
    alone = _mixed(history=0.0, proactive=0.0)
    assert alone.counts["history"] == alone.counts["proactive"] == 0
    silent = [tuple(t for t in tasks if t in MIX_TASKS["silent"]) for tasks in _mixed().tasks]
    assert list(alone.tasks) == silent


def test_certain_and_impossible():
    mixed = _mixed(10, history=1.0, silent=0.0, proactive=0.0)
    assert mixed.tasks == (("chat_history",),) * 10
    assert mixed.counts == {"history": 10, "silent": 0, "proactive": 0}
    assert mix_in([], np.random.default_rng(0)).tasks == ()


@pytest.mark.parametrize("chance", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_an_error(chance):
    with pytest.raises(UserError, match="'silent'"):
        _mixed(silent=chance)


def test_the_tasks_exist_and_each_is_drawn():
    names = {name for pool in MIX_TASKS.values() for name in pool}
    assert names <= set(TASKS)
    assert names == {name for tasks in _mixed().tasks for name in tasks}
