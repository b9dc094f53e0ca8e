"""The Dar es Salaam Institute of Technology as the demo shows it: departments, programs, posts.

Shaped after the institute's published prospectuses, simplified; it is no official list.
"""

from __future__ import annotations

from dataclasses import dataclass

INSTITUTION = "DAR ES SALAAM INSTITUTE OF TECHNOLOGY"

# The national technical awards: 4 to 6 lead to the ordinary diploma, 7 and 8 to the degree.
CLASS_LEVELS = ("NTA Level 4", "NTA Level 5", "NTA Level 6", "NTA Level 7", "NTA Level 8")


@dataclass(frozen=True)
class StudyProgram:
    name: str
    code: str
    """Begins the code of each of its classes."""
    levels: tuple[str, ...]
    """The class level in each year of study."""
    streams: str = "A"
    """A letter for each parallel class of one intake."""


@dataclass(frozen=True)
class Position:
    title: str
    places: int
    """How many people of a department hold it."""


@dataclass(frozen=True)
class Department:
    name: str
    code: str
    positions: tuple[Position, ...]
    programs: tuple[StudyProgram, ...] = ()


@dataclass(frozen=True)
class ClassGroup:
    """The students who began one program in one year and sit together."""

    code: str
    level: str
    year_of_study: int
    intake: int
    program: StudyProgram
    department: Department


def class_groups(academic_year: int) -> list[ClassGroup]:
    """Every class in the year that begins in October of `academic_year`."""
    return [
        ClassGroup(f"{program.code}{intake}{stream}", level, year, intake, program, department)
        for department in ACADEMIC_DEPARTMENTS
        for program in department.programs
        for year, level in enumerate(program.levels, start=1)
        for intake in [academic_year - year + 1]
        for stream in program.streams
    ]


def _diploma(subject: str, code: str, streams: str = "A") -> StudyProgram:
    return StudyProgram(f"ORDINARY DIPLOMA IN {subject}", code, CLASS_LEVELS[:3], streams)


def _degree(title: str, code: str, streams: str = "A") -> StudyProgram:
    first, last = CLASS_LEVELS[3:]
    return StudyProgram(f"BACHELOR OF {title}", code, (first, first, first, last), streams)


LECTURERS = (
    Position("Head of Department", 1),
    Position("Senior Lecturer", 2),
    Position("Lecturer", 3),
    Position("Assistant Lecturer", 3),
    Position("Tutorial Assistant", 2),
    Position("Instructor", 2),
    Position("Laboratory Technician", 2),
)

ACADEMIC_DEPARTMENTS = (
    Department(
        "Computer Studies",
        "CS",
        LECTURERS,
        (
            _degree("ENGINEERING IN COMPUTER ENGINEERING", "CS", "AB"),
            _diploma("COMPUTER ENGINEERING", "CE"),
            _diploma("INFORMATION TECHNOLOGY", "IT", "AB"),
            _diploma("MULTIMEDIA AND FILM TECHNOLOGY", "MF"),
        ),
    ),
    Department(
        "Civil Engineering",
        "CV",
        LECTURERS,
        (
            _degree("ENGINEERING IN CIVIL ENGINEERING", "CV", "AB"),
            _diploma("CIVIL ENGINEERING", "CD", "AB"),
        ),
    ),
    Department(
        "Electrical Engineering",
        "EE",
        LECTURERS,
        (
            _degree("ENGINEERING IN ELECTRICAL ENGINEERING", "EE"),
            _diploma("ELECTRICAL ENGINEERING", "ED", "AB"),
            _diploma("RENEWABLE ENERGY TECHNOLOGY", "RE"),
        ),
    ),
    Department(
        "Electronics and Telecommunications",
        "ET",
        LECTURERS,
        (
            _degree("ENGINEERING IN ELECTRONICS AND TELECOMMUNICATION ENGINEERING", "ET"),
            _diploma("ELECTRONICS AND TELECOMMUNICATION ENGINEERING", "TD"),
            _diploma("COMMUNICATION SYSTEM TECHNOLOGY", "CT"),
            _diploma("BIOMEDICAL EQUIPMENT ENGINEERING", "BE"),
        ),
    ),
    Department(
        "Mechanical Engineering",
        "ME",
        LECTURERS,
        (
            _degree("ENGINEERING IN MECHANICAL ENGINEERING", "ME"),
            _degree("ENGINEERING IN MINING ENGINEERING", "MI"),
            _diploma("MECHANICAL ENGINEERING", "MD", "AB"),
        ),
    ),
    Department(
        "Science and Laboratory Technology",
        "SL",
        LECTURERS,
        (
            _degree("TECHNOLOGY IN LABORATORY SCIENCES", "LS"),
            _diploma("SCIENCE AND LABORATORY TECHNOLOGY", "SL"),
            _diploma("FOOD SCIENCE AND TECHNOLOGY", "FS"),
            _diploma("BIOTECHNOLOGY", "BT"),
        ),
    ),
    Department(
        "General Studies",
        "GS",
        (
            Position("Head of Department", 1),
            Position("Senior Lecturer", 1),
            Position("Lecturer", 3),
            Position("Assistant Lecturer", 3),
            Position("Tutorial Assistant", 1),
        ),
    ),
)

SERVICE_DEPARTMENTS = (
    Department(
        "Human Resources",
        "HR",
        (
            Position("HR Manager", 1),
            Position("Human Resource Officer", 2),
            Position("Records Management Assistant", 2),
            Position("Office Secretary", 1),
        ),
    ),
    Department(
        "Library",
        "LB",
        (
            Position("Head Librarian", 1),
            Position("Librarian", 2),
            Position("Library Assistant", 3),
        ),
    ),
    Department(
        "Finance",
        "FN",
        (
            Position("Bursar", 1),
            Position("Senior Accountant", 1),
            Position("Accountant", 2),
            Position("Accounts Assistant", 2),
            Position("Procurement Officer", 1),
        ),
    ),
    Department(
        "Estates",
        "ES",
        (
            Position("Estates Manager", 1),
            Position("Maintenance Engineer", 1),
            Position("Artisan", 3),
            Position("Driver", 2),
            Position("Cook", 3),
        ),
    ),
    Department(
        "Registry",
        "RG",
        (
            Position("Registrar", 1),
            Position("Admissions Officer", 2),
            Position("Examinations Officer", 2),
            Position("Student Services Officer", 1),
            Position("Warden", 2),
        ),
    ),
)

DEPARTMENTS = (*ACADEMIC_DEPARTMENTS, *SERVICE_DEPARTMENTS)
