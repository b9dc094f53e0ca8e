"""Cards that are switched or taken back beside others who work, on real connections."""

from collections.abc import Callable

import pytest

from accounts.models import User
from cards import services
from cards.many import switch_cards
from cards.models import Card
from cards.tests.factories import make_card, make_student
from conftest import AtOnce
from people.deed_models import Deed
from people.tests.test_import_races import another_connection, waiting
from people.undoing import MovedOn, undo_deed
from students.kind import STUDENT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user(make_user: Callable[..., User]) -> User:
    return make_user("registration_officer")


def outcome_of_undo(deed: Deed, by: User) -> list[list[str]]:
    """Why it was not taken back; nothing if it was."""
    try:
        undo_deed(deed=deed, by=by)
    except MovedOn as refusal:
        return [row.reasons for row in refusal.rows]
    return []


def test_a_hand_out_at_the_same_moment_is_seen(user: User, at_once: AtOnce) -> None:
    result = services.issue_cards(kind=STUDENT, holder_uuids=[str(make_student().pk)], by=user)
    assert result.deed is not None
    deed = result.deed
    with another_connection() as other:
        with other.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as its commit does
            cursor.execute(
                "INSERT INTO cards_handout (card_id, handed_out_at, handed_out_by_id, received_by,"
                " how) SELECT card_uuid, now(), created_by_id, '', 'tick' FROM cards_card"
            )
        undone = at_once(lambda: outcome_of_undo(deed, user))
        waiting(1)
        other.commit()
    assert undone.result() == [["has since got a hand-out"]]
    assert Card.objects.exists()


def test_a_card_that_is_retired_at_the_same_moment_is_not_switched_on(
    user: User, at_once: AtOnce
) -> None:
    """The switch looks at what is true once it holds the rows; so does its undo."""
    card = make_card()
    (deed,) = switch_cards(cards=[card.pk], is_active=False, by=user).deeds
    retire = "UPDATE cards_card SET is_active = false, retired_at = now(), retired_reason = 'lost'"
    with another_connection() as other:
        with other.cursor() as cursor:
            cursor.execute(retire)
        switched = at_once(lambda: switch_cards(cards=[card.pk], is_active=True, by=user))
        undone = at_once(lambda: outcome_of_undo(deed, user))
        waiting(2)
        other.commit()
    assert undone.result() == [["was retired"]]
    assert (switched.result().cards, sum(switched.result().refusals.values())) == ([], 1)
    assert not Card.objects.get().is_active


def test_two_who_switch_the_same_cards_the_other_way_round_both_do(
    user: User, at_once: AtOnce
) -> None:
    """They take turns, in the order of the cards: none of them ends in a deadlock."""
    keys = [make_card().pk for _ in range(30)]
    with another_connection() as other:
        with other.cursor() as cursor:
            cursor.execute("SELECT FROM cards_card FOR UPDATE")
        both = [
            at_once(lambda: switch_cards(cards=keys, is_active=False, by=user)),
            at_once(lambda: switch_cards(cards=keys[::-1], is_active=False, by=user)),
        ]
        waiting(2)
    assert sorted(len(each.result().deeds) for each in both) == [0, 1]
    assert Card.objects.filter(is_active=False).count() == 30
