"""What readers send and which card they mean.

V1 to V30 are the published vectors of readers.md, section 1.3. Those whose spelling is in no
format of ours have a test that says what becomes of them.
"""

import pickle

import pytest
from django.core.exceptions import ValidationError
from hypothesis import assume, example, given
from hypothesis import strategies as st

from cards.models import CODE_ALPHABET, CODE_LENGTH, new_code
from cards.number_formats import (
    CHIP_DIGITS,
    HEX,
    MAX_LENGTH,
    BadNumber,
    Fault,
    NumberFormat,
    PartialNumber,
    Reading,
    as_enrolled,
    fault_in,
    formats_that_read,
    not_told_apart,
    read_number,
    spell,
)
from cards.numbers import canonical_number, generated_number

WHOLE = [NumberFormat.HEX, NumberFormat.HEX_REV, NumberFormat.DEC_MSB, NumberFormat.DEC_LSB]
EM = [NumberFormat.EM_8H10D, NumberFormat.EM_6H8D, NumberFormat.EM_3_5]
WIEGAND = [NumberFormat.W26, NumberFormat.W26_DEC, NumberFormat.W34]
W26_FRAME = "11101000111100010010011010"  # V15
W34_FRAME = "0000000001101000111100010010011011"  # V16


def number_of(text: str, number_format: str) -> str:
    reading = read_number(text, NumberFormat(number_format))
    assert reading == Reading(number=reading.number), "a whole number and nothing else"
    return reading.number


def fault_of(text: str, number_format: str) -> Fault:
    with pytest.raises(BadNumber) as refusal:
        read_number(text, NumberFormat(number_format))
    return refusal.value.fault


def chip_numbers(*sizes: int) -> st.SearchStrategy[str]:
    """Canonical numbers of so many bytes."""
    uids = st.one_of([st.binary(min_size=size, max_size=size) for size in sizes])
    return uids.map(lambda uid: uid.hex().upper())


# --- the published vectors ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vector", "text", "number_format", "number"),
    [
        ("V1", "2490285352", "dec_msb", "946EBD28"),
        ("V4", "3220338716", "dec_lsb", "1C78F2BF"),
        ("V5", "3271084853", "dec_lsb", "35CBF8C2"),
        ("V5", "902559938", "dec_msb", "35CBF8C2"),
        ("V6", "1526581076", "dec_lsb", "54C7FD5A"),
        ("V7", "3536403172", "dec_lsb", "E43AC9D2"),
        ("V8", "1904649758", "dec_lsb", "1EA68671"),
        ("V8", "7186A61E", "hex_rev", "1EA68671"),
        ("V10", "2894880266", "dec_lsb", "0A5E8CAC"),
        ("V10", "AC8C5E0A", "hex_rev", "0A5E8CAC"),
        ("V19", "01026F6C3A", "hex", "01026F6C3A"),
        ("V19", "004335823930", "dec_msb", "01026F6C3A"),
        ("V20", "0801161DD6", "hex", "0801161DD6"),
        ("V21", "529D06E3", "hex", "529D06E3"),
        ("V21", "1386022627", "dec_msb", "529D06E3"),
        ("V21", "E3069D52", "hex_rev", "529D06E3"),
        ("V21", "3808861522", "dec_lsb", "529D06E3"),
        ("V22", "322126887957", "dec_msb", "4B00423C15"),
        ("V26", "15CD5B07", "hex_rev", "075BCD15"),
        ("V26", "123456789", "dec_msb", "075BCD15"),
        ("V28", "1323102337", "dec_msb", "4EDCF081"),
        ("V28", "2180045902", "dec_lsb", "4EDCF081"),
        ("V29", "3310540688", "dec_lsb", "90D752C5"),
        ("V29", "C552D790", "hex_rev", "90D752C5"),
        ("V30", "14008EC793", "hex", "14008EC793"),
    ],
)
def test_a_published_vector_is_its_card(
    vector: str, text: str, number_format: str, number: str
) -> None:
    assert number_of(text, number_format) == number


