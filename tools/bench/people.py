"""People: one record against pgbench, lists and searches at 1,000 and at 100,000."""

from itertools import islice
from json import loads
from random import Random
from urllib.parse import quote

from tools.bench.measure import latency_ms, pgbench_per_second, requests_per_second
from tools.bench.stack import connected, execute, request, token_for
from tools.demo.names import names

FEW, MANY = 1_000, 100_000
ROUNDS = 3
# Names as common and as rare as in a school: the lists of the demo, combined anew for each person,
# and in each further two thousand with others.
NAMES = list(islice(names(Random(1)), 2_000))
SOMEBODY = 777
PEOPLE_TABLES = "people_person, people_personevent, students_student, students_studentevent"
# A person, and what only a student has.
INSERT = f"""
    WITH person AS (
        INSERT INTO people_person (person_uuid, kind, identifier, first_name, middle_name, surname,
            whole_name, class_level, class_code, department, status, phone_number, email, diet_note,
            is_active, photo, more_words, enrolled_on, created_at, updated_at)
        SELECT gen_random_uuid(), 'student',
            'DIT/' || (2019 + n % 8) || '/' || lpad(n::text, 6, '0'),
            (%(firsts)s::text[])[1 + n % {len(NAMES)}],
            (%(middles)s::text[])[1 + (n + n / {len(NAMES)} * 31) * 7 % {len(NAMES)}],
            (%(surnames)s::text[])[1 + (n + n / {len(NAMES)} * 17) * 13 % {len(NAMES)}],
            '', 'NTA Level 7', 'CS' || (n % 40), 'Department ' || (n % 12), 'Active', '', '', '',
            true, '', '', now(), now(), now()
        FROM generate_series(%(first)s, %(last)s) AS n
        RETURNING person_uuid
    )
    INSERT INTO students_student (person_id, program, academic_status, points_deducted)
    SELECT person_uuid, 'Engineering', 'Current', 0 FROM person
""".replace(" % ", " %% ")  # noqa: S608  (a number of our own)
ONE_RECORD = """
    SELECT * FROM accounts_user LIMIT 1;
    SELECT * FROM people_person JOIN students_student ON person_id = person_uuid
        WHERE person_uuid = '{pk}';
"""
PATHS = {
    "list": "/api/students/?page_size=20",
    "filter": "/api/students/?page_size=20&department=Department%203&class_code=CS3",
    "search a number": f"/api/students/?page_size=20&search={SOMEBODY:06}",
    "search a name": "/api/students/?page_size=20&search={name}",
}


def name_of(number: int) -> str:
    """First name and surname of the student with this number, as somebody would type them."""
    first, surname = NAMES[number % len(NAMES)].first, NAMES[number * 13 % len(NAMES)].surname
    return quote(f"{surname} {first}".lower())


def insert_students(first: int, last: int) -> None:
    execute(
        (
            INSERT,
            {
                "firsts": [name.first for name in NAMES],
                "middles": [name.middle for name in NAMES],
                "surnames": [name.surname for name in NAMES],
                "first": first,
                "last": last,
            },
        ),
        "VACUUM ANALYZE people_person",
        "VACUUM ANALYZE students_student",
    )


def measured(port: int, paths: dict[str, str]) -> dict[str, float]:
    """The best median of ROUNDS for each path: the machine has other work as well."""
    token = token_for(port)
    rounds = [
        {
            name: latency_ms(port, path.format(name=name_of(SOMEBODY)), token)
            for name, path in paths.items()
        }
        for _ in range(ROUNDS)
    ]
    return {name: min(one[name] for one in rounds) for name in paths}


def print_growth(title: str, few: dict[str, float], many: dict[str, float]) -> None:
    print(f"\n{title:24}{f'{FEW:,}':>12}{f'{MANY:,}':>12}{'ratio':>8}")
    for name in few:
        ratio = many[name] / few[name]
        print(f"{name:24}{few[name]:>9.1f} ms{many[name]:>9.1f} ms{ratio:>8.2f}")


def run(port: int) -> None:
    execute(f"TRUNCATE {PEOPLE_TABLES} CASCADE")
    insert_students(1, FEW)
    few = measured(port, PATHS)
    _one_record(port)
    insert_students(FEW + 1, MANY)
    print_growth("students over HTTP", few, measured(port, PATHS))


def _one_record(port: int) -> None:
    token = token_for(port)
    with connected(port) as connection:
        _, body = request(connection, "GET", "/api/students/?page_size=1", token=token)
    pk = loads(body)["results"][0]["student_uuid"]
    http = requests_per_second(port, f"/api/students/{pk}/", token)
    # The two statements of that request: the caller's row and the student's.
    sql = pgbench_per_second(ONE_RECORD.format(pk=pk))
    print(f"one student: {http:,.0f} requests/s, pgbench {sql:,.0f} tps, ratio {http / sql:.3f}")
