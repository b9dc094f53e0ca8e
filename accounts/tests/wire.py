"""The shape of errors on the wire (contract section 4)."""

from typing import Any


def assert_refused(response: Any, *statuses: int) -> None:
    """The status is one of these, and the body is what the contract says for it."""
    assert response.status_code in statuses, (response.status_code, response.content[:300])
    body = response.json()
    assert isinstance(body, dict)
    if "code" in body:
        expected = {"detail", "code", *({"error"} if response.status_code == 400 else ())}
        assert set(body) == expected
        assert all(isinstance(value, str) and value for value in body.values())
    else:  # field by field
        assert response.status_code == 400
        assert body
        assert all(messages and _are_messages(messages) for messages in body.values())
    if response.status_code == 401:
        assert response["WWW-Authenticate"]


def _are_messages(messages: object) -> bool:
    """Of one field; what is wrong within an object stands under its own fields."""
    if isinstance(messages, dict):
        return all(_are_messages(each) for each in messages.values())
    return isinstance(messages, list) and all(isinstance(text, str) for text in messages)