@pytest.mark.parametrize(
    ("vector", "text", "number_format", "number", "neighbour"),
    [
        ("V8", "7186A61E", "w34", "1EA68671", "1FA68671"),
        ("V8", "1904649758", "w34", "1EA68671", "1EA68670"),
        ("V13", "9B3FAA", "w26", "AA3F9B1A", "AA3F9A1A"),
        ("V13", "68AF04", "w26", "04AF68DAC85A80", "04AF69DAC85A80"),
        ("V15", W26_FRAME, "w26", "4DE2D147", "4DE2D047"),
        ("V15", "D1E24D", "w26", "00FFD1E24D", "00FFD1E24C"),
        ("V15", "209,57933", "w26", "00FFD1E24D", "00FFD0E24D"),
        ("V15", "13754957", "w26_dec", "00FFD1E24D", "00FFD1E24C"),
        ("V16", W34_FRAME, "w34", "00D1E24D", "00D1E24C"),
        ("V16", W34_FRAME, "w34", "4DE2D100", "4DE2D147"),
        ("V17", "0013961168", "8h10d", "00D507D0", "01D507D0"),
        ("V17", "213,02000", "3+5", "00D507D0", "00D507D1"),
        ("V18", "0007625328", "8h10d", "00745A70", "00745A71"),
        ("V18", "116,23152", "3+5", "00745A70", "00755A70"),
        ("V19", "0040856634", "8h10d", "01026F6C3A", "01036F6C3A"),
        ("V19", "07302202", "6h8d", "01026F6C3A", "01026F6C3B"),
        ("V19", "07302202", "w26_dec", "01026F6C3A", "01026F6C3B"),
        ("V19", "111,27706", "3+5", "01026F6C3A", "01026E6C3A"),
        ("V20", "02207638", "3+5", "0801161DD6", "0801161DD7"),
        ("V20", "0018226646", "8h10d", "0801161DD6", "0802161DD6"),
        ("V22", "4340757", "8h10d", "4B00423C15", "4B01423C15"),
        ("V23", "0000021172\r\n", "8h10d", "27000052B4", "27000052B5"),
        ("V23", "0007242410\r\n", "8h10d", "5B006E82AA", "5B006E82AB"),
        ("V26", "123456789", "w34", "075BCD15", "075BCD14"),
        ("V27", "00000001000101000111100101", "w26", "FFFF0228F2", "FFFF0228F3"),
        ("V30", "008EC793", "w34", "14008EC793", "14008EC792"),
    ],
)
def test_a_published_vector_matches_its_card_and_no_neighbour(
    vector: str, text: str, number_format: str, number: str, neighbour: str
) -> None:
    reading = read_number(text, NumberFormat(number_format))
    assert reading.is_lossy
    assert reading.matches(number)
    assert not reading.matches(neighbour)


@pytest.mark.parametrize(
    ("vector", "text", "number_format", "fault"),
    [
        ("V2: hex of ASCII", "3934364542443238", "hex", Fault.PERHAPS_LOST_ZEROS),
        ("V3: a reader that stops half-way", "1002701960", "dec_lsb", Fault.CASCADE_TAG),
        ("V9: bytes in decimal", "30166134113", "hex", Fault.LOST_ZEROS),
        ("V11: zeros left out", "ac8c5ea", "hex_rev", Fault.LOST_ZEROS),
        ("V12: zeros left out", "EDBA996", "hex", Fault.LOST_ZEROS),
        ("V12: zeros left out", "1bec7ec", "hex", Fault.LOST_ZEROS),
        ("V19: 4H4H", "00623,27706", "3+5", Fault.BAD_LENGTH),
        ("V22: version and number", "75-4340757", "dec_msb", Fault.BAD_CHARACTERS),
        ("V22: version and number", "75-4340757", "3+5", Fault.BAD_LENGTH),
        ("V26: the terminal's brackets", "[15CD5B07]", "hex_rev", Fault.BAD_CHARACTERS),
        ("V27: parity bits in hex", "000451E5", "w26", Fault.BAD_LENGTH),
        ("V30: with its checksum", "14008EC793CE", "hex", Fault.PERHAPS_LOST_ZEROS),
        ("V30: the whole frame", "0231343030384543373933434503", "hex", Fault.BAD_LENGTH),
    ],
)
def test_a_published_spelling_that_is_none_of_ours_is_refused(
    vector: str, text: str, number_format: str, fault: Fault
) -> None:
    assert fault_of(text, number_format) == fault


