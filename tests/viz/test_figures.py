import numpy as np
import pytest

from audio_interaction.benchmarks.bootstrap import Interval
from audio_interaction.benchmarks.report import Report, Row, Table
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError
from audio_interaction.training.behaviour import Behaviour
from audio_interaction.viz.figures import (
    corpus_figure,
    latency_figure,
    price_figure,
    scores_figure,
    share_figure,
    threshold_figure,
    training_figure,
)

LOG = """\
learning_rate,loss,loss_decision,loss_text,step,validation_f1,validation_p_at_events
0.001,3.0,0.4,2.6,4,,
0.001,2.0,0.3,1.7,9,,
,,,,10,0.25,0.125
"""


def named(figure):
    return {trace.name: trace for trace in figure.data}


def test_training_log_of_lightning(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(LOG)
    figure = training_figure(path)
    traces = named(figure)
    assert list(traces) == ["total", "words", "decision", "reply due", "F1"]
    assert traces["total"].x.tolist() == [4, 9] and traces["total"].y.tolist() == [3, 2]
    assert traces["F1"].x.tolist() == [10] and traces["F1"].y.tolist() == [0.25]
    titles = [axis.title.text for axis in figure.select_yaxes()]
    assert titles == ["loss (log)", "mean p(response)", "decide"]  # no column, no panel
    assert [axis.type for axis in figure.select_yaxes()] == ["log", None, None]


def test_a_batch_without_words_has_no_loss_of_words():
    rows = [{"step": step, "loss_text": loss} for step, loss in enumerate((3.0, 0.0, 2.0))]
    assert named(training_figure(rows))["words"].x.tolist() == [0, 2]


def test_training_rows_and_their_absence(tmp_path):
    assert list(named(training_figure([{"step": 1, "loss": 0.5}, {"step": 2, "loss": None}])))
    with pytest.raises(UserError, match="no such log"):
        training_figure(tmp_path / "metrics.csv")
    with pytest.raises(UserError, match="validation_f1"):
        training_figure([{"step": 1, "learning_rate": 0.1}])


def test_threshold_curve_of_dataclasses_and_mappings():
    curve = [
        Behaviour(0.6, 0.9, 0.1, 0.8, 0.4, 0.53, early=0, once=0, false_alarms_per_hour=5.0),
        Behaviour(0.3, 0.9, 0.1, 0.5, 0.9, 0.64, early=0, once=0, false_alarms_per_hour=60.0),
    ]
    for points in (curve, [vars(point) for point in curve]):
        figure = threshold_figure(points, chosen=0.3)
        traces = named(figure)
        assert traces["recall"].x == (0.3, 0.6) and traces["recall"].y == (0.9, 0.4)
        assert traces["false alarms"].y == (60.0, 5.0)
        assert {shape.x0 for shape in figure.layout.shapes} == {0.3}
    with pytest.raises(UserError, match="without points"):
        threshold_figure([])


def report(*rows):
    table = Table("When to speak", ("F1", "alarms", "early"), ("", "per hour", "%"), rows)
    return Report("evaluation", "Test", {}, [table]).to_dict()


def test_scores_stand_beside_their_baselines():
    figure = scores_figure(
        report(
            Row(
                "model", (Interval(0.8, 0.7, 0.9, 40), 12.0, Interval(0.1, 0.05, 0.2, 9)), "corpus"
            ),
            Row("always silent", (Interval(None, None, None, 0), 0.0, None), "corpus"),
        )
    )
    f1, undefined, alarms, quiet, early, missing = figure.data
    assert (f1.x, f1.y) == ((0.8,), ("model",))
    assert f1.error_x.array[0] == pytest.approx(0.1) == f1.error_x.arrayminus[0]
    assert undefined.text == missing.text == "undefined"
    assert alarms.x == (12.0,) and quiet.x == (0.0,)
    assert early.x == pytest.approx((10.0,)) and early.error_x.array[0] == pytest.approx(10.0)
    assert f1.marker.color != quiet.marker.color and f1.marker.symbol != quiet.marker.symbol
    assert [head.text for head in figure.layout.annotations] == ["F1", "alarms", "early, %"]


def test_scores_need_a_table_with_numbers():
    with pytest.raises(UserError, match="1 tables"):
        scores_figure(report(Row("model", (0.5, 1.0, 0.1), "corpus")), table=1)
    with pytest.raises(UserError, match="no numbers"):
        scores_figure(report(Row("model", (None, None, "n/a"), "corpus")))


def test_latency_says_how_often_it_is_late():
    slow = np.full(1000, 0.02)
    slow[::10] = 0.5
    figure = latency_figure({"slow": slow, "fast": np.full(3, 0.01)}, max_points=200)
    first, second = figure.data
    assert first.name == "slow: median 20 ms, 95 % under 500 ms, 10.0% late"
    assert second.name.endswith("0.0% late")
    assert len(first.x) == 200 and np.count_nonzero(first.y == 500) == 100
    assert [shape.y0 for shape in figure.layout.shapes] == [400]
    low, high = 10 ** np.array(figure.layout.yaxis.range)
    assert low < 10 and high > 500
    assert len(latency_figure(slow).data) == 1
    with pytest.raises(UserError, match="'none' has no chunks"):
        latency_figure({"none": np.zeros(0)})


def corpus_rows():
    for index, task in enumerate(TASKS.values()):
        for seconds in (10.0, 20.0):
            responses = [{}] * index
            yield dict(task=task.name, ability=task.ability, seconds=seconds, responses=responses)


def test_corpus_is_counted_by_ability_and_task():
    figure = corpus_figure(corpus_rows())
    sunburst, *boxes, lengths = figure.data
    values = dict(zip(sunburst.ids, sunburst.values, strict=True))
    assert values["real-time ASR"] == 8 and values["real-time ASR/asr_clean"] == 2
    assert sum(lengths.y) == 2 * len(TASKS)
    medians = {task: at for box in boxes for task, at in zip(box.y, box.median, strict=True)}
    assert set(medians) == set(TASKS)
    assert medians["asr_clean"] == 0 and medians["asr_noisy"] == pytest.approx(4.5)


def test_corpus_figure_of_a_dataset_leaves_the_audio_alone():
    from datasets import Dataset

    rows = [row | {"audio": b"not sound at all"} for row in corpus_rows()]
    for row in rows:
        row["responses"] = [{"text": "x"} for _ in row["responses"]]
    assert len(corpus_figure(Dataset.from_list(rows)).to_json()) < 20_000
    with pytest.raises(UserError, match="build it first"):
        corpus_figure([])


def test_shares_of_responses_are_ordered_and_pooled():
    figure = share_figure({"asr": (30, 100), "chat": (5, 100), "negative": (0, 200)})
    (bars,) = figure.data
    assert bars.y == ("negative", "chat", "all together", "asr")
    assert bars.x == (0, 5, 100 * 35 / 400, 30)
    with pytest.raises(UserError, match="decisions"):
        share_figure({"none": (0, 0)})


def test_the_cheapest_constant_is_where_the_curve_is_lowest():
    figure = price_figure(0.1, {"alike": 1.0, "balanced": 1 / 9, "quiet": 20.0, "free": 0.0})
    curves, lowest = figure.data[::2], figure.data[1::2]
    assert [point.x[0] for point in lowest] == pytest.approx([0.1, 0.5, 0.1 / 18.1, 1.0])
    for curve, point in zip(curves, lowest, strict=True):
        at = curve.x[np.argmin(curve.y)]
        assert at == pytest.approx(point.x[0], abs=0.005)
        assert curve.y.min() == pytest.approx(point.y[0], abs=0.005)
    with pytest.raises(UserError, match="between 0 and 1"):
        price_figure(0.0, {"alike": 1.0})
