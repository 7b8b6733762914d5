import json

import pytest

from audio_interaction.benchmarks.bootstrap import Interval
from audio_interaction.benchmarks.report import Report, Row, Table, as_text
from audio_interaction.errors import UserError

FOUND = Interval(0.8412, 0.79, 0.8831, 120)


def table(*rows):
    return Table("Scores <all>", ("accuracy", "delay"), ("%", "s"), rows, "Read | with care")


def report():
    mine = table(
        Row("model", (FOUND, 0.4), "stand-in"),
        Row("always silent", (Interval(None, None, None, 0), None), "stand-in"),
    )
    paper = table(Row("paper", (0.612, None), "paper"))
    return Report("bench", "A bench", {"items": 120}, [mine, paper], {"model": {"acc": FOUND}})


def test_cells():
    assert as_text(FOUND, "%") == "84.1 [79.0, 88.3]"
    assert as_text(FOUND) == "0.84 [0.79, 0.88]"
    assert as_text(Interval(None, None, None, 0), "%") == as_text(None) == "–"
    assert as_text(12.34, "per hour") == "12.3"
    assert as_text(3) == "3"


def test_origins_never_mix_in_one_table():
    with pytest.raises(UserError, match="paper.*stand-in"):
        table(Row("model", (FOUND, 0.4), "stand-in"), Row("paper", (0.6, 0.5), "paper"))
    with pytest.raises(UserError, match="guess"):
        table(Row("model", (FOUND, 0.4), "guess"))


def test_width_is_checked():
    with pytest.raises(UserError, match="row 'model': 1 cells, 2 columns"):
        table(Row("model", (FOUND,), "stand-in"))


def test_markdown():
    text = report().markdown()
    assert "| model         | 84.1 [79.0, 88.3] | 0.40  |" in text
    assert "| always silent | –                 | –     |" in text
    assert "not comparable to the paper" in text and "as printed in the paper" in text
    assert text.index("84.1") < text.index("### Scores", text.index("84.1")) < text.index("61.2")


def test_html_is_escaped():
    text = report().html()
    assert "<h3>Scores &lt;all&gt;</h3>" in text
    assert "<tr><th>model</th><td>84.1 [79.0, 88.3]</td><td>0.40</td></tr>" in text


def test_saved_files_agree(tmp_path):
    paths = report().save(tmp_path / "new")
    assert [path.name for path in paths] == ["bench.json", "bench.md", "bench.html"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(
        path.name for path in paths
    )
    record = json.loads(paths[0].read_text())
    assert record == report().to_dict()
    assert record["results"]["model"]["acc"] == {
        "value": 0.8412,
        "low": 0.79,
        "high": 0.8831,
        "items": 120,
    }
    assert [one["origin"] for one in record["tables"]] == ["stand-in", "paper"]
    assert paths[1].read_text() == report().markdown()
    assert paths[2].read_text() == report().html()