@pytest.mark.parametrize(
    ("vector", "text", "number_format", "number"),
    [
        ("V2: hex of ASCII", "3934364542443238", "dec_msb", "946EBD28"),
        ("V9: bytes in decimal", "30166134113", "dec_msb", "1EA68671"),
        ("V11: zeros left out, then decimal", "180930026", "dec_lsb", "0A5E8CAC"),
        ("V24: nibbles reversed", "00008596950352", "dec_msb", "04006D0BA0"),
        ("V24: nibbles reversed", "47253268956", "dec_msb", "0D001C59B3"),
        ("V24: nibbles reversed", "00485339628883", "dec_msb", "E800EF0AAC"),
        ("V25: bits reversed", "1895282595", "dec_msb", "0EEFEDC5"),
        ("V30: without its first byte", "008EC793", "hex", "14008EC793"),
    ],
)
def test_a_published_spelling_that_looks_like_ours_is_an_unknown_card(
    vector: str, text: str, number_format: str, number: str
) -> None:
    """Nothing in the text tells; pairs of known cards and texts at the reader's set-up would."""
    assert not read_number(text, NumberFormat(number_format)).matches(number)


def test_swapped_wires_make_another_card() -> None:
    """V14: one tag at two readers; one has its data lines the wrong way round."""
    crossed, right = (read_number(text, NumberFormat.W26) for text in ("7384CF", "8C7B30"))
    assert right.matches("307B8C11")
    assert not crossed.matches("307B8C11")


@pytest.mark.parametrize(
    ("raw", "pair"),
    [
        ("000451E5", "2,10482"),
        ("00045081", "2,10304"),
        ("000451E6", "2,10483"),
        ("0004507E", "2,10303"),
        ("006232C8", "49,6500"),
    ],
)
def test_a_frame_and_its_facility_and_card_are_one_reading(raw: str, pair: str) -> None:
    """V27, the 26 bits of which came in hex."""
    frame = f"{int(raw, 16):026b}"
    assert read_number(frame, NumberFormat.W26) == read_number(pair, NumberFormat.W26)


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize("number_format", NumberFormat)
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.EMPTY),
        (" \r\n\t", Fault.EMPTY),
        (";?", Fault.EMPTY),
        ("１２３４５６７８", Fault.BAD_CHARACTERS),  # full-width
        ("04A32B1C\xa0", Fault.BAD_CHARACTERS),
        ("RFß1", Fault.BAD_CHARACTERS),
        ("\x0204A32B1C", Fault.BAD_CHARACTERS),
        ("04A3+2B1C", Fault.BAD_CHARACTERS),
        ("1.23E+11", Fault.BAD_CHARACTERS),
        ("RF+123456789", Fault.BAD_CHARACTERS),
        ("G" * 65, Fault.BAD_CHARACTERS),
        ("9" * 26, Fault.BAD_LENGTH),
        ("9" * 5000, Fault.BAD_LENGTH),  # int() would refuse it in its own way
    ],
)
def test_no_format_reads_what_is_no_number(
    text: str, fault: Fault, number_format: NumberFormat
) -> None:
    assert fault_of(text, number_format) == fault


