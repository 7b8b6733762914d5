import jiwer
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Audio, Features, Value

from audio_interaction.audio.io import decode, encode
from audio_interaction.benchmarks import librispeech
from audio_interaction.benchmarks.librispeech import english_normaliser, score
from audio_interaction.benchmarks.librispeech_data import (
    Utterance,
    from_row,
    load_folder,
    load_hub,
    stand_in,
)
from audio_interaction.corpus.hub import LIBRISPEECH_FIELDS as FIELDS
from audio_interaction.errors import UserError

SAMPLES = np.full(8000, 0.1, np.float32)


@pytest.fixture
def archive(tmp_path):
    """Two chapters of test-clean and one of test-other, as the archives unpack."""
    for config, chapters in (("clean", ("61-70968", "121-1217")), ("other", ("367-130732",))):
        for chapter in chapters:
            speaker, number = chapter.split("-")
            folder = tmp_path / "LibriSpeech" / f"test-{config}" / speaker / number
            folder.mkdir(parents=True)
            lines = []
            for index in range(2):
                name = f"{chapter}-{index:04d}"
                (folder / f"{name}.flac").write_bytes(encode(SAMPLES, "flac"))
                lines.append(f"{name} HE SAID COLOUR {index}\n")
            (folder / f"{chapter}.trans.txt").write_text("".join(lines))
    return tmp_path


def test_normaliser_is_whispers():
    normaliser = english_normaliser()
    assert normaliser("Mr. Brown's COLOUR, isn't it?") == "mister brown is color is not it"
    assert normaliser("twenty one") == "21"
    assert normaliser("um hmm") == ""


def test_corpus_wer_by_hand():
    # "color green" against "colour blue": one of two; "a b c d" all right: one error in six words.
    found = score(["COLOR GREEN", "A B C D"], ["colour blue", "a b c d"])
    assert found.value == pytest.approx(1 / 6)
    assert found.items == 2
    normaliser = english_normaliser()
    references = ["HE DIDN'T GO", "TWENTY MEN", "THE COLOUR"]
    hypotheses = ["he did not", "20 man there", ""]
    assert score(references, hypotheses).value == pytest.approx(
        jiwer.process_words(
            [normaliser(text) for text in references], [normaliser(text) for text in hypotheses]
        ).wer
    )


def test_silence_is_one_hundred_percent():
    found = score(["ONE MORE", "WORD"], ["", ""])
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)


def test_references_without_words_are_refused():
    with pytest.raises(UserError, match="without a word"):
        score(["um"], ["x"])


def test_folder_of_the_archive(archive):
    found = load_folder(archive, "clean")
    assert [one.id for one in found] == [
        "121-1217-0000",
        "121-1217-0001",
        "61-70968-0000",
        "61-70968-0001",
    ]
    first = found[0]
    assert (first.file, first.speaker_id, first.chapter_id) == ("121-1217-0000.flac", 121, 1217)
    assert first.text == "HE SAID COLOUR 0"
    np.testing.assert_allclose(first.samples(), SAMPLES, atol=1e-4)
    assert load_folder(archive / "LibriSpeech", "other")[0].speaker_id == 367
    assert len(load_folder(archive, "clean", limit=2)) == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("61-70968-0002", "line 3: expected SPEAKER-CHAPTER-NUMBER and a text"),
        ("x-70968-0002 HE", "line 3: expected"),
        ("61-70968-0002 HE", "line 3: the recording 61-70968-0002.flac is missing"),
    ],
)
def test_malformed_transcripts_name_their_line(archive, line, message):
    path = archive / "LibriSpeech/test-clean/61/70968/61-70968.trans.txt"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(UserError, match=message):
        load_folder(archive, "clean")


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(UserError, match="holds no folder test-clean"):
        load_folder(tmp_path, "clean")
    (tmp_path / "test-clean").mkdir()
    with pytest.raises(UserError, match="trans.txt"):
        load_folder(tmp_path, "clean")
    with pytest.raises(UserError, match="unknown LibriSpeech set 'dirty'"):
        load_folder(tmp_path, "dirty")


