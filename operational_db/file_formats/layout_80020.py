"""XML layout 80020: half-hour energy of measuring points, one message per area and day.

Belongs here: the tree of the layout, its 48 half-hours, its rules of form.
Does not belong here: which point belongs to whom, what the energy is used for.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, XMLPullParser
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

ENCODING = "windows-1251"
PERIODS_PER_DAY = 48
STARTS = [f"{half // 2:02d}{half % 2 * 30:02d}" for half in range(PERIODS_PER_DAY)]
ENDS = STARTS[1:] + STARTS[:1]
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?\Z")
CHUNK_BYTES = 1 << 16


class Layout80020Error(Exception):
    """A message that breaks the layout; the text is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class MeasuringDay:
    """One channel of one point for one day: 48 half-hours of energy (kWh or kvarh) with their status (0 good)."""

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

    A channel that breaks the layout stops the reading; with `faults` it is added there and the reading goes on.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            _refuse_declarations(path, file)
            yield from _days(path, file, faults)
    except OSError as error:
        raise Layout80020Error(
            f"{path} cannot be opened: {error.strerror}; check the name and the permissions."
        ) from error
    except ParseError as error:
        raise Layout80020Error(f"{path} is not a whole XML file: {error}; ask for the file again.") from error


def _refuse_declarations(path: Path, file: BinaryIO) -> None:
    """A document type can hold entities that blow up to gigabytes; the layout has none, so none is let in."""

    class RootReached(Exception):
        """The root element begins, so no document type can follow."""

    def refuse(name: str, *_: object) -> None:
        raise Layout80020Error(
            f"{path} declares a document type ({name}), which layout 80020 does not have; it is refused."
        )

    def stop(*_: object) -> None:
        raise RootReached

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = stop
    try:
        while chunk := file.read(CHUNK_BYTES):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except RootReached:
        file.seek(0)
    except expat.ExpatError as error:
        raise Layout80020Error(f"{path} is not XML: {error}; ask for the file again.") from error


def _days(path: Path, file: BinaryIO, faults: list[Layout80020Error] | None) -> Iterator[MeasuringDay]:
    parser = XMLPullParser(["start", "end"])
    day: date | None = None
    area: Element | None = None
    above: list[Element] = []
    while True:
        chunk = file.read(CHUNK_BYTES)
        if chunk:
            parser.feed(chunk)
        else:
            parser.close()
        for event, element in parser.read_events():
            tag = element.tag
            if event == "start":
                if not above:
                    _check_message(path, element)
                above.append(element)
                if tag == "area":
                    area = element
                continue
            above.pop()
            if tag == "datetime":
                day = _day(path, element)
            elif tag == "measuringpoint":
                if day is None or area is None:
                    raise Layout80020Error(
                        f"{path}: point {element.get('code')!r} stands outside of an area and a day."
                    )
                for channel in element.iter("measuringchannel"):
                    try:
                        yield _measuring_day(path, area, element, channel, day)
                    except Layout80020Error as fault:
                        if faults is None:
                            raise
                        faults.append(fault)
                area.remove(element)
        if not chunk:
            break


def _check_message(path: Path, root: Element) -> None:
    if root.tag != "message" or root.get("class") != "80020":
        raise Layout80020Error(
            f"{path} is not layout 80020: its root is <{root.tag}> of class {root.get('class')!r}; choose the right format."
        )


def _day(path: Path, element: Element) -> date:
    text = (element.findtext("day") or "").strip()
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError as error:
        raise Layout80020Error(
            f"{path}: day {text!r} is not a date of the form yyyymmdd; ask for the file again."
        ) from error


