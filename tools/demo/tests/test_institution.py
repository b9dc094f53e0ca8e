from __future__ import annotations

from tools.demo.institution import ACADEMIC_DEPARTMENTS, CLASS_LEVELS, DEPARTMENTS, class_groups


def test_no_two_classes_share_a_code() -> None:
    codes = [group.code for group in class_groups(2026)]
    assert len(set(codes)) == len(codes)


def test_a_class_keeps_its_code_from_year_to_year() -> None:
    [before] = [group for group in class_groups(2025) if group.code == "CS2024A"]
    [after] = [group for group in class_groups(2026) if group.code == "CS2024A"]
    assert (before.year_of_study, after.year_of_study) == (2, 3)


def test_every_class_level_is_taught() -> None:
    assert {group.level for group in class_groups(2026)} == set(CLASS_LEVELS)


def test_no_two_departments_or_programs_share_a_name_or_code() -> None:
    programs = [program for department in ACADEMIC_DEPARTMENTS for program in department.programs]
    for things in (DEPARTMENTS, programs):
        assert len({thing.name for thing in things}) == len(things)
        assert len({thing.code for thing in things}) == len(things)


def test_every_department_has_one_person_at_its_head() -> None:
    assert all(department.positions[0].places == 1 for department in DEPARTMENTS)