def test_rows_of_the_hub():
    row = {
        "file": "1-2-0003.flac",
        "audio": {"bytes": encode(SAMPLES, "flac"), "path": "1-2-0003.flac"},
        "text": "HE SAID",
        "speaker_id": 1,
        "chapter_id": 2,
        "id": "1-2-0003",
    }
    assert tuple(row) == FIELDS
    np.testing.assert_allclose(from_row(row).samples(), SAMPLES, atol=1e-4)
    with pytest.raises(UserError, match="row 1-2-0003: lacks the columns text"):
        from_row({name: value for name, value in row.items() if name != "text"})
    with pytest.raises(UserError, match="no bytes"):
        from_row(row | {"audio": {"array": SAMPLES}})


def test_a_data_set_of_the_hub_is_streamed_undecoded(tmp_path):
    """A local data set with the hub's columns and configurations; only the id is another."""
    features = Features(
        {
            "file": Value("string"),
            "audio": Audio(sampling_rate=16_000),
            "text": Value("string"),
            "speaker_id": Value("int64"),
            "chapter_id": Value("int64"),
            "id": Value("string"),
        }
    )
    rows = [
        {
            "file": f"1-2-000{n}.flac",
            "audio": {"bytes": encode(SAMPLES, "flac"), "path": f"1-2-000{n}.flac"},
            "text": "HE SAID",
            "speaker_id": 1,
            "chapter_id": 2,
            "id": f"1-2-000{n}",
        }
        for n in range(3)
    ]
    table = pa.Table.from_pylist(rows, schema=features.arrow_schema)
    (tmp_path / "other").mkdir()
    pq.write_table(table, tmp_path / "other" / "test-00000-of-00001.parquet")
    (tmp_path / "README.md").write_text(
        "---\nconfigs:\n- config_name: other\n  data_files:\n"
        "  - split: test\n    path: other/test-*\n---\n"
    )
    found = load_hub(str(tmp_path), "other", limit=2)
    assert [one.id for one in found] == ["1-2-0000", "1-2-0001"]
    np.testing.assert_allclose(found[1].samples(), SAMPLES, atol=1e-4)


def test_stand_in_has_the_schema(sources):
    clean, other = stand_in(sources, "clean"), stand_in(sources, "other")
    assert tuple(Utterance.__dataclass_fields__) == FIELDS
    assert [one.text for one in clean] == [clip.text.upper() for clip in sources.speech]
    for one in clean:
        assert one.id == f"{one.speaker_id}-{one.chapter_id}-{one.id.split('-')[2]}"
        assert one.file == f"{one.id}.flac"
    assert len({one.id for one in clean}) == len(clean)
    # "other" is the same speech over noise 5 to 20 dB below it.
    for quiet, loud in zip(clean, other, strict=True):
        signal, noise = decode(quiet.audio), decode(loud.audio) - decode(quiet.audio)
        ratio_db = 10 * np.log10(np.mean(signal**2) / np.mean(noise**2))
        assert 4.5 < ratio_db < 20.5
    assert stand_in(sources, "clean", limit=3) == (clean[0], clean[8], clean[-1])


def test_run_on_a_local_copy_and_on_the_stand_in(model, sources, archive, monkeypatch, tmp_path):
    monkeypatch.setattr(librispeech, "load_sources", lambda split: sources)
    monkeypatch.setattr(model, "threshold", 2.0)
    local = librispeech.run(model, root=archive, limit=1)
    shipped = librispeech.run(model, limit=1)
    assert [table.origin for table in local.tables] == ["benchmark", "paper"]
    assert [table.origin for table in shipped.tables] == ["stand-in", "paper"]
    wer = shipped.results["wer"]
    assert set(wer) == {"streaming", "offline", "always silent"}
    for config in ("clean", "other"):
        assert wer["always silent"][config].value == 1.0
        assert wer["streaming"][config].value == 1.0  # it never speaks above a threshold of 1
        assert wer["offline"][config].value > 0
    shipped.save(tmp_path / "out")


def test_folder_and_hub_exclude_each_other(model, tmp_path):
    with pytest.raises(UserError, match="not both"):
        librispeech.run(model, root=tmp_path, hub="openslr/librispeech_asr")
