import pytest

from embedded.work import Work, work_of


@pytest.mark.parametrize(
    ("request_", "work"),
    [
        ("POST /api/pos/taps/", Work.TAPS),
        ("POST /api/pos/taps", Work.TAPS),
        ("POST /api/pos/taps/?trace=1", Work.TAPS),
        ("POST /api/pos/heartbeat/", Work.TAPS),
        ("POST /api/pos/taps/annul/", Work.TAPS),
        ("POST /api/pos/taps/batch/", Work.BATCHES),
        ("GET /api/pos/mapped/?key=k&card=04A32B1C", Work.TAPS),
        ("POST /iclock/cdata?SN=7&AuthType=device", Work.TAPS),
        ("POST /iclock/cdata.aspx?SN=7&table=ATTLOG", Work.BATCHES),
        ("POST /hik/key", Work.BATCHES),
        (
            "POST /api/method/hrms.hr.doctype.employee_checkin.employee_checkin"
            ".add_log_based_on_employee_field",
            Work.TAPS,
        ),
        ("GET /api/pos/taps/", Work.PAGES),  # the list, for people
        ("GET /api/pos/taps/?format=csv", Work.REPORTS),
        ("GET /api/students/?search=a&format=xlsx", Work.REPORTS),
        ("GET /api/students/?search=format=xlsxs", Work.PAGES),
        ("GET /admin/list/students/student.xlsx?class_code=F1A", Work.REPORTS),
        ("GET /admin/list/cards/card.csv", Work.REPORTS),
        ("GET /admin/students/student/?q=a.csv", Work.PAGES),
        ("GET /api/reports/attendance/?period=weekly", Work.REPORTS),
        ("POST /admin/reports/", Work.REPORTS),
        ("GET /readyz", Work.HEALTH),
        ("HEAD /readyz?probe", Work.HEALTH),
        ("GET /admin/", Work.PAGES),
        (" ", Work.PAGES),
    ],
)
def test_a_request_is_the_work_that_it_asks_for(request_: str, work: Work) -> None:
    assert work_of(*request_.split(" ", 1)) is work
