import json
from dataclasses import replace

import numpy as np
import pytest

from audio_interaction.benchmarks.evaluate import MODEL, RESPOND, SILENT, VAD, WITHOUT, evaluate
from audio_interaction.corpus.build import compose_streams
from audio_interaction.corpus.schema import Stream
from audio_interaction.corpus.sources import HUMAN
from audio_interaction.errors import UserError


@pytest.fixture(scope="module")
def streams(sources):
    tasks = ["chat", "asr_clean", "negative", "name_sound", "hazard_home"]
    return compose_streams("test", len(tasks), 0, tasks=tasks, sources=sources)


@pytest.fixture(scope="module")
def report(model, streams, sources):
    # A threshold above 1: a model that never speaks must score as `always silent` does.
    return evaluate(model, streams=streams, limit=len(streams), threshold=2.0, sources=sources)


def test_a_model_that_never_speaks_scores_as_the_silent_baseline(report):
    systems = report.results["systems"]
    assert set(systems) == {MODEL, SILENT, RESPOND, VAD}
    assert systems[MODEL] == systems[SILENT]
    assert systems[SILENT]["f1"].value == 0.0
    assert systems[SILENT]["balanced"].value == 0.5
    assert systems[SILENT]["false_alarms_per_hour"].value == 0.0
    assert systems[SILENT]["asr"]["wer"].value == 1.0
    assert systems[RESPOND]["false_alarms_per_hour"].value == pytest.approx(9000)  # one a chunk


def test_the_cascade_hears_the_questions(report):
    cascade = report.results["systems"][VAD]
    assert cascade["recall"].value > 0.5
    assert cascade["false_alarms_per_hour"].value > 0  # and statements as well


def test_every_task_and_trigger_is_counted(report, streams):
    tasks = report.results["tasks"]
    assert list(tasks) == [stream.task for stream in streams]
    chat = streams[0]
    assert tasks["chat"]["recall"].items == len(chat.responses)
    spoken = [stream for stream in streams if stream.task != "asr_clean"]
    assert report.results["systems"][MODEL]["f1"].items == sum(len(s.responses) for s in spoken)
    assert tasks["asr_clean"]["wer"].items == len(streams[1].responses)


def test_breakdowns(report):
    assert set(report.results["sounds"]) == {"recorded", "synthesised"}
    assert set(report.results["engines"]) <= {"espeak", "flite", "several"}
    assert set(report.results["offline"]) == {WITHOUT}  # the model has no adapter


def test_the_report_is_complete_and_saved(report, tmp_path):
    path, *_ = report.save(tmp_path)
    assert json.loads(path.read_text())["results"]["systems"][SILENT]["f1"]["value"] == 0.0
    assert {table.origin for table in report.tables} == {"corpus"}
    assert [table.title for table in report.tables][:3] == [
        "When to speak",
        "What to say",
        "Transcription while listening",
    ]
    assert "always silent" in report.markdown()


def test_tables_without_a_value_are_left_out(model, streams, sources):
    report = evaluate(model, streams=streams, limit=1, threshold=2.0, sources=sources)
    titles = [table.title for table in report.tables]
    assert report.settings["streams"] == 1  # the chat
    assert "When to speak" in titles and "Transcription while listening" not in titles


def test_a_talkative_model_is_heard(model, sources):
    nothing = Stream("s", "test", "negative", "listen", np.zeros(8000, np.float32), (), ())
    report = evaluate(model, streams=[nothing], limit=1, threshold=0.0, sources=sources)
    mine = report.results["systems"][MODEL]
    assert mine["false_alarms_per_hour"].value == pytest.approx(9000)


def test_human_speech_stands_apart(model, sources):
    human = tuple(
        replace(clip, id=f"human-{clip.id}", engine=HUMAN, voice=HUMAN, recorded=True)
        for clip in sources.closed
    )
    streams = compose_streams(
        "test", 8, 0, tasks=["asr_clean"], sources=replace(sources, recorded=human)
    )
    spoken = [any(event.source == HUMAN for event in stream.events) for stream in streams]
    assert 0 < sum(spoken) < 8
    sources = replace(sources, recorded=human)
    report = evaluate(model, streams=streams, limit=8, threshold=2.0, sources=sources)
    rendered, recorded = (
        sum(len(s.responses) for s, is_human in zip(streams, spoken, strict=True) if is_human == x)
        for x in (False, True)
    )
    assert report.results["systems"][MODEL]["asr"]["wer"].items == rendered
    assert report.results["tasks"]["asr_clean"]["wer"].items == rendered
    assert report.results["subsets"]["recorded speech"]["wer"].items == recorded


def test_the_sub_tasks_of_the_adapter_are_composed_unless_others_are_asked_for(model, sources):
    trained = replace(model, tasks=("chat", "negative"))
    report = evaluate(trained, limit=3, threshold=2.0, sources=sources)
    assert set(report.results["tasks"]) == {"chat", "negative"}
    report = evaluate(trained, limit=2, threshold=2.0, sources=sources, tasks=["benign"])
    assert set(report.results["tasks"]) == {"benign"}


def test_no_streams_are_refused(model, sources):
    with pytest.raises(UserError, match="no streams"):
        evaluate(model, streams=[], sources=sources)
