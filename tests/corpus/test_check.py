"""A sound corpus passes; every fault that is planted in it is found, by the rule meant for it."""

import json
from contextlib import contextmanager
from shutil import copytree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audio_interaction.audio.io import decode, encode
from audio_interaction.corpus.build import FEATURES, build_corpus
from audio_interaction.corpus.check import check_corpus, print_check
from audio_interaction.corpus.check_leakage import SAME, correlation
from audio_interaction.corpus.findings import FAULT, RULES, TOLD, WARNING, CorpusCheck, Finding
from audio_interaction.corpus.labels import TRAINING_LAG
from audio_interaction.corpus.own import import_folder
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError
from audio_interaction.protocol import trigger_chunk

SOME = ("asr_clean", "chat", "name_sound", "watch_sound", "count_sound", "negative")


@pytest.fixture(scope="module")
def voices_apart(tmp_path_factory, sources_root):
    """The sources of the fixture, whose voices are the same tones in every split, as noises."""
    root = copytree(sources_root, tmp_path_factory.mktemp("check") / "sources")
    rng = np.random.default_rng(0)
    for path in root.glob("speech-*.parquet"):
        table = pq.read_table(path)
        rows = table.to_pylist()
        for row in rows:
            resound(row, 0.1 * rng.standard_normal(len(samples_of(row))))
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    return root


@pytest.fixture(scope="module")
def built(tmp_path_factory, voices_apart):
    folder = tmp_path_factory.mktemp("check") / "corpus"
    counts = dict.fromkeys(("train", "test"), 2 * len(SOME))
    build_corpus(folder, counts, 5, tasks=SOME, root=voices_apart)
    return folder


@pytest.fixture
def corpus(built, tmp_path):
    """A copy to plant a fault in."""
    return copytree(built, tmp_path / "corpus")


def shards(folder, split="test"):
    return sorted(folder.glob(f"{split}-*.parquet"))


@contextmanager
def rows_of(folder, split="test"):
    """The rows of a split, to be changed."""
    files = shards(folder, split)
    rows = [row for path in files for row in pq.read_table(path).to_pylist()]
    yield rows
    for path in files:
        path.unlink()
    pq.write_table(pa.Table.from_pylist(rows, schema=FEATURES.arrow_schema), files[0])


def events(row, kind, role="fg"):
    return [event for event in row["events"] if (event["kind"], event["role"]) == (kind, role)]


def with_event(rows, kind):
    return next(row for row in rows if events(row, kind))


def with_reply(rows, kind="speech"):
    """A stream in which an event of this kind calls for a reply that is no transcript."""
    return next(
        row
        for row in rows
        if events(row, kind) and {r["kind"] for r in row["responses"]} - {"transcript"}
    )


def samples_of(row):
    return decode(row["audio"]["bytes"])


def resound(row, samples):
    row["audio"]["bytes"] = encode(samples.astype(np.float32))


def a_voice_in_two_splits(folder):
    with rows_of(folder, "train") as rows:
        voice = events(with_event(rows, "speech"), "speech")[0]["source"]
    with rows_of(folder) as rows:
        events(with_event(rows, "speech"), "speech")[0]["source"] = voice


def a_sentence_in_two_splits(folder):
    with rows_of(folder, "train") as rows:
        sentence = events(with_event(rows, "speech"), "speech")[0]["text"]
    with rows_of(folder) as rows:
        events(with_event(rows, "speech"), "speech")[0]["text"] = sentence


def a_package_in_two_splits(folder):
    for split in ("train", "test"):
        with rows_of(folder, split) as rows:
            sound = events(with_event(rows, "sound"), "sound")[0]
            sound["text"], sound["source"] = "bell", "some-package"


def a_mended_clip_in_two_splits(folder):
    for split, clip in (("train", "bell-1"), ("test", "bell-1+tfjp")):
        with rows_of(folder, split) as rows:
            events(with_event(rows, "sound"), "sound")[0]["clip"] = clip


def a_recording_under_another_name(folder):
    """The longest sound of the training split is heard in the test split, quieter and in noise."""
    rng = np.random.default_rng(0)
    with rows_of(folder, "train") as rows:
        clean = [row for row in rows if row["snr_db"] is None]
        row, event = max(
            ((row, event) for row in clean for event in events(row, "sound")),
            key=lambda pair: pair[1]["end"] - pair[1]["start"],
        )
        start, stop = (round(event[side] * 16_000) for side in ("start", "end"))
        piece = samples_of(row)[start:stop]
    with rows_of(folder) as rows:
        row = next(row for row in rows if row["seconds"] > 2 + len(piece) / 16_000)
        samples = samples_of(row)
        piece = 0.5 * piece + 0.05 * piece.std() * rng.standard_normal(len(piece))
        samples[8_000 : 8_000 + len(piece)] = piece
        resound(row, samples)
        copied = event | {"start": 0.5, "end": 0.5 + len(piece) / 16_000}
        copied |= {"source": "another-package", "clip": "another-clip"}
        row["events"] = sorted([*row["events"], copied], key=lambda event: event["start"])