@pytest.mark.parametrize(
    ("text", "number_format", "fault"),
    [
        ("EDBA996", "hex", Fault.LOST_ZEROS),
        ("4:A3:2B:1", "hex", Fault.LOST_ZEROS),
        ("ED-B-A9-96-1C-2-44", "hex_rev", Fault.LOST_ZEROS),
        ("4A32B1", "hex", Fault.PERHAPS_LOST_ZEROS),
        ("04A3", "hex", Fault.PERHAPS_LOST_ZEROS),
        ("04A32B1C2D3E", "hex", Fault.PERHAPS_LOST_ZEROS),
        ("04A32B1C,", "hex", Fault.BAD_CHARACTERS),
        ("::", "hex", Fault.BAD_CHARACTERS),
        ("8804C43B", "hex", Fault.CASCADE_TAG),
        ("3BC40488", "hex_rev", Fault.CASCADE_TAG),
        ("2281985083", "dec_msb", Fault.CASCADE_TAG),
        ("00000000", "hex", Fault.UNREAD),
        ("ff:ff:ff:ff", "hex_rev", Fault.UNREAD),
        ("FFFFFFFFFFFFFF", "hex", Fault.UNREAD),
        ("0", "dec_msb", Fault.UNREAD),
        ("4294967295", "dec_lsb", Fault.UNREAD),
        ("4294967296", "dec_msb", Fault.OUT_OF_RANGE),
        ("72057594037927936", "dec_msb", Fault.OUT_OF_RANGE),
        ("1208925819614629174706176", "dec_lsb", Fault.OUT_OF_RANGE),
        ("00000000000000000000000001", "dec_lsb", Fault.BAD_LENGTH),
        ("-2490285352", "dec_msb", Fault.BAD_CHARACTERS),
        ("1_0", "dec_msb", Fault.BAD_CHARACTERS),
        ("04A32B1C", "dec_msb", Fault.BAD_CHARACTERS),
        ("4294967296", "8h10d", Fault.OUT_OF_RANGE),
        ("00012345678", "8h10d", Fault.BAD_LENGTH),
        ("00BC614E", "8h10d", Fault.BAD_CHARACTERS),
        ("4294967295", "8h10d", Fault.UNREAD),
        ("16777216", "6h8d", Fault.OUT_OF_RANGE),
        ("012345678", "6h8d", Fault.BAD_LENGTH),
        ("16777215", "6h8d", Fault.UNREAD),
        ("300,12345", "3+5", Fault.OUT_OF_RANGE),
        ("256,00000", "3+5", Fault.OUT_OF_RANGE),
        ("123,70000", "3+5", Fault.OUT_OF_RANGE),
        ("123,65536", "3+5", Fault.OUT_OF_RANGE),
        ("30012345", "3+5", Fault.OUT_OF_RANGE),
        ("1234567", "3+5", Fault.BAD_LENGTH),
        ("123,,45678", "3+5", Fault.BAD_LENGTH),
        ("0123,45678", "3+5", Fault.BAD_LENGTH),
        ("1.2.3", "3+5", Fault.BAD_LENGTH),
        ("7BB26E", "3+5", Fault.BAD_CHARACTERS),
        ("0,0", "3+5", Fault.UNREAD),
        ("255,65535", "w26", Fault.UNREAD),
        ("300,12345", "w26", Fault.OUT_OF_RANGE),
        ("00623,27706", "w26", Fault.BAD_LENGTH),
        ("12345678", "w26", Fault.BAD_LENGTH),
        ("ABCDEFF", "w26", Fault.BAD_LENGTH),
        ("12+3456", "w26", Fault.BAD_CHARACTERS),
        ("000000", "w26", Fault.UNREAD),
        ("77108", "w26", Fault.BAD_LENGTH),
        ("0", "w26_dec", Fault.UNREAD),
        ("16777215", "w26_dec", Fault.UNREAD),
        ("16777216", "w26_dec", Fault.OUT_OF_RANGE),
        ("00000077108", "w26_dec", Fault.BAD_LENGTH),
        ("012D34", "w26_dec", Fault.BAD_CHARACTERS),
        ("1,11572", "w26_dec", Fault.BAD_CHARACTERS),
        (W34_FRAME, "w26", Fault.BAD_LENGTH),
        ("FFFFFFFF", "w34", Fault.UNREAD),
        ("4294967296", "w34", Fault.OUT_OF_RANGE),
        ("12345678901", "w34", Fault.BAD_LENGTH),
        ("04A32B1C2", "w34", Fault.BAD_LENGTH),
        ("D1E24D", "w34", Fault.BAD_LENGTH),
        (W26_FRAME, "w34", Fault.BAD_LENGTH),
    ],
)
def test_a_format_refuses_what_it_cannot_have_sent(
    text: str, number_format: str, fault: Fault
) -> None:
    assert fault_of(text, number_format) == fault


@pytest.mark.parametrize(
    ("frame", "number_format"), [(W26_FRAME, NumberFormat.W26), (W34_FRAME, NumberFormat.W34)]
)
def test_every_single_lost_bit_of_a_frame_is_noticed(
    frame: str, number_format: NumberFormat
) -> None:
    for place, bit in enumerate(frame):
        flipped = "0" if bit == "1" else "1"
        text = frame[:place] + flipped + frame[place + 1 :]
        assert fault_of(text, number_format) == Fault.BAD_PARITY


@pytest.mark.parametrize("fault", Fault)
def test_a_refusal_is_a_sentence_for_people(fault: Fault) -> None:
    error = BadNumber(fault)
    assert str(error)[0].isupper()
    assert str(error).endswith(".")
    assert pickle.loads(pickle.dumps(error)).fault == fault  # noqa: S301


