import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_interaction.corpus.numerals import UNITS, cardinal, digits, expand, ordinal, year


@pytest.mark.parametrize(
    ("written", "said", "kind"),
    [
        ("0", "zero", "number"),
        ("21 cows", "twenty-one cows", "number"),
        ("1,234,567", "one million two hundred thirty-four thousand five hundred sixty-seven",
         "number"),
        ("3.14", "three point one four", "number"),
        (".5", "zero point five", "number"),
        ("-5", "minus five", "number"),
        ("10-20", "ten to twenty", "number"),
        ("007", "zero zero seven", "number"),
        ("555-123-4567", "five five five, one two three, four five six seven", "number"),
        ("1/2", "one half", "number"),
        ("2 3/4", "two and three quarters", "number"),
        ("1½", "one and one half", "number"),
        ("3x4", "three times four", "number"),
        ("10k", "ten thousand", "number"),
        ("1st", "first", "ordinal"),
        ("103rd", "one hundred third", "ordinal"),
        ("in 1984", "in nineteen eighty-four", "year"),
        ("in 1905", "in nineteen oh five", "year"),
        ("in 1900", "in nineteen hundred", "year"),
        ("in 2005", "in two thousand five", "year"),
        ("in 2026.", "in twenty twenty-six.", "year"),
        ("the 1990s", "the nineteen nineties", "year"),
        ("the '80s", "the eighties", "year"),
        ("12.5%", "twelve point five percent", "percent"),
        ("$1", "one dollar", "currency"),
        ("$3.50", "three dollars and fifty cents", "currency"),
        ("$0.99", "ninety-nine cents", "currency"),
        ("£5.02", "five pounds and two pence", "currency"),
        ("£1.01", "one pound and one penny", "currency"),
        ("€1,200", "one thousand two hundred euros", "currency"),
        ("¥100", "one hundred yen", "currency"),
        ("$1.2 million", "one point two million dollars", "currency"),
        ("3:30 pm", "three thirty p m", "time"),
        ("9:05", "nine oh five", "time"),
        ("9:00", "nine o'clock", "time"),
        ("15:00", "fifteen hundred", "time"),
        ("7pm", "seven p m", "time"),
        ("at 5 p.m.", "at five p m.", "time"),
        ("at 5 p.m. we", "at five p m we", "time"),
        ("May 5", "May fifth", "date"),
        ("Sept. 3", "September third", "date"),
        ("on 3 March", "on the third of March", "date"),
        ("2024-03-05", "March fifth, twenty twenty-four", "date"),
        ("1 km", "one kilometer", "unit"),
        ("5 km/h", "five kilometers per hour", "unit"),
        ("25°C", "twenty-five degrees Celsius", "unit"),
        ("3 ft", "three feet", "unit"),
        ("50 m²", "fifty square meters", "unit"),
        ("6 kWh", "six kilowatt hours", "unit"),
        ("8 kHz", "eight kilohertz", "unit"),
    ],
)  # fmt: skip
def test_numbers_are_read_in_their_context(written, said, kind):
    assert expand(written) == (said, expand(written)[1])
    assert kind in expand(written)[1]


def test_a_name_keeps_its_letters():
    assert " ".join(expand("H2O v3.11.2")[0].split()) == "H two O v three point eleven point two"


def test_text_without_numbers_comes_back_as_it_is():
    assert expand("it is half past ten") == ("it is half past ten", ())


def test_the_parts_by_themselves():
    assert cardinal("1,000") == "one thousand"
    assert cardinal("1" * 16) == " ".join(["one"] * 16)  # too long for a number
    assert ordinal("1,000") == "one thousandth"
    assert digits("5-3-1") == "five three one"
    assert year("2000") == "two thousand"


@given(st.integers(0, 10**15 - 1))
@settings(max_examples=50, deadline=None)
def test_separators_do_not_change_a_cardinal(number):
    assert cardinal(f"{number:,}") == cardinal(str(number))


@given(st.text(st.sampled_from("0123456789 .,:/-$%½kmx°CsthMay¥"), max_size=20))
@settings(max_examples=200, deadline=None)
def test_no_digit_is_left(text):
    assert not any(character.isdigit() for character in expand(text)[0])


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_is_read_in_the_plural(unit):
    assert expand(f"2 {unit}")[1] == ("unit",)
    assert expand(f"1 {unit}")[0] == f"one {UNITS[unit]}"
