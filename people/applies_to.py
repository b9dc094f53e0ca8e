"""Whom a rule is for: `applies_to` of the contract (section 9), for one person and for a query.

Pure values, without clock or database. Names of groups compare without case and surrounding space.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

from django.db.models import Q

from people.kinds import PersonKind, Rhythm, kind_named, kinds

GROUPS: Final = {"class_levels": "class_level", "class_codes": "class_code"}
"""Of classes; both together are one list of them."""
KEYS: Final = ("kinds", *GROUPS, "departments", "people")


class Precedence:
    """How particular a rule is about somebody; the most particular one applies."""

    EVERYBODY, KIND, DEPARTMENT, CLASS_LEVEL, CLASS_CODE, PERSON = range(6)


class Member(NamedTuple):
    """What a rule needs to know of a person, as it is or was."""

    person: UUID
    kind: str
    class_level: str = ""
    class_code: str = ""
    department: str = ""

    @classmethod
    def of(cls, person: Any) -> Self:
        """As somebody is now."""
        groups = person.class_level, person.class_code, person.department
        return cls(person.pk, person.kind, *groups)

    @property
    def works_in_shifts(self) -> bool:
        """Everybody's hours say nothing of such people."""
        return kind_named(self.kind).rhythm == Rhythm.SHIFTS


def folded(text: str) -> str:
    """`form 1 ` is `Form 1`; as the database's `upper`, by which indexes go."""
    return text.strip().upper()


@dataclass(frozen=True)
class AppliesTo:
    """Kinds and departments narrow each other and the classes; levels and codes of classes add up.

    Whoever is named is meant in any case. Nothing said is everybody.
    """

    kinds: frozenset[str] = frozenset()
    class_levels: frozenset[str] = frozenset()
    class_codes: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()
    people: frozenset[UUID] = frozenset()

    @classmethod
    def of(cls, said: Mapping[str, Iterable[Any]]) -> Self:
        """From the contract's keys, each of which may be left out."""
        groups = {name: frozenset(map(folded, said.get(name, ()))) for name in KEYS[1:4]}
        people = frozenset(UUID(str(person)) for person in said.get("people", ()))
        return cls(frozenset(said.get("kinds", ())), **groups, people=people)

    @property
    def is_everybody(self) -> bool:
        return not any(getattr(self, field.name) for field in fields(self))

    @property
    def names_people_only(self) -> bool:
        groups = self.kinds | self.class_levels | self.class_codes | self.departments
        return bool(self.people) and not groups

    def precedence(self, member: Member, among: Iterable[str] | None = None) -> int | None:
        """How particularly this means them (`Precedence`); None: not at all.

        `among` are the kinds that the rule is about, if not all; who is named is meant all the
        same.
        """
        if member.person in self.people:
            return Precedence.PERSON
        if self.names_people_only or (among is not None and member.kind not in among):
            return None
        if self.kinds and member.kind not in self.kinds:
            return None
        if self.departments and folded(member.department) not in self.departments:
            return None
        if self.class_codes or self.class_levels:
            return self._of_class(member)
        if self.departments:
            return Precedence.DEPARTMENT
        return Precedence.KIND if self.kinds else Precedence.EVERYBODY

    def _of_class(self, member: Member) -> int | None:
        if folded(member.class_code) in self.class_codes:
            return Precedence.CLASS_CODE
        return Precedence.CLASS_LEVEL if folded(member.class_level) in self.class_levels else None

    def ways(self) -> Iterator[tuple[int, Q]]:
        """How particularly whom: `precedence` as conditions on people, whatever their kind."""
        if self.people:
            yield Precedence.PERSON, Q(pk__in=sorted(self.people))
        if self.names_people_only:
            return
        within = Q(kind__in=sorted(self.kinds)) if self.kinds else Q()
        if self.departments:
            within &= Q(department__upper__in=sorted(self.departments))
        if self.class_codes:
            yield Precedence.CLASS_CODE, within & Q(class_code__upper__in=sorted(self.class_codes))
        if self.class_levels:
            levels = Q(class_level__upper__in=sorted(self.class_levels))
            yield Precedence.CLASS_LEVEL, within & levels
        if self.class_codes or self.class_levels:
            return
        if self.departments:
            yield Precedence.DEPARTMENT, within
        else:
            yield Precedence.KIND if self.kinds else Precedence.EVERYBODY, within

    def q(self, among: Iterable[str], prefix: str = "") -> Q:
        """The same as a condition of a query; `prefix` leads to the person, as `person__`."""
        named = Q(**{f"{prefix}pk__in": sorted(self.people)})
        if self.names_people_only:
            return named
        meant = Q(**{f"{prefix}kind__in": sorted(self._kinds_among(among))})
        if self.departments:
            meant &= Q(**{f"{prefix}department__upper__in": sorted(self.departments)})
        if self.class_codes or self.class_levels:
            codes = Q(**{f"{prefix}class_code__upper__in": sorted(self.class_codes)})
            meant &= codes | Q(**{f"{prefix}class_level__upper__in": sorted(self.class_levels)})
        return meant | named if self.people else meant

    def _kinds_among(self, among: Iterable[str]) -> frozenset[str]:
        return self.kinds & frozenset(among) if self.kinds else frozenset(among)

    def possible_kinds(self, among: Iterable[str]) -> frozenset[str]:
        """Of which somebody can be meant by a group: staff have no class."""
        asked = self._asked_groups
        return frozenset(
            kind.key
            for kind in kinds()
            if kind.key in self._kinds_among(among)
            and all(any(group in kind.groups for group in groups) for groups in asked)
        )

    @cached_property
    def _asked_groups(self) -> list[tuple[str, ...]]:
        classes = tuple(GROUPS[name] for name in GROUPS if getattr(self, name))
        departments = ("department",) if self.departments else ()
        return [groups for groups in (classes, departments) if groups]

    def may_share(self, other: "AppliesTo", among: Iterable[str], others: Iterable[str]) -> bool:
        """Whether a group of the one can hold somebody of a group of the other.

        Whoever is named, and a class code beside a class level, is a matter of who is there: ask
        the database with both conditions.
        """
        if self.names_people_only or other.names_people_only:
            return False
        if not self.possible_kinds(among) & other.possible_kinds(others):
            return False
        if self.departments and other.departments and not self.departments & other.departments:
            return False
        if not self.class_names or not other.class_names:
            return True
        return bool(self.class_names & other.class_names)

    @property
    def class_names(self) -> frozenset[tuple[str, str]]:
        """Each with what it is: a level and a code of the same name are two things."""
        return frozenset((name, value) for name in GROUPS for value in getattr(self, name))


def kinds_meant(applies_to: AppliesTo, among: Iterable[str]) -> list[PersonKind]:
    possible = applies_to.possible_kinds(among)
    return [kind for kind in kinds() if kind.key in possible]
