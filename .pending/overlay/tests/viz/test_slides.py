import re
from html.parser import HTMLParser

import pytest

from audio_interaction import slides
from audio_interaction.errors import UserError

DECKS = sorted(slides.FOLDER.glob("*.md"))
FIGURE = """\
```figure
import plotly.graph_objects as go

figure = go.Figure(go.Scatter(y=[1, 2]))
figure.update_layout(height=300)
```
"""


class Page(HTMLParser):
    """Addresses a page loads, its slides, notes and figure places."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.slides, self.notes, self.figures = [], 0, 0, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag != "a":
            self.loads += [attributes[name] for name in ("src", "href") if name in attributes]
        self.slides += tag == "section"
        self.notes += attributes.get("class") == "notes"
        if attributes.get("class") == "figure":
            self.figures.append(attributes["id"])


def deck(tmp_path, text):
    source = tmp_path / "deck.md"
    source.write_text(text)
    return slides.build_deck(source)


def test_slides_notes_and_figures_are_where_they_belong(tmp_path):
    text = (
        f"# A title\n\n---\n\n## Two\n\n{FIGURE}\nNote:\nsay *this*\n\n---\n\n## Three\n\n{FIGURE}"
    )
    page = deck(tmp_path, text)
    parsed = Page(page)
    assert "<title>A title</title>" in page
    assert (parsed.slides, parsed.notes) == (3, 1)
    assert parsed.figures == ["figure-1", "figure-2"]
    assert "<aside class='notes'><p>say <em>this</em></p>" in page
    assert page.count("Plotly.newPlot('figure-") == 2
    assert "```" not in page[: page.index("<script>")]


def test_a_deck_needs_nothing_from_elsewhere(tmp_path):
    page = deck(tmp_path, f"# Self-contained\n\n{FIGURE}")
    assert Page(page).loads == []
    assert not re.search(r"@import|url\(\s*['\"]?https?:", page[: page.index("</style>")])
    assert len(page) < 7_000_000


def test_figures_share_names_within_a_deck_only(tmp_path):
    again = "```figure\nfigure\n```\n"
    assert deck(tmp_path, f"{FIGURE}\n---\n\n{again}").count("Plotly.newPlot('") == 2
    with pytest.raises(NameError):
        deck(tmp_path, again)


@pytest.mark.parametrize("block", ["x = 1", "1 + 1", ""])
def test_a_block_that_gives_no_figure_is_named(tmp_path, block):
    with pytest.raises(UserError, match=r"deck\.md, figure 1: the last line"):
        deck(tmp_path, f"```figure\n{block}\n```\n")


def test_a_closing_tag_in_a_figure_does_not_end_the_script(tmp_path):
    block = FIGURE.replace("height=300", "title_text='</script>'")
    page = deck(tmp_path, block)
    drawn = page[page.index("Reveal.initialize") :]
    assert drawn.count("</script>") == 2  # that of the set-up, and that of the figure
    assert drawn.index("</script>", drawn.index("const figure")) > drawn.index("Plotly.newPlot")


@pytest.mark.parametrize("source", DECKS, ids=lambda path: path.stem)
def test_every_slide_of_a_lecture_has_a_heading_and_notes(source):
    for text in slides.SLIDE.split(slides.FIGURE.sub("", source.read_text())):
        assert re.search(r"^##? \S", text, re.MULTILINE), text[:80]
        assert slides.NOTES.search(text), text[:80]


@pytest.mark.slow
def test_the_lectures_build(tmp_path):
    assert slides.build_slides(tmp_path) == tmp_path
    built = sorted(path.stem for path in tmp_path.glob("*.html"))
    assert built == [source.stem for source in DECKS]
    for path in tmp_path.glob("*.html"):
        page = Page(path.read_text())
        assert page.loads == [] and page.figures