# --- what is read -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "04a32b1c",
        "04:A3:2b:1C",
        "04-A3-2B-1C",
        "04 A3 2B 1C",
        "04A3.2B1C",
        "04A32B1C\r\n",
        "\t 04A32B1C ",
        ";04A32B1C?\r",
        "%04A32B1C? ",
    ],
)
def test_separators_case_line_ends_and_sentinels_do_not_count(text: str) -> None:
    assert number_of(text, "hex") == "04A32B1C"
    assert number_of(text, "hex_rev") == "1C2BA304"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", "00000001"),
        ("0001386022627", "00529D06E3"),
        ("1099511627774", "FFFFFFFFFE"),
        ("1099511627776", "00010000000000"),
        ("00000000000001", "0000000001"),
        ("000000000000001", "00000000000001"),
        ("1341660845581952", "04C43BC21C2680"),
        ("000000000000000001", "00000000000000000001"),
    ],
)
def test_the_width_of_a_decimal_number_tells_its_bytes(text: str, number: str) -> None:
    assert number_of(text, "dec_msb") == number


def test_a_number_past_what_javascript_counts_is_read_from_text() -> None:
    assert number_of("36070701978600452", "dec_lsb") == "04C43BC21C2680"
    assert number_of("36070701978600450", "dec_lsb") != "04C43BC21C2680"


@pytest.mark.parametrize("text", ["77108", "077108", "00077108", "0000077108"])
def test_24_bits_in_decimal_are_read_with_and_without_their_zeros(text: str) -> None:
    reading = read_number(text, NumberFormat.W26_DEC)
    assert reading.matches("342D01C4")
    assert reading.matches("0000012D34")
    assert not reading.matches("352D01C4")


@pytest.mark.parametrize("prefix", ["]Q1", "]q1", "]C0", "\\000026", "]Q1\\000026", " ]Q1 "])
def test_what_a_scanner_puts_before_a_number_does_not_count(prefix: str) -> None:
    code = new_code()
    assert number_of(f"{prefix}04A32B1C", "hex") == "04A32B1C"
    assert number_of(f"{prefix}RF123456789", "dec_lsb") == "RF123456789"
    assert number_of(f"{prefix};3536403172?", "dec_lsb") == "E43AC9D2"
    assert read_number(f"{prefix}https://x.example/v/{code}", NumberFormat.HEX).code == code
    assert as_enrolled(f"{prefix}1234567") == Reading(number="1234567")


@pytest.mark.parametrize(
    "text", ["]Q04A32B1C", "]]Q104A32B1C", "\\00002604A32B1C\\000026", "04]Q1A32B"]
)
def test_only_a_whole_prefix_is_taken_off_and_only_in_front(text: str) -> None:
    assert fault_in(text, NumberFormat.HEX)


@pytest.mark.parametrize("number_format", ["dec_msb", "dec_lsb", "8h10d", "6h8d", "3+5", "w26_dec"])
@given(number=chip_numbers(4, 5, 7, 10))
def test_a_decimal_reader_sends_no_hex_with_letters(number_format: str, number: str) -> None:
    assume(set(number) & set("ABCDEF"))
    assert fault_of(number, number_format) in {Fault.BAD_CHARACTERS, Fault.BAD_LENGTH}
    assert as_enrolled(number) is None


@pytest.mark.parametrize("text", ["1bec7ec", "1b:ec:7:ec", "4:a3:2:1c", "4a32b1", "4 A3 2B 1C"])
def test_zeros_that_are_left_out_are_the_firmware_s_fault_and_said_so(text: str) -> None:
    words = fault_in(text, NumberFormat.HEX)
    assert "firmware leaves out" in words
    assert "two digits for each byte" in words
    assert not fault_in("1BEC07EC", NumberFormat.HEX)


@pytest.mark.parametrize("text", ["123,45678", "123-45678", "123:45678", "123/45678", "123.45678"])
def test_facility_and_card_are_told_apart_by_any_usual_sign(text: str) -> None:
    for number_format in (NumberFormat.EM_3_5, NumberFormat.W26):
        assert read_number(text, number_format).matches("00007BB26E")
    assert read_number(text, NumberFormat.EM_3_5).matches("007BB26E")
    assert read_number("123 45678", NumberFormat.EM_3_5).matches("007BB26E")


@pytest.mark.parametrize(
    ("number_format", "card"),
    [("hex", "12345678"), ("hex_rev", "78563412"), ("6h8d", "00BC614E"), ("3+5", "007BB26E")],
)
def test_the_same_text_is_another_card_in_each_format(number_format: str, card: str) -> None:
    cards = ["12345678", "78563412", "00BC614E", "007BB26E"]
    reading = read_number("12345678", NumberFormat(number_format))
    assert [each for each in cards if reading.matches(each)] == [card]