def _measuring_day(path: Path, area: Element, point: Element, channel: Element, day: date) -> MeasuringDay:
    code, channel_code = point.get("code", ""), channel.get("code", "")
    where = f"{path}: point {code!r}, channel {channel_code!r}"
    if not code or not channel_code:
        raise Layout80020Error(f"{where}: a code is missing; ask for the file again.")
    by_start: dict[str, Element] = {}
    periods = channel.findall("period")
    for period in periods:
        by_start[period.get("start", "")] = period
    if len(periods) != PERIODS_PER_DAY or any(start not in by_start for start in STARTS):
        missing = [start for start in STARTS if start not in by_start]
        raise Layout80020Error(
            f"{where}: {len(periods)} periods instead of {PERIODS_PER_DAY}, missing {missing}; ask for the day again."
        )
    values: list[Decimal] = []
    status: list[int] = []
    for start, end in zip(STARTS, ENDS, strict=True):
        period = by_start[start]
        value = period.find("value")
        text = "" if value is None else (value.text or "").strip()
        if period.get("end") != end:
            raise Layout80020Error(
                f"{where}: period {start} ends at {period.get('end')!r}, not at {end}; ask for the day again."
            )
        if value is None or not NUMBER.match(text):
            raise Layout80020Error(
                f"{where}: period {start}: value {text!r} is not a number; ask for the day again."
            )
        values.append(Decimal(text))
        status.append(int(value.get("status", "0")))
    return MeasuringDay(
        inn=(area.findtext("inn") or "").strip(),
        area_name=(area.findtext("name") or "").strip(),
        point_code=code,
        point_name=point.get("name", ""),
        channel=channel_code,
        day=day,
        values=values,
        status=status,
    )


def write_80020(path: Path | str, header: MessageHeader, days: Iterable[MeasuringDay]) -> int:
    """Write one message; neighbouring days of one area and of one point share their elements. Returns channels written.

    The file appears under its name only when it is whole.
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    count = 0
    try:
        with part.open("w", encoding=ENCODING, errors="xmlcharrefreplace", newline="\n") as file:
            file.write(f'<?xml version="1.0" encoding="{ENCODING}"?>\n')
            file.write(f'<message class="80020" version="2" number={quoteattr(header.number)}>\n')
            file.write(
                f"<datetime><timestamp>{header.timestamp:%Y%m%d%H%M%S}</timestamp>"
                f"<daylightsavingtime>{header.daylight_saving}</daylightsavingtime>"
                f"<day>{header.day:%Y%m%d}</day></datetime>\n"
                f"<sender><name>{escape(header.sender_name)}</name><inn>{escape(header.sender_inn)}</inn></sender>\n"
            )
            for (inn, area_name), in_area in groupby(days, key=lambda day: (day.inn, day.area_name)):
                file.write(f"<area><name>{escape(area_name)}</name><inn>{escape(inn)}</inn>\n")
                for (code, name), at_point in groupby(
                    in_area, key=lambda day: (day.point_code, day.point_name)
                ):
                    file.write(f"<measuringpoint code={quoteattr(code)} name={quoteattr(name)}>\n")
                    for measured in at_point:
                        file.write(_channel(path, header, measured))
                        count += 1
                    file.write("</measuringpoint>\n")
                file.write("</area>\n")
            file.write("</message>\n")
        os.replace(part, path)
    except OSError as error:
        raise Layout80020Error(
            f"{path} cannot be written: {error.strerror}; check the folder and the free space."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _channel(path: Path, header: MessageHeader, measured: MeasuringDay) -> str:
    if (
        len(measured.values) != PERIODS_PER_DAY
        or len(measured.status) != PERIODS_PER_DAY
        or measured.day != header.day
    ):
        raise Layout80020Error(
            f"{path} cannot be written: point {measured.point_code!r}, channel {measured.channel!r} of {measured.day} must be of"
            f" the day {header.day} and have {PERIODS_PER_DAY} values and statuses; correct its source."
        )
    periods = "".join(
        f'<period start="{start}" end="{end}"><value{f" status={chr(34)}{status}{chr(34)}" if status else ""}>{value:f}</value></period>\n'
        for start, end, value, status in zip(STARTS, ENDS, measured.values, measured.status, strict=True)
    )
    return f"<measuringchannel code={quoteattr(measured.channel)}>\n{periods}</measuringchannel>\n"