def a_copied_stream(folder):
    with rows_of(folder) as rows:
        rows[1]["audio"], rows[1]["seconds"] = dict(rows[0]["audio"]), rows[0]["seconds"]
        rows[1]["events"], rows[1]["responses"] = rows[0]["events"], rows[0]["responses"]
        resound(rows[1], 0.7 * samples_of(rows[1]))


def a_doubled_id(folder):
    with rows_of(folder) as rows:
        rows[0]["id"] = rows[1]["id"]


def a_stream_of_another_split(folder):
    with rows_of(folder) as rows:
        rows[0]["split"] = "train"


def an_event_behind_the_end(folder):
    with rows_of(folder) as rows:
        events(with_event(rows, "sound"), "sound")[-1]["end"] += 60


def an_event_that_ends_before_it_starts(folder):
    with rows_of(folder) as rows:
        sound = events(with_event(rows, "sound"), "sound")[0]
        sound["start"], sound["end"] = sound["end"], sound["start"]


def a_time_that_is_none(folder):
    with rows_of(folder) as rows:
        events(with_event(rows, "sound"), "sound")[0]["end"] = float("nan")


def events_out_of_order(folder):
    with rows_of(folder) as rows:
        row = next(row for row in rows if len({event["start"] for event in row["events"]}) > 1)
        row["events"] = row["events"][::-1]


def a_word_outside_its_event(folder):
    with rows_of(folder) as rows:
        spoken = events(with_event(rows, "speech"), "speech")[0]
        spoken["words"][0]["start"] = spoken["start"] - 0.3


def speech_without_a_text(folder):
    with rows_of(folder) as rows:
        events(with_event(rows, "speech"), "speech")[0]["text"] = " "


def an_unknown_role(folder):
    with rows_of(folder) as rows:
        rows[0]["events"][0]["role"] = "middle"


def a_reply_before_its_trigger_ends(folder):
    with rows_of(folder) as rows:
        with_reply(rows)["responses"][0]["end"] -= 0.1


def a_reply_without_a_trigger(folder):
    with rows_of(folder) as rows:
        with_reply(rows)["responses"][0]["start"] -= 0.1


def an_unknown_emotion(folder):
    with rows_of(folder) as rows:
        with_reply(rows)["responses"][0]["emotion"] = "bored"


def an_unknown_kind_of_reply(folder):
    with rows_of(folder) as rows:
        with_reply(rows)["responses"][0]["kind"] = "song"


def an_empty_reply(folder):
    with rows_of(folder) as rows:
        with_reply(rows)["responses"][0]["text"] = ""


def a_reply_where_none_is_called_for(folder):
    with rows_of(folder) as rows:
        row = next(row for row in rows if row["task"] == "negative")
        event = next(event for event in row["events"] if event["role"] == "fg")
        end = event["words"][-1]["end"] if event["words"] else event["end"]
        reply = {"start": event["start"], "end": end, "text": "yes"}
        row["responses"] = [reply | {"emotion": "normal", "kind": "answer"}]


def a_reply_due_behind_the_end(folder):
    """The stream is cut where its last trigger ends: no chunk is left to answer in."""
    with rows_of(folder) as rows:
        for row in rows:
            last = max((reply["end"] for reply in row["responses"]), default=0)
            heard = max(event["end"] for event in row["events"] if event["role"] == "fg")
            late = last and trigger_chunk(last + TRAINING_LAG[1]) > trigger_chunk(last)
            if late and heard - last < 0.1 and row["task"] != "asr_clean":
                break
        cut = samples_of(row)[: round(heard * 16_000)]
        row["seconds"] = len(cut) / 16_000
        row["events"] = [e | {"end": min(e["end"], row["seconds"])} for e in row["events"]]
        resound(row, cut)


def an_unknown_task(folder):
    with rows_of(folder) as rows:
        rows[0]["task"] = "sing"


def an_ability_of_another_task(folder):
    with rows_of(folder) as rows:
        rows[0]["ability"] = "telepathy"


def a_missing_task(folder):
    with rows_of(folder) as rows:
        for row in rows:
            if row["task"] == "chat":
                row["task"], row["ability"] = "asr_clean", "real-time ASR"


