"""XML layout 80020: half-hour energy of measuring points, one message per day.

Belongs here: the tree of the layout, its 48 half-hours, its rules of form.
Does not belong here: which point belongs to whom, what the energy is used for.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError, XMLPullParser
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from operational_db.file_formats.opening import FileFormatError, open_to_read, open_to_write

ENCODING = "windows-1251"
PERIODS_PER_DAY = 48
STARTS = [f"{half // 2:02d}{half % 2 * 30:02d}" for half in range(PERIODS_PER_DAY)]
ENDS = STARTS[1:] + STARTS[:1]
# Bounded digits keep every value inside numeric(18,6) and a hostile one from costing time.
NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?")
NUMBERS = re.compile(rf"{NUMBER.pattern}(?:\n{NUMBER.pattern}){{{PERIODS_PER_DAY - 1}}}")
STATUS = re.compile(r"[0-9]{1,2}")
ALL_GOOD = ["0"] * PERIODS_PER_DAY
PERIOD_TAGS = frozenset({"period", "value"})  # nearly all elements; they are looked at with their point
CHUNK_BYTES = 1 << 16


class Layout80020Error(FileFormatError):
    """A message that breaks the layout; the text is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class MeasuringDay:
    """One channel of one point for one day: 48 half-hours (kWh or kvarh) and their status (0 good)."""

    inn: str
    area_name: str
    point_code: str
    point_name: str
    channel: str
    day: date
    values: Sequence[Decimal]
    status: Sequence[int]


@dataclass(frozen=True)
class MessageHeader:
    """What stands above the points: number, sender and the day of the message."""

    number: str
    sender_name: str
    sender_inn: str
    timestamp: datetime
    day: date
    daylight_saving: int = 0


def read_80020(path: Path | str, *, faults: list[Layout80020Error] | None = None) -> Iterator[MeasuringDay]:
    """Read a message channel by channel, in memory for one point at a time.

    A channel that breaks the layout stops the reading; with `faults` it is added there and reading goes on.
    """
    path = Path(path)
    with open_to_read(path, Layout80020Error) as file:
        _check_root(path, file)
        file.seek(0)
        try:
            yield from _days(path, file, faults)
        except ParseError as error:
            raise Layout80020Error(f"{path} is not a whole XML file: {error}; ask for it again.") from error


class _RootReached(Exception):
    """The root element begins, so no document type can follow."""


def _check_root(path: Path, file: IO[bytes]) -> None:
    """A document type can hold entities that grow to gigabytes; the layout has none, so none is let in."""

    def refuse_document_type(name: str, *_: object) -> None:
        raise Layout80020Error(
            f"{path} declares a document type ({name}), which layout 80020 does not have; ask for it again without."
        )

    def check_root(tag: str, attributes: dict[str, str]) -> None:
        if tag != "message" or attributes.get("class") != "80020":
            raise Layout80020Error(
                f"{path} is not layout 80020: its root is <{tag}> of class {attributes.get('class')!r},"
                " not <message> of class '80020'; choose its right format."
            )
        raise _RootReached

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse_document_type
    parser.StartElementHandler = check_root
    try:
        while chunk := file.read(CHUNK_BYTES):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except _RootReached:
        return
    except expat.ExpatError as error:
        raise Layout80020Error(f"{path} is not an XML file: {error}; ask for it again.") from error


@dataclass
class _Context:
    """What the elements above and before a point have said."""

    path: Path
    day: date | None = None
    area_name: str | None = None
    inn: str | None = None

    def hear(self, element: Element) -> None:
        """Take in an element that ended; the name and inn of the sender are not those of an area."""
        if element.tag == "name":
            self.area_name = (element.text or "").strip()
        elif element.tag == "inn":
            self.inn = (element.text or "").strip()
        elif element.tag in {"sender", "area"}:
            self.area_name = self.inn = None
        elif element.tag == "day":
            self.day = _day(self.path, element)


def _days(path: Path, file: IO[bytes], faults: list[Layout80020Error] | None) -> Iterator[MeasuringDay]:
    context = _Context(path)
    parser = XMLPullParser(["end"])
    chunk = file.read(CHUNK_BYTES)
    while chunk:
        parser.feed(chunk)
        chunk = file.read(CHUNK_BYTES)
        if not chunk:
            parser.close()
        for _, element in parser.read_events():
            if element.tag in PERIOD_TAGS:
                continue
            if element.tag == "measuringpoint":
                yield from _measuring_days(context, element, faults)
                element.clear()
            else:
                context.hear(element)


def _day(path: Path, element: Element) -> date:
    text = (element.text or "").strip()
    try:
        if re.fullmatch(r"[0-9]{8}", text):
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        raise ValueError(text)
    except ValueError as error:
        raise Layout80020Error(
            f"{path}: day {text!r} is not a date of the form yyyymmdd; ask for the file again."
        ) from error


def _measuring_days(context: _Context, point: Element, faults: list[Layout80020Error] | None) -> Iterator[MeasuringDay]:
    for channel in point.iterfind("measuringchannel"):
        try:
            yield _measuring_day(context, point, channel)
        except Layout80020Error as fault:
            if faults is None:
                raise
            faults.append(fault)