def test_a_phone_may_tap_though_its_random_number_is_never_enrolled() -> None:
    assert number_of("08A1B2C3", "hex") == "08A1B2C3"
    with pytest.raises(ValidationError, match="random"):
        canonical_number("08A1B2C3")


@pytest.mark.parametrize(
    ("text", "fault"), [("8804C43B", Fault.CASCADE_TAG), ("FFFFFFFF", Fault.UNREAD)]
)
def test_enrolment_refuses_a_misread_card_in_the_words_of_the_tap(text: str, fault: Fault) -> None:
    with pytest.raises(ValidationError) as refusal:
        canonical_number(text)
    assert refusal.value.messages == [str(BadNumber(fault))]


@pytest.mark.parametrize("number_format", NumberFormat)
@pytest.mark.parametrize("text", ["RF123456789", " rf123456789\r\n", ";RF123456789?"])
def test_any_reader_may_send_a_text_number(text: str, number_format: NumberFormat) -> None:
    assert number_of(text, number_format) == "RF123456789"
    assert spell("RF123456789", number_format) == "RF123456789"


def test_a_text_number_may_be_as_long_as_enrolment_allows() -> None:
    assert number_of("G" * MAX_LENGTH, "hex") == canonical_number("G" * MAX_LENGTH)


@pytest.mark.parametrize("number_format", NumberFormat)
@pytest.mark.parametrize(
    "address",
    ["HTTPS://CARDS.DIT.AC.TZ/V/{}", "http://127.0.0.1:8000/v/{}/", " https://[::1]/V/{}\r\n"],
)
def test_any_reader_may_send_the_address_of_a_printed_qr(
    address: str, number_format: NumberFormat
) -> None:
    code = new_code()
    for text in (address.format(code), address.format(code).lower()):
        assert read_number(text, number_format) == Reading(code=code)


def test_a_code_has_the_letters_and_the_length_that_cards_give_it() -> None:
    def is_code(code: str) -> bool:
        return bool(read_number(f"HTTPS://HOST/V/{code}", NumberFormat.HEX).code)

    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert "".join(char for char in letters if is_code(char * CODE_LENGTH)) == CODE_ALPHABET
    assert [length for length in range(1, 40) if is_code("A" * length)] == [CODE_LENGTH]


@pytest.mark.parametrize("address", ["FTP://HOST/V/{}", "HTTPS:///V/{}", "HTTPS://HOST/W/{}", "{}"])
def test_another_address_is_not_a_printed_qr(address: str) -> None:
    text = address.format("K" * CODE_LENGTH)
    assert number_of(text, "hex") == text


def test_a_reading_of_a_code_matches_no_number() -> None:
    reading = Reading(code="K" * CODE_LENGTH)
    assert not reading.matches("")
    assert not reading.matches("K" * CODE_LENGTH)


def test_a_wiegand_reader_sends_the_start_of_a_number_on_the_air_and_the_end_of_an_em_tag() -> None:
    reading = read_number("9B3FAA", NumberFormat.W26)
    numbers = ["AA3F9B00", "AA3F9B0000", "AA3F9B00000000", "009B3FAA", "00009B3FAA"]
    assert [number for number in numbers if reading.matches(number)] == [
        "AA3F9B00",
        "AA3F9B00000000",
        "00009B3FAA",
    ]


def test_a_part_of_a_chip_number_is_never_part_of_a_text_number() -> None:
    reading = read_number("345678", NumberFormat.W26)
    assert reading.matches("0012345678")
    assert not reading.matches("RF12345678")


def test_parts_are_looked_up_at_one_end_of_numbers_of_some_lengths() -> None:
    """The shape that queries are made of."""
    on_air, em, either = frozenset({8, 14, 20}), frozenset({10}), frozenset({8, 10})
    w26, w34 = PartialNumber("AA3F9B", True, on_air), PartialNumber("1EA68671", True, on_air)
    assert read_number("07302202", NumberFormat.EM_6H8D).parts == (
        PartialNumber("6F6C3A", False, either),
    )
    assert read_number("9B3FAA", NumberFormat.W26).parts == (
        w26,
        PartialNumber("9B3FAA", False, em),
    )
    assert read_number("7186A61E", NumberFormat.W34).parts == (
        w34,
        PartialNumber("7186A61E", True, on_air),
        PartialNumber("7186A61E", False, em),
    )