def an_unbalanced_split(folder):
    with rows_of(folder) as rows:
        for row in rows[: len(rows) // 2]:
            row["task"], row["ability"] = "asr_clean", "real-time ASR"


def clipped_sound(folder):
    with rows_of(folder) as rows:
        samples = samples_of(rows[0])
        resound(rows[0], (samples * 4 / np.abs(samples).max()).clip(-1, 1))


def silent_sound(folder):
    with rows_of(folder) as rows:
        resound(rows[0], 0 * samples_of(rows[0]))


def an_event_nobody_hears(folder):
    with rows_of(folder) as rows:
        row = with_event(rows, "sound")
        sound, samples = events(row, "sound")[0], samples_of(row)
        samples[round(sound["start"] * 16_000) : round(sound["end"] * 16_000)] = 0
        resound(row, samples)


def truncated_sound(folder):
    with rows_of(folder) as rows:
        rows[0]["audio"]["bytes"] = rows[0]["audio"]["bytes"][: len(rows[0]["audio"]["bytes"]) // 2]


def sound_that_is_none(folder):
    with rows_of(folder) as rows:
        rows[0]["audio"]["bytes"] = b"not a sound"


def a_wrong_length(folder):
    with rows_of(folder) as rows:
        rows[0]["seconds"] += 0.4


def an_impossible_mixture(folder):
    with rows_of(folder) as rows:
        rows[0]["snr_db"], rows[1]["rt60_s"] = 400.0, -1.0


def a_null(folder):
    with rows_of(folder) as rows:
        rows[0]["events"][0]["source"] = None


def a_column_of_another_type(folder):
    path = shards(folder)[0]
    table = pq.read_table(path)
    at = table.column_names.index("seconds")
    pq.write_table(table.set_column(at, "seconds", table["seconds"].cast(pa.string())), path)


def a_missing_column(folder):
    path = shards(folder)[0]
    pq.write_table(pq.read_table(path).drop_columns(["events"]), path)


def a_missing_shard(folder):
    path = shards(folder, "train")[0]
    path.rename(path.with_name("train-00003.parquet"))


def a_truncated_shard(folder):
    path = shards(folder)[0]
    path.write_bytes(path.read_bytes()[:-100])


def a_shard_with_a_hole(folder):
    path = shards(folder)[0]
    group = pq.read_metadata(path).row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    at = next(c.data_page_offset for c in columns if c.path_in_schema == "audio.bytes")
    data = bytearray(path.read_bytes())
    data[at : at + 64] = bytes(64)
    path.write_bytes(data)


def a_stray_shard(folder):
    shards(folder)[0].rename(folder / "dev-00000.parquet")


def a_wrong_count(folder):
    manifest = folder / "corpus.json"
    recipe = json.loads(manifest.read_text())
    recipe["counts"]["test"] += 1
    manifest.write_text(json.dumps(recipe))


def an_unreadable_manifest(folder):
    (folder / "corpus.json").write_text('{"counts": ')


FAULTS = {
    "leak-voice": [a_voice_in_two_splits],
    "leak-sentence": [a_sentence_in_two_splits],
    "leak-package": [a_package_in_two_splits],
    "leak-clip": [a_mended_clip_in_two_splits],
    "leak-sound": [a_recording_under_another_name],
    "duplicate": [a_copied_stream],
    "id": [a_doubled_id],
    "split": [a_stream_of_another_split],
    "timeline": [
        an_event_behind_the_end,
        an_event_that_ends_before_it_starts,
        a_time_that_is_none,
        events_out_of_order,
        a_word_outside_its_event,
        speech_without_a_text,
        an_unknown_role,
    ],
    "response": [
        a_reply_before_its_trigger_ends,
        a_reply_without_a_trigger,
        an_unknown_emotion,
        an_unknown_kind_of_reply,
        an_empty_reply,
    ],
    "silence": [a_reply_where_none_is_called_for],
    "decision": [a_reply_due_behind_the_end],
    "task": [an_unknown_task, an_ability_of_another_task],
    "balance": [a_missing_task, an_unbalanced_split],
    "clipping": [clipped_sound],
    "level": [silent_sound, an_event_nobody_hears],
    "audio": [truncated_sound, sound_that_is_none, a_wrong_length],
    "mixture": [an_impossible_mixture],
    "schema": [a_null, a_column_of_another_type, a_missing_column],
    "shard": [
        a_missing_shard, a_truncated_shard, a_shard_with_a_hole, a_stray_shard, a_wrong_count,
    ],
    "manifest": [an_unreadable_manifest],
}  # fmt: skip


def test_a_sound_corpus_passes(voices_apart, tmp_path, capsys):
    counts = dict.fromkeys(("train", "test"), len(TASKS))
    build_corpus(tmp_path / "whole", counts, 5, root=voices_apart)
    outcome = check_corpus(tmp_path / "whole")
    assert outcome.findings == () and outcome.streams == 2 * len(TASKS)
    assert print_check(tmp_path / "whole") == 0
    assert "passed" in capsys.readouterr().out


def test_what_the_faults_are_planted_in_has_none(built):
    outcome = check_corpus(built)
    assert outcome.passed and [finding.rule for finding in outcome.findings] == ["balance"]


@pytest.mark.parametrize(
    ("rule", "plant"), [(rule, plant) for rule, plants in FAULTS.items() for plant in plants]
)
def test_a_planted_fault_is_found(corpus, rule, plant, capsys):
    plant(corpus)
    assert print_check(corpus) == 1
    told = capsys.readouterr().out
    assert f"\n{rule}: {RULES[rule]}\n  fault: " in f"\n{told}" and "failed" in told


def test_every_rule_has_a_fault_that_breaks_it():
    assert {*FAULTS} == {*RULES}


def test_a_finding_tells_where_and_what_to_do(corpus):
    a_reply_before_its_trigger_ends(corpus)
    (finding,) = check_corpus(corpus).faults
    assert finding.rule == "response" and finding.severity == FAULT
    assert finding.split == "test" and finding.stream.startswith("test-")
    assert "comes before its trigger ends" in finding.what and finding.advice
    assert str(finding).startswith(f"fault: {finding.stream}: reply ")


def test_a_copy_with_other_names_is_told_with_both_streams(corpus):
    a_copied_stream(corpus)
    with rows_of(corpus) as rows:
        ids = [row["id"] for row in rows[:2]]
    (finding,) = [f for f in check_corpus(corpus).findings if f.rule == "duplicate"]
    assert {finding.stream, finding.what.split()[-1]} == {*ids}


def test_a_subset_of_the_tasks_may_be_meant(sources_root, tmp_path):
    tasks = {"chat": 3, "negative": 1}
    build_corpus(tmp_path / "few", {"test": 8}, 0, tasks=tasks, root=sources_root)
    outcome = check_corpus(tmp_path / "few")
    assert outcome.passed
    assert [(f.rule, f.severity) for f in outcome.findings] == [("balance", WARNING)]


def test_few_streams_cannot_hold_every_task(sources_root, tmp_path):
    build_corpus(tmp_path / "few", {"test": 2}, 0, root=sources_root)
    outcome = check_corpus(tmp_path / "few")
    assert outcome.passed and "2 streams cannot hold" in outcome.text()


def test_an_import_is_held_to_the_same_rules(tmp_path):
    rng = np.random.default_rng(0)
    rows = []
    for number, split in enumerate(("train", "validation", "test")):
        name = f"{split}.wav"
        sound = 0.1 * rng.standard_normal(16_000 + 1_600 * number).astype(np.float32)
        (tmp_path / name).write_bytes(encode(sound, "wav"))
        turns = [{"assistant": f"a {split} bell", "audio_path": name}]
        rows.append({"id": split, "split": split, "turns": turns})
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    import_folder(tmp_path / "rows.jsonl", tmp_path, tmp_path / "mine")
    assert check_corpus(tmp_path / "mine").findings == ()
    with rows_of(tmp_path / "mine") as changed:
        changed[0]["responses"][0]["text"] = "a gong"
    (finding,) = check_corpus(tmp_path / "mine").findings
    assert finding.rule == "shard" and "not the file that was imported" in finding.what


def test_many_findings_are_told_in_short():
    found = tuple(Finding("level", f"number {n}", "mend it", "test") for n in range(TOLD + 7))
    text = CorpusCheck("folder", 12, found).text()
    assert "and 7 more" in text and "number 4" in text and "number 5" not in text
    assert text.endswith(f"folder: failed; 12 streams, {len(RULES)} rules, 12 faults, 0 warnings")


def test_a_folder_without_a_corpus(tmp_path):
    with pytest.raises(UserError, match="holds no corpus.json"):
        check_corpus(tmp_path)


def test_the_correlation_knows_a_recording_and_no_other():
    rng = np.random.default_rng(0)
    one, other, noise = rng.standard_normal((3, 8_000)).astype(np.float32)
    late = np.concatenate([np.zeros(700, np.float32), 0.2 * one + 0.05 * noise])
    assert correlation(one, late) > 0.9 > SAME > 0.2 > correlation(one, other)
    assert correlation(one, late, aligned=True) < 0.2 < SAME < correlation(one, 3 * one, True)
    assert correlation(one, 0 * one) == 0.0