def _measuring_day(context: _Context, point: Element, channel: Element) -> MeasuringDay:
    code, channel_code = point.get("code", ""), channel.get("code", "")
    where = f"{context.path}: point {code!r}, channel {channel_code!r}"
    if not code or not channel_code:
        raise Layout80020Error(f"{where}: a code is missing; ask for the file again.")
    if context.day is None or context.inn is None or context.area_name is None:
        raise Layout80020Error(
            f"{where}: the day of the message or the name and inn of the area do not stand before it;"
            " ask for the file again."
        )
    periods = _ordered_periods(where, channel)
    elements = [period.find("value") for period in periods]
    texts = ["" if element is None else (element.text or "").strip() for element in elements]
    if not NUMBERS.fullmatch("\n".join(texts)):
        start, text = next(
            (start, text) for start, text in zip(STARTS, texts, strict=True) if not NUMBER.fullmatch(text)
        )
        raise Layout80020Error(f"{where}: period {start}: value {text!r} is not a number; ask for the day again.")
    return MeasuringDay(
        inn=context.inn,
        area_name=context.area_name,
        point_code=code,
        point_name=point.get("name", ""),
        channel=channel_code,
        day=context.day,
        values=[Decimal(text) for text in texts],
        status=_status(where, elements),
    )


def _ordered_periods(where: str, channel: Element) -> list[Element]:
    """The 48 half-hours from midnight on, each exactly once and half an hour long."""
    periods = channel.findall("period")
    starts = [period.get("start", "") for period in periods]
    if starts != STARTS:
        periods.sort(key=lambda period: period.get("start", ""))
        starts.sort()
    if starts != STARTS:
        missing = [start for start in STARTS if start not in starts]
        surplus = [start for index, start in enumerate(starts) if start not in STARTS or start in starts[:index]]
        raise Layout80020Error(
            f"{where}: {len(periods)} periods instead of {PERIODS_PER_DAY}, missing {missing}, surplus {surplus};"
            " ask for the day again."
        )
    ends = [period.get("end", "") for period in periods]
    if ends != ENDS:
        index = next(index for index in range(PERIODS_PER_DAY) if ends[index] != ENDS[index])
        raise Layout80020Error(
            f"{where}: period {STARTS[index]} ends at {ends[index]!r}, not at {ENDS[index]}; ask for the day again."
        )
    return periods


def _status(where: str, elements: Sequence[Element | None]) -> list[int]:
    texts = ["" if element is None else element.get("status", "0") for element in elements]
    if texts == ALL_GOOD:
        return [0] * PERIODS_PER_DAY
    for start, text in zip(STARTS, texts, strict=True):
        if not STATUS.fullmatch(text):
            raise Layout80020Error(f"{where}: period {start}: status {text!r} is not a number; ask for the day again.")
    return [int(text) for text in texts]


def write_80020(path: Path | str, header: MessageHeader, days: Iterable[MeasuringDay]) -> int:
    """Write one message and return its number of channels; letters that windows-1251 lacks become references.

    Neighbouring days of one area and of one point share their elements.
    """
    path = Path(path)
    count = 0
    how = {"encoding": ENCODING, "errors": "xmlcharrefreplace", "newline": "\n"}
    with open_to_write(path, Layout80020Error, "w", **how) as file:
        file.write(_beginning(header))
        for (inn, area_name), in_area in groupby(days, key=lambda day: (day.inn, day.area_name)):
            file.write(f"<area><name>{escape(area_name)}</name><inn>{escape(inn)}</inn>\n")
            for (code, name), at_point in groupby(in_area, key=lambda day: (day.point_code, day.point_name)):
                file.write(f"<measuringpoint code={quoteattr(code)} name={quoteattr(name)}>\n")
                for measured in at_point:
                    file.write(_channel(path, header, measured))
                    count += 1
                file.write("</measuringpoint>\n")
            file.write("</area>\n")
        file.write("</message>\n")
    return count


def _beginning(header: MessageHeader) -> str:
    return (
        f'<?xml version="1.0" encoding="{ENCODING}"?>\n'
        f'<message class="80020" version="2" number={quoteattr(header.number)}>\n'
        f"<datetime><timestamp>{header.timestamp:%Y%m%d%H%M%S}</timestamp>"
        f"<daylightsavingtime>{header.daylight_saving}</daylightsavingtime>"
        f"<day>{header.day:%Y%m%d}</day></datetime>\n"
        f"<sender><name>{escape(header.sender_name)}</name><inn>{escape(header.sender_inn)}</inn></sender>\n"
    )


def _channel(path: Path, header: MessageHeader, measured: MeasuringDay) -> str:
    lengths = {len(measured.values), len(measured.status)}
    if lengths != {PERIODS_PER_DAY} or measured.day != header.day:
        raise Layout80020Error(
            f"{path} cannot be written: point {measured.point_code!r}, channel {measured.channel!r} of {measured.day}"
            f" must have {PERIODS_PER_DAY} values and statuses of {header.day}; correct its source."
        )
    periods = "".join(
        f'<period start="{start}" end="{end}"><value{_status_attribute(status)}>{value:f}</value></period>\n'
        for start, end, value, status in zip(STARTS, ENDS, measured.values, measured.status, strict=True)
    )
    return f"<measuringchannel code={quoteattr(measured.channel)}>\n{periods}</measuringchannel>\n"


def _status_attribute(status: int) -> str:
    """A good value carries no status."""
    return f' status="{status}"' if status else ""