@pytest.mark.parametrize(
    ("number", "number_format", "text"),
    [
        ("E43AC9D2", "hex", "E43AC9D2"),
        ("E43AC9D2", "hex_rev", "D2C93AE4"),
        ("E43AC9D2", "dec_msb", "3829058002"),
        ("E43AC9D2", "dec_lsb", "3536403172"),
        ("E43AC9D2", "w26", "C93AE4"),
        ("E43AC9D2", "w26_dec", "13187812"),
        ("342D01C4", "w26_dec", "00077108"),
        ("E43AC9D2", "w34", "D2C93AE4"),
        ("01026F6C3A", "dec_msb", "0004335823930"),
        ("01026F6C3A", "8h10d", "0040856634"),
        ("01026F6C3A", "6h8d", "07302202"),
        ("01026F6C3A", "3+5", "111,27706"),
        ("01026F6C3A", "w26", "6F6C3A"),
        ("01026F6C3A", "w34", "026F6C3A"),
        ("04C43BC21C2680", "dec_msb", "01341660845581952"),
        ("01026F6C3A", "w26_dec", "07302202"),
        ("04AF68DAC85A80", "w26", "68AF04"),
        ("00BC614E", "3+5", "188,24910"),
        ("08070605", "3+5", "007,01541"),
    ],
)
def test_a_number_is_spelled_as_readers_of_the_format_do(
    number: str, number_format: str, text: str
) -> None:
    assert spell(number, NumberFormat(number_format)) == text


@pytest.mark.parametrize(
    ("number", "number_format"),
    [("04C43BC21C2680", "8h10d"), ("04C43BC21C2680", "6h8d"), ("0" * 19 + "1", "3+5")]
    + [(number, "hex") for number in ("", "1234567", "CAFE", "04A3:2B1", "e43ac9d2")],
)
def test_a_format_does_not_spell_what_it_cannot_send(number: str, number_format: str) -> None:
    with pytest.raises(ValueError, match="No reader"):
        spell(number, NumberFormat(number_format))


# --- for all numbers and all texts --------------------------------------------------------------


@pytest.mark.parametrize("number_format", WHOLE)
@given(number=chip_numbers(4, 5, 7, 10))
def test_what_a_reader_of_whole_numbers_sends_is_the_number(
    number_format: NumberFormat, number: str
) -> None:
    assume(set(number) not in ({"0"}, {"F"}))
    assume(len(number) != 8 or not number.startswith("88"))
    assert read_number(spell(number, number_format), number_format) == Reading(number=number)


@pytest.mark.parametrize(
    ("number_format", "sizes"),
    [(number_format, (4, 5)) for number_format in EM]
    + [(number_format, (4, 5, 7, 10)) for number_format in WIEGAND],
)
@given(data=st.data())
def test_a_lossy_reading_matches_the_numbers_that_are_spelled_alike(
    number_format: NumberFormat, sizes: tuple[int, ...], data: st.DataObject
) -> None:
    number = data.draw(chip_numbers(*sizes))
    place = data.draw(st.integers(0, len(number) - 1))
    other = number[:place] + data.draw(st.sampled_from("0123456789ABCDEF")) + number[place + 1 :]
    text = spell(number, number_format)
    try:
        reading = read_number(text, number_format)
    except BadNumber as error:
        assume(error.fault != Fault.UNREAD)
        raise
    assert reading.is_lossy
    assert reading.matches(number)
    assert reading.matches(other) == (spell(other, number_format) == text)


@given(number=chip_numbers(4, 5, 7, 10), number_format=st.sampled_from(NumberFormat))
def test_a_known_card_teaches_the_format_in_which_it_was_sent(
    number: str, number_format: NumberFormat
) -> None:
    try:
        text = spell(number, number_format)
        read_number(text, number_format)
    except ValueError:
        return
    formats = formats_that_read(text, number)
    assert number_format in formats
    assert all(read_number(text, each).matches(number) for each in formats)


