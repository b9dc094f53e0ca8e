"""Cards: lists at 1,000 and 100,000, statistics, one print beside a naive one, and a thousand."""

import io
import time
from http.client import HTTPConnection
from json import loads

from PIL import Image, ImageDraw, ImageFilter
from qrcode.main import make as make_qr
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from tools.bench.measure import CLIENTS, latency_ms, requests_per_second
from tools.bench.people import (
    FEW,
    MANY,
    PEOPLE_TABLES,
    SOMEBODY,
    insert_students,
    measured,
    print_growth,
)
from tools.bench.stack import ROOT, connected, execute, request, token_for

ISSUE = """
    INSERT INTO cards_card (card_uuid, rfid_number, card_type, person_id, is_active, issued_date,
        retired_reason, code, created_at, updated_at, search_text, department, holder_is_active,
        is_temporary)
    SELECT gen_random_uuid(), 'RF' || lpad(row_number() OVER () + {done} || '', 9, '0'), 'student',
        person_uuid, random() > 0.05, now(), '', upper(substr(md5(person_uuid::text), 1, 16)),
        now() - random() * interval '300 days', now(), '', '', true, false
    FROM people_person
    WHERE NOT EXISTS (SELECT FROM cards_card WHERE person_id = person_uuid)
"""
CLEAR = f"TRUNCATE cards_card, cards_cardevent, cards_cardtally, {PEOPLE_TABLES} CASCADE"
PATHS = {
    "list": "/api/cards/?page_size=20",
    "filter by type": "/api/cards/?page_size=20&card_type=student&is_active=true",
    "filter by department": "/api/cards/?page_size=20&student__department=Department%203",
    "search a number": f"/api/cards/?page_size=20&search={SOMEBODY:06}",
    "search a name": "/api/cards/?page_size=20&search={name}",
}
BULK = 1_000


def run(port: int) -> None:
    execute(CLEAR)
    insert_cards(1, FEW)
    few = measured(port, PATHS)
    _prints(port)
    insert_cards(FEW + 1, MANY)
    print_growth("cards over HTTP", few, measured(port, PATHS))
    token = token_for(port)
    single = latency_ms(port, f"/api/cards/{_some_card(port, token)}/", token)
    statistics = latency_ms(port, "/api/cards/statistics/", token)
    ratio = statistics / single
    print(f"statistics: {statistics:.1f} ms, one card {single:.1f} ms, ratio {ratio:.1f}")


def insert_cards(first: int, last: int) -> None:
    insert_students(first, last)
    execute(
        ISSUE.format(done=first - 1), "VACUUM ANALYZE cards_card", "VACUUM ANALYZE cards_cardtally"
    )


def _some_card(port: int, token: str) -> str:
    with connected(port) as connection:
        _, body = request(connection, "GET", "/api/cards/?page_size=1", token=token)
    pk: str = loads(body)["results"][0]["card_uuid"]
    return pk


# --- printing -----------------------------------------------------------------------------------


def _prints(port: int) -> None:
    token = token_for(port)
    _give_everybody_a_photo()
    path = f"/api/cards/{_some_card(port, token)}/print-student-card/"
    together = requests_per_second(port, path, token)
    one_by_one = 1000 / latency_ms(port, path, token)
    naive = _naive_per_second()
    print(
        f"single prints: {together:.0f}/s from {CLIENTS} clients, {one_by_one:.0f}/s from one,"
        f" naive {naive:.1f}/s, ratio {together / naive:.1f}"
    )
    bulk = _bulk_per_second(port, token)
    print(
        f"{BULK:,} prints in one job: {bulk:.0f} cards/s, {bulk / one_by_one:.1f} times prints from"
        f" one client, {bulk / together:.1f} times those from {CLIENTS}"
    )


STORE = """
    WITH file AS (
        INSERT INTO files_storedfile (name, size, digest, stored_at)
        VALUES ('photos/b', octet_length(%(content)s), encode(sha256(%(content)s), 'hex'), now())
        RETURNING id
    )
    INSERT INTO files_chunk (file_id, number, content) SELECT id, 0, %(content)s FROM file
"""


def _give_everybody_a_photo() -> None:
    # As an upload of a camera's picture is kept.
    photo = io.BytesIO()
    _photo(656, 820).save(photo, "JPEG", quality=88)
    execute((STORE, {"content": photo.getvalue()}), "UPDATE people_person SET photo = 'photos/b'")


def _photo(width: int, height: int) -> Image.Image:
    """Something with the detail of a face: kept as an upload is, it has some 70 kB."""
    noise = Image.effect_noise((width // 4, height // 4), 60).resize((width, height))
    ImageDraw.Draw(noise).ellipse((width // 4, height // 6, width * 3 // 4, height * 2 // 3), 180)
    return noise.convert("RGB").filter(ImageFilter.GaussianBlur(3))


def _naive_per_second(times: int = 12) -> float:
    """The same card as most systems draw it, on both cores: nothing kept, nothing reduced."""
    photo = io.BytesIO()
    _photo(1500, 2000).save(photo, "JPEG", quality=90)
    font = next((ROOT / "typesetting" / "fonts").glob("*Regular.ttf"))
    begin = time.perf_counter()
    for number in range(times):
        pdfmetrics.registerFont(TTFont(f"Naive{number}", str(font)))
        qr = io.BytesIO()
        make_qr("HTTP://127.0.0.1:8000/V/ABCDEFGHJKMNPQRS").save(qr)
        page = canvas.Canvas(io.BytesIO(), pagesize=(242.65, 153.01))
        page.setFont(f"Naive{number}", 10)
        page.drawImage(ImageReader(Image.open(io.BytesIO(photo.getvalue()))), 8, 30, 71, 91)
        page.drawString(90, 100, "Asha Juma Mushi")
        page.drawString(90, 80, "DIT/2024/01234")
        page.showPage()
        page.drawImage(ImageReader(Image.open(io.BytesIO(qr.getvalue()))), 80, 40, 60, 60)
        page.showPage()
        page.save()
    return 2 * times / (time.perf_counter() - begin)


def _bulk_per_second(port: int, token: str) -> float:
    with connected(port) as connection:
        uuids = [
            card["card_uuid"]
            for page in range(1, BULK // 100 + 1)
            for card in loads(
                request(connection, "GET", f"/api/cards/?page_size=100&page={page}", token=token)[1]
            )["results"]
        ]
        body = {"card_uuids": uuids}
        _, answer = request(connection, "POST", "/api/cards/bulk-print/", token=token, body=body)
        job = f"/api/cards/print-jobs/{loads(answer)['job_id']}/"
        begin = _when_it_starts(connection, job, token)
        while loads(request(connection, "GET", job, token=token)[1])["state"] == "running":
            time.sleep(0.25)
        return BULK / (time.perf_counter() - begin)


def _when_it_starts(connection: HTTPConnection, job: str, token: str) -> float:
    while loads(request(connection, "GET", job, token=token)[1])["state"] == "queued":
        time.sleep(0.01)
    return time.perf_counter()
