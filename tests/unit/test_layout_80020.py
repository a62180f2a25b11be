"""Layout 80020: half-hours come back as written, and a message that breaks the layout is told in a sentence."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operational_db.file_formats.layout_80020 import (
    Layout80020Error,
    MeasuringDay,
    MessageHeader,
    read_80020,
    write_80020,
)

DAY = dt.date(2026, 3, 1)
HEADER = MessageHeader("17", "РЭС «Сергели»", "200000001", dt.datetime(2026, 3, 2, 0, 15, tzinfo=dt.UTC), DAY)
KWH = [Decimal(number) for number in range(48)]


def measured(point_code: str = "SA01F001", channel: str = "01") -> MeasuringDay:
    return MeasuringDay("200000002", "Сергели", point_code, f"Фидер {point_code}", channel, DAY, KWH, [0] * 48)


@pytest.fixture
def message(tmp_path: Path) -> Path:
    """Two points, the first with two channels, 0 to 47 kWh in each."""
    path = tmp_path / "80020_200000001_20260301.xml"
    write_80020(path, HEADER, [measured(), measured(channel="02"), measured("SA01F002")])
    return path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="windows-1251")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="windows-1251")


def test_channels_come_back_in_order_with_their_area_and_point(message: Path) -> None:
    assert list(read_80020(message)) == [measured(), measured(channel="02"), measured("SA01F002")]


def test_a_message_is_the_tree_of_the_layout(message: Path) -> None:
    text = message.read_text(encoding="windows-1251")
    assert text.startswith(
        '<?xml version="1.0" encoding="windows-1251"?>\n<message class="80020" version="2" number="17">'
    )
    assert "<timestamp>20260302001500</timestamp><daylightsavingtime>0</daylightsavingtime><day>20260301</day>" in text
    assert '<period start="0000" end="0030"><value>0</value></period>' in text
    assert '<period start="2330" end="0000"><value>47</value></period>' in text
    # Neighbours share their elements: one area, two points, three channels of 48 half-hours.
    counts = [text.count(f"<{tag}") for tag in ("area>", "measuringpoint ", "measuringchannel ", "period ")]
    assert counts == [1, 2, 3, 3 * 48]


LETTERS = st.text(st.characters(codec="cp1251", exclude_categories=["Cc", "Cf", "Zs"]), min_size=1, max_size=8)
LETTERS_OF_A_NAME = LETTERS | st.just('Ҳовли & <дача> "1" ў')
DAYS = st.builds(
    MeasuringDay,
    inn=st.from_regex(r"[0-9]{9}", fullmatch=True),
    area_name=LETTERS_OF_A_NAME,
    point_code=LETTERS,
    point_name=LETTERS_OF_A_NAME,
    channel=st.sampled_from(["01", "02", "03", "04"]),
    day=st.just(DAY),
    values=st.lists(st.decimals(-1000, 10**9, places=6) | st.just(Decimal("1E+3")), min_size=48, max_size=48),
    status=st.lists(st.integers(0, 9), min_size=48, max_size=48),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DAYS, max_size=4))
def test_whatever_is_written_comes_back(tmp_path: Path, days: list[MeasuringDay]) -> None:
    path = tmp_path / "80020.xml"
    assert write_80020(path, HEADER, days) == len(days)
    assert list(read_80020(path)) == days


def test_half_hours_in_another_order_come_back_from_midnight_on(message: Path) -> None:
    first = '<period start="0000" end="0030"><value>0</value></period>\n'
    change(message, first, "")
    change(message, "</measuringchannel>", first + "</measuringchannel>")
    assert next(read_80020(message)) == measured()


def test_a_status_marks_a_value_as_not_commercial(message: Path) -> None:
    change(message, "<value>5</value>", '<value status="1">5</value>')
    assert next(read_80020(message)).status == [0] * 5 + [1] + [0] * 42


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            '<period start="0100" end="0130"><value>2</value></period>\n',
            "",
            r"47 periods instead of 48, missing \['0100'\]",
        ),
        ('start="0100"', 'start="0030"', r"48 periods instead of 48, missing \['0100'\], surplus \['0030'\]"),
        ('end="0130"', 'end="0200"', "period 0100 ends at '0200', not at 0130"),
        ("<value>2</value>", "<value>2,5</value>", "period 0100: value '2,5' is not a number"),
        ("<value>2</value>", "<value>NaN</value>", "period 0100: value 'NaN' is not a number"),
        ("<value>2</value>", "<value>1_000</value>", "period 0100: value '1_000' is not a number"),
        ("<value>2</value>", "", "period 0100: value '' is not a number"),
        ("<value>2</value>", '<value status="bad">2</value>', "period 0100: status 'bad' is not a number"),
        ('<measuringchannel code="01">', "<measuringchannel>", "a code is missing"),
    ],
)
def test_a_faulty_channel_is_named_by_file_point_and_channel(message: Path, old: str, new: str, sentence: str) -> None:
    change(message, old, new)
    with pytest.raises(
        Layout80020Error, match=rf"80020_200000001_20260301\.xml: point 'SA01F001', channel .*{sentence}"
    ):
        list(read_80020(message))


def test_a_faulty_channel_need_not_stop_the_others(message: Path) -> None:
    change(message, "<value>2</value>", "<value>***</value>")
    faults: list[Layout80020Error] = []
    assert list(read_80020(message, faults=faults)) == [measured(channel="02"), measured("SA01F002")]
    assert ["'SA01F001', channel '01'" in str(fault) for fault in faults] == [True]


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (lambda text: text.replace('class="80020"', 'class="80040"'), "its root is <message> of class '80040'"),
        (lambda text: text[: len(text) // 2], "is not a whole XML file"),
        (lambda _: "", "is not an XML file: no element found"),
        (lambda _: "SCHET;DATA\r\n", "is not an XML file"),
        (lambda text: text.replace("<day>20260301", "<day>20260231"), "day '20260231' is not a date"),
        (lambda text: text.replace("<day>20260301</day>", ""), "the day of the message .* do not stand before it"),
        (lambda text: text.replace("<inn>200000002</inn>", ""), "the name and inn of the area do not stand before it"),
    ],
    ids=["other class", "cut off", "empty", "not xml", "no such day", "no day", "no inn"],
)
def test_a_message_that_is_no_80020_is_refused_in_one_sentence(
    message: Path, break_it: Callable[[str], str], sentence: str
) -> None:
    message.write_text(break_it(message.read_text(encoding="windows-1251")), encoding="windows-1251")
    with pytest.raises(Layout80020Error, match=sentence):
        list(read_80020(message))


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE bomb [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE bomb [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE message SYSTEM "http://127.0.0.1/message.dtd">',
    ],
    ids=["entities", "file", "address"],
)
def test_a_document_type_is_refused_before_anything_is_expanded(message: Path, declaration: str) -> None:
    change(message, "\n<message", f"\n{declaration}\n<message")
    change(message, "<value>0</value>", "<value>&b;</value>")
    with pytest.raises(Layout80020Error, match="declares a document type"):
        list(read_80020(message))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(measured(), values=KWH[:47]),
        replace(measured(), status=[0]),
        replace(measured(), day=DAY + dt.timedelta(days=1)),
    ],
    ids=["values", "statuses", "day"],
)
def test_a_day_that_does_not_belong_into_the_message_is_refused_and_no_file_appears(
    tmp_path: Path, wrong: MeasuringDay
) -> None:
    with pytest.raises(Layout80020Error, match=r"point 'SA01F001', channel '01' of .* must have 48 values"):
        write_80020(tmp_path / "80020.xml", HEADER, [measured(channel="02"), wrong])
    assert list(tmp_path.iterdir()) == []