@pytest.mark.parametrize(
    ("text", "number", "formats"),
    [
        ("3536403172", "E43AC9D2", ["dec_lsb", "w34"]),
        ("3829058002", "E43AC9D2", ["dec_msb", "8h10d", "w34"]),
        ("E43AC9D2", "E43AC9D2", ["hex", "w34"]),
        ("D2C93AE4", "E43AC9D2", ["hex_rev", "w34"]),
        ("77108", "342D01C4", ["w26_dec"]),
        ("07302202", "01026F6C3A", ["6h8d", "w26_dec"]),
        ("EDBA996", "ED0BA996", []),
        ("", "E43AC9D2", []),
    ],
)
def test_a_text_and_its_card_leave_few_formats(text: str, number: str, formats: list[str]) -> None:
    assert formats_that_read(text, number) == formats


def test_text_that_any_reader_may_send_teaches_nothing() -> None:
    assert formats_that_read("RF123456789", "RF123456789") == list(NumberFormat)


@pytest.mark.parametrize("number_format", WHOLE)
def test_readers_of_whole_numbers_tell_all_cards_apart(number_format: NumberFormat) -> None:
    assert not not_told_apart(["04AF68DAC85A80", "04AF6811223344", "AF68DA01"], number_format)


@pytest.mark.parametrize(
    ("number_format", "alike"),
    [
        ("6h8d", ["01026F6C3A", "02026F6C3A", "026F6C3A"]),
        ("3+5", ["01026F6C3A", "02026F6C3A", "026F6C3A"]),
        ("8h10d", ["01026F6C3A", "02026F6C3A", "026F6C3A"]),
        ("w26", ["01026F6C3A", "02026F6C3A", "04AF6811223344", "04AF68DAC85A80"]),
        ("w26_dec", ["01026F6C3A", "02026F6C3A", "04AF6811223344", "04AF68DAC85A80"]),
        ("w34", ["01026F6C3A", "02026F6C3A", "026F6C3A", "AABBCCDD", "DDCCBBAA"]),
    ],
)
def test_cards_that_a_reader_takes_for_each_other_are_counted(
    number_format: str, alike: list[str]
) -> None:
    numbers = [
        "04AF68DAC85A80", "04AF6811223344", "01026F6C3A", "02026F6C3A", "026F6C3A", "AABBCCDD",
        "DDCCBBAA", "RF12345678", "1234567",
    ]  # fmt: skip
    assert sorted(not_told_apart(numbers, NumberFormat(number_format))) == alike


@pytest.mark.parametrize("number_format", NumberFormat)
@given(numbers=st.lists(chip_numbers(4, 5, 7), max_size=6, unique=True))
def test_who_is_alike_is_who_would_be_ambiguous(
    number_format: NumberFormat, numbers: list[str]
) -> None:
    """Whatever of a card a reader sends that fits another as well."""
    alike = not_told_apart(numbers, number_format)
    for number in numbers:
        try:
            reading = read_number(spell(number, number_format), number_format)
        except ValueError:
            continue
        if sum(map(reading.matches, numbers)) > 1:
            assert number in alike


def test_two_cards_that_a_short_reader_cannot_tell_apart_both_match() -> None:
    cards = ["04AF68DAC85A80", "04AF6811223344"]
    assert {spell(card, NumberFormat.W26) for card in cards} == {"68AF04"}
    reading = read_number("68AF04", NumberFormat.W26)
    assert all(reading.matches(card) for card in cards)


@pytest.mark.parametrize("number_format", NumberFormat)
@given(text=st.text() | st.text("0123456789ABCDEFabcdefGRZ ,:/.-;%?[]+\r\n"))
@example(text="9" * 5000)
@example(text="1" * 26)
def test_any_text_is_one_reading_or_a_refusal(number_format: NumberFormat, text: str) -> None:
    try:
        reading = read_number(text, number_format)
    except BadNumber:
        return
    assert [bool(reading.number), bool(reading.code), reading.is_lossy].count(True) == 1
    assert not reading.number or reading.matches(reading.number)
    for part in reading.parts:
        assert HEX.fullmatch(part.digits)
        assert 6 <= len(part.digits) <= min(part.lengths)
        assert part.lengths <= CHIP_DIGITS


@given(
    st.text("0123456789ABCDEFabcdefGRz :.-/_\n", max_size=24)
    | chip_numbers(4, 5, 7, 10)
    | st.builds(generated_number)
)
def test_a_hex_reader_and_the_enrolment_desk_never_differ(text: str) -> None:
    try:
        enrolled, tapped = canonical_number(text), number_of(text, "hex")
    except (ValidationError, BadNumber):
        return
    assert tapped == enrolled
