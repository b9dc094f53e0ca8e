"""People: one record against pgbench, lists and searches at 1,000 and at 100,000."""

from json import loads

from bench.measure import latency_ms, pgbench_per_second, requests_per_second
from bench.stack import connected, execute, request, token_for

FEW, MANY = 1_000, 100_000
ROUNDS = 3
# Names and departments repeat as they do in a school; every number is its own.
INSERT = """
    INSERT INTO students_student (student_uuid, registration_number, first_name, middle_name,
        surname, class_level, class_code, program, department, student_status, academic_status,
        points_deducted, phone_number, email, is_active, photo, created_at, updated_at)
    SELECT gen_random_uuid(), 'DIT/' || n, 'Asha' || (n %% 97), 'Juma' || (n %% 89),
        'Mushi' || (n %% 1009), 'NTA Level 7', 'CS' || (n %% 40), 'Engineering',
        'Department ' || (n %% 12), 'Active', 'Current', 0, '', '', true, '', now(), now()
    FROM generate_series({first}, {last}) AS n
    ON CONFLICT DO NOTHING
""".replace("%%", "%")
ONE_RECORD = """
    SELECT * FROM accounts_user LIMIT 1;
    SELECT * FROM students_student WHERE student_uuid = '{pk}';
"""
PATHS = {
    "list": "/api/students/?page_size=20",
    "filter": "/api/students/?page_size=20&department=Department%203&class_code=CS3",
    "search one": "/api/students/?page_size=20&search=dit/777",
    "search words": "/api/students/?page_size=20&search=mushi77+asha11",
}


def run(port: int) -> None:
    execute("TRUNCATE students_student, students_studentevent CASCADE")
    few = _fill_and_measure(port, 1, FEW)
    _one_record(port)
    many = _fill_and_measure(port, FEW + 1, MANY)
    print(f"\n{'students over HTTP':24}{f'{FEW:,}':>12}{f'{MANY:,}':>12}{'ratio':>8}")
    for name in PATHS:
        ratio = many[name] / few[name]
        print(f"{name:24}{few[name]:>9.1f} ms{many[name]:>9.1f} ms{ratio:>8.2f}")


def _fill_and_measure(port: int, first: int, last: int) -> dict[str, float]:
    execute(INSERT.format(first=first, last=last), "VACUUM ANALYZE students_student")
    token = token_for(port)
    rounds = [
        {name: latency_ms(port, path, token) for name, path in PATHS.items()} for _ in range(ROUNDS)
    ]
    return {name: min(measured[name] for measured in rounds) for name in PATHS}


def _one_record(port: int) -> None:
    token = token_for(port)
    with connected(port) as connection:
        _, body = request(connection, "GET", "/api/students/?page_size=1", token=token)
    pk = loads(body)["results"][0]["student_uuid"]
    http = requests_per_second(port, f"/api/students/{pk}/", token)
    # The two statements of that request: the caller's row and the student's.
    sql = pgbench_per_second(ONE_RECORD.format(pk=pk))
    print(f"one student: {http:,.0f} requests/s, pgbench {sql:,.0f} tps, ratio {http / sql:.3f}")
