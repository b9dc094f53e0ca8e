"""What is no plain JSON is refused in words of ours (contract section 4)."""

import pytest

from core.parsers import NotJSON, parse_json


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"pages": ' + b"9" * 5000 + b"}", "a number has too many digits."),
        (b"NaN", "NaN is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b"[" * 100_000, "nested too deeply."),
        (b"\xff", "the body is not UTF-8."),
        (b'"\\ud800"', "text holds half a surrogate pair."),
        (b"{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ],
)
def test_what_cannot_be_read_is_said(body: bytes, said: str) -> None:
    with pytest.raises(NotJSON) as refused:
        parse_json(body)
    assert str(refused.value) == f"JSON parse error: {said}"
