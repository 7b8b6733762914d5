"""Numbers as they are said in English: "$3.50" is "three dollars and fifty cents".

Part of the spoken form (paper App. B.4; `spoken`). Each rule is a pattern and what is said for it;
an earlier rule sees more of the context ("3:30 p.m.", "5 km") and leaves fewer digits to the later
ones. A number of four digits from 1100 to 2099 is read in pairs, as a year and a count may both
be ("fifteen hundred sheep").
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

MONTHS = (
    "January February March April May June July August September October November December"
).split()
CURRENCIES = {
    "$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny"),
    "¥": ("yen", ""), "₹": ("rupee", ""),
}  # fmt: skip
SCALES = {
    "k": "thousand", "K": "thousand", "M": "million", "m": "million", "B": "billion",
    "bn": "billion", "T": "trillion",
    **{name: name for name in ("thousand", "million", "billion", "trillion")},
}  # fmt: skip
UNITS = {
    "km/h": "kilometer per hour", "kph": "kilometer per hour", "mph": "mile per hour",
    "m/s": "meter per second", "km²": "square kilometer", "m²": "square meter",
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "mi": "mile",
    "ft": "foot", "yd": "yard", "kg": "kilogram", "g": "gram", "mg": "milligram", "lb": "pound",
    "lbs": "pound", "oz": "ounce", "L": "liter", "l": "liter", "mL": "milliliter",
    "ml": "milliliter", "h": "hour", "hr": "hour", "hrs": "hour", "min": "minute",
    "mins": "minute", "sec": "second", "secs": "second", "s": "second", "ms": "millisecond",
    "Hz": "hertz", "kHz": "kilohertz", "MHz": "megahertz", "GHz": "gigahertz", "dB": "decibel",
    "KB": "kilobyte", "kB": "kilobyte", "MB": "megabyte", "GB": "gigabyte", "TB": "terabyte",
    "W": "watt", "kW": "kilowatt", "kWh": "kilowatt hour", "V": "volt", "kcal": "kilocalorie",
    "°C": "degree Celsius", "°F": "degree Fahrenheit", "°": "degree", "px": "pixel",
    "USD": "dollar", "EUR": "euro", "GBP": "pound",
}  # fmt: skip
_INVARIABLE = re.compile(r"hertz$|^yen$")
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_START = r"(?<![\w.,])"
_LONGEST = 15  # digits that are read as one number


@cache
def _inflect():
    import inflect  # imports for a second

    return inflect.engine()


def cardinal(number: str) -> str:
    """The words of digits with or without thousands separators and a decimal point.

    Numbers that begin with a zero ("007") or have more than 15 digits are read digit by digit.
    """
    whole, point, decimals = number.replace(",", "").partition(".")
    if len(whole) > _LONGEST or (len(whole) > 1 and whole[0] == "0"):
        words = digits(whole)
    else:
        words = _inflect().number_to_words(int(whole), andword="").replace(",", "")
    return f"{words} point {digits(decimals)}" if point else words


def digits(number: str) -> str:
    """Digit by digit: "five three one"."""
    return " ".join(_inflect().number_to_words(int(digit)) for digit in number if digit.isdigit())


def ordinal(number: str) -> str:
    """The words of an ordinal: "21" is "twenty-first"."""
    engine = _inflect()
    words = engine.number_to_words(engine.ordinal(int(number.replace(",", ""))), andword="")
    return words.replace(",", "")


def year(number: str) -> str:
    """Four digits read in pairs: "1905" is "nineteen oh five"."""
    century, rest = int(number[:2]), int(number[2:])
    if century % 10 == 0 and rest < 10:
        return cardinal(number)  # two thousand five
    if rest == 0:
        return f"{cardinal(number[:2])} hundred"
    return f"{cardinal(number[:2])} {_minutes(rest)}"


def _minutes(number: int) -> str:
    return f"oh {cardinal(str(number))}" if number < 10 else cardinal(str(number))


def counted(number: str, unit: str) -> str:
    """A number with its unit in the singular or the plural: "five kilometers per hour"."""
    head, space, tail = unit.partition(" ")
    if number != "1":
        if unit.endswith(" hour") and "per" not in unit:
            unit = _inflect().plural(unit)
        elif not _INVARIABLE.search(head):
            # "square meters", but "degrees Celsius"
            unit = (
                f"{head} {_inflect().plural(tail)}"
                if head == "square"
                else f"{_inflect().plural(head)}{space}{tail}"
            )
    return f"{cardinal(number)} {unit}"


# --- what is said for a match ---------------------------------------------------------------------
def _money(match: re.Match) -> str:
    symbol, number, scale = match.groups()
    unit, part = CURRENCIES[symbol]
    whole, _, cents = number.partition(".")
    if scale:
        return f"{cardinal(number)} {SCALES[scale]} {_plural(unit)}"
    if len(cents) != 2 or not part:
        return counted(number, unit)
    said = [] if whole == "0" and cents != "00" else [counted(whole, unit)]
    if cents != "00":
        amount = cents.lstrip("0")
        pence = "pence" if part == "penny" and amount != "1" else None
        said.append(f"{cardinal(amount)} {pence}" if pence else counted(amount, part))
    return " and ".join(said)


def _plural(unit: str) -> str:
    return unit if _INVARIABLE.search(unit) else _inflect().plural(unit)


def _clock(match: re.Match) -> str:
    hour, minute, second, half = match.groups()
    said = [cardinal(str(int(hour)))]
    if int(minute):
        said.append(_minutes(int(minute)))
    elif not half:
        said.append("o'clock" if 1 <= int(hour) <= 12 else "hundred")
    if second:
        said.append(f"and {counted(str(int(second)), 'second')}")
    return " ".join(said) + _half(half, match)


def _hour(match: re.Match) -> str:
    return cardinal(str(int(match[1]))) + _half(match[2], match)


def _half(half: str | None, match: re.Match) -> str:
    """ " a m" or " p m", with the full stop where it ends the sentence, too."""
    if not half:
        return ""
    rest = match.string[match.end() :]
    stop = "." if half.endswith(".") and re.match(r"\s*$|\s+[A-Z]", rest) else ""
    return f" {half[0].lower()} m{stop}"


def _iso_date(match: re.Match) -> str:
    spoken_year, month, day = match.groups()
    return f"{MONTHS[int(month) - 1]} {ordinal(day)}, {year(spoken_year)}"


def _month(name: str) -> str:
    return next(month for month in MONTHS if month.startswith(name[:3]))


def _fraction(match: re.Match) -> str:
    whole, above, below = match.groups()
    name = {"2": "half", "4": "quarter"}.get(below) or ordinal(below)
    said = f"{cardinal(above)} {name if above == '1' else _inflect().plural(name)}"
    return f"{cardinal(whole)} and {said}" if whole else said


def _decade(match: re.Match) -> str:
    century, tens = match.groups()
    name = _inflect().plural(cardinal(tens)) if tens != "00" else "hundreds"
    return f"{cardinal(century)} {name}" if century else name


def _phone(match: re.Match) -> str:
    plus = "plus " if match[0].startswith("+") else ""
    return plus + ", ".join(digits(group) for group in re.findall(r"\d+", match[0]))


_MONTH = rf"({'|'.join(MONTHS)}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?)"
_DAY = r"(0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_HALF = r"([AaPp]\.?[Mm]\b\.?)"
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))

Rule = tuple[str, str, Callable[[re.Match], str]]
RULES: tuple[Rule, ...] = (
    ("number", r"(?<=\d)(?=[½¼¾⅓⅔⅛])", lambda m: " "),
    ("number", r"[½¼¾⅓⅔⅛]", lambda m: unicodedata.normalize("NFKC", m[0]).replace("⁄", "/")),
    ("number", r"(?<![\w.])\.(?=\d)", lambda m: "0."),
    ("number", r"(?<=\d) ?[x×] ?(?=\d)", lambda m: " times "),
    ("date", rf"{_START}(1[1-9]\d\d|20\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b", _iso_date),
    ("date", rf"\b{_MONTH} {_DAY}(?![\w:/]|[.,]\d)",
     lambda m: f"{_month(m[1])} {ordinal(m[2])}"),
    ("date", rf"{_START}(?:the )?{_DAY} {_MONTH}(?!\w)",
     lambda m: f"the {ordinal(m[1])} of {_month(m[2])}"),
    ("time", rf"{_START}(\d{{1,2}}):([0-5]\d)(?::([0-5]\d))?(?:\s?{_HALF})?(?![\w:])", _clock),
    ("time", rf"{_START}(\d{{1,2}})\s?{_HALF}(?!\w)", _hour),
    ("number", r"(?<!\w)\+?(?:\d{1,3}[ -])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}\b", _phone),
    ("number", rf"{_START}\d{{3}}-\d{{4}}(?![\w-])", _phone),
    ("number", r"(?<![\w)])[-−](?=[$€£¥₹]?\d)", lambda m: "minus "),
    ("number", r"(?<=\d)\s?[-–—]\s?(?=\d)", lambda m: " to "),
    ("currency",
     rf"([$€£¥₹])\s?({_NUMBER})(?:\s?({'|'.join(sorted(SCALES, key=len, reverse=True))})\b)?",
     _money),
    ("year", rf"{_START}(1[1-9]|20)(\d0)'?s\b", _decade),
    ("year", r"(?<!\w)['’]?()([2-9]0)s\b", _decade),
    ("percent", rf"{_START}({_NUMBER})\s?%", lambda m: f"{cardinal(m[1])} percent"),
    ("unit", rf"{_START}({_NUMBER})[\s-]?({_UNIT})(?!\w|/\w)",
     lambda m: counted(m[1], UNITS[m[2]])),
    ("number", rf"{_START}({_NUMBER})(k|K|M|bn)\b", lambda m: f"{cardinal(m[1])} {SCALES[m[2]]}"),
    ("ordinal", rf"{_START}(\d{{1,3}}(?:,\d{{3}})+|\d+)(?:st|nd|rd|th)\b", lambda m: ordinal(m[1])),
    ("number", r"(?<![\w.,/])(?:(\d+) )?(\d+)/(\d+)(?![\w/])", _fraction),
    ("number", r"(?<=\d)/(?=\d)", lambda m: " slash "),
    ("year", rf"{_START}(1[1-9]\d\d|20\d\d)(?![\w/]|[.,]\d)", lambda m: year(m[1])),
    ("number", rf"{_START}{_NUMBER}(?!\w|\.\d)", lambda m: cardinal(m[0])),
    # Whatever digits are left stand in names: "H2O", "v3.11.2".
    ("number", r"\d+(?:\.\d+)*",
     lambda m: f" {' point '.join(map(cardinal, m[0].split('.')))} "),
)  # fmt: skip
"""(kind of change, pattern, what is said); applied in this order."""

_COMPILED = tuple((kind, re.compile(pattern), say) for kind, pattern, say in RULES)


def expand(text: str) -> tuple[str, tuple[str, ...]]:
    """Write the numbers of a text out; the text, and the kinds of change in order, each once."""
    changes: dict[str, None] = {}
    for kind, pattern, say in _COMPILED:
        if not any(character.isnumeric() for character in text):
            break
        text, count = pattern.subn(say, text)
        if count:
            changes[kind] = None
    return text, tuple(changes)
