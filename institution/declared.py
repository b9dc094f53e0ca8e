"""Every setting that an institution decides: the one place where each is declared.

`institution.reading.setting` says what one is now. What the environment says wins; what it does not
say, the office decides (`institution.office`), and what that has not decided, the default here.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from institution.kinds import (
    Address,
    Addresses,
    Choice,
    Colour,
    Domains,
    Headers,
    KeptDays,
    Lines,
    Minutes,
    MonthsByKind,
    Picture,
    QuietHours,
    Region,
    Secret,
    Text,
    Url,
    Whole,
    YesOrNo,
    Zone,
)
from institution.setting import Group, Setting

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# --- the institution --------------------------------------------------------------------------

INSTITUTION_NAME = Setting(
    name="INSTITUTION_NAME",
    label=_("Name"),
    kind=Text(longest=100, is_needed=True),
    default="DAR ES SALAAM INSTITUTE OF TECHNOLOGY",
    help=_("In full, as it stands on cards, pages and reports."),
)
INSTITUTION_SHORT_NAME = Setting(
    name="INSTITUTION_SHORT_NAME",
    label=_("Short name"),
    kind=Text(longest=12, is_needed=True),
    default="DIT",
    help=_("At the top of every page, in text messages, and on cards where there is no logo."),
)
INSTITUTION_LOGO = Setting(
    name="INSTITUTION_LOGO",
    label=_("Logo"),
    kind=Picture(),
    default="",
    help=_("SVG or PNG, on pages, cards and reports. A square one on a clear ground looks best."),
)
INSTITUTION_PRIMARY_COLOUR = Setting(
    name="INSTITUTION_PRIMARY_COLOUR",
    label=_("Colour"),
    kind=Colour(),
    default="#0b3b66",
    help=_("Of the band of a card, the menu of pages and the headings of reports."),
    number="E013",
)
INSTITUTION_ACCENT_COLOUR = Setting(
    name="INSTITUTION_ACCENT_COLOUR",
    label=_("Second colour"),
    kind=Colour(),
    default="#f5b82e",
    help=_("Of lines and marks beside the first."),
    number="E013",
)
INSTITUTION_CONTACT = Setting[Sequence[str]](
    name="INSTITUTION_CONTACT",
    label=_("Contact"),
    kind=Lines(),
    default=["P.O. Box 2958", "Dar es Salaam"],
    help=_("Where a found card goes: an address and a telephone, a line each. On the card's back."),
)
INSTITUTION_WEBSITE = Setting(
    name="INSTITUTION_WEBSITE",
    label=_("Website"),
    kind=Text(longest=60),
    default="www.dit.ac.tz",
    help=_("On the card's back."),
)

# --- the campus -------------------------------------------------------------------------------

CAMPUS_ZONE = Setting(
    name="CAMPUS_ZONE",
    variable="TIME_ZONE",
    label=_("Time zone"),
    kind=Zone(),
    default="Africa/Dar_es_Salaam",
    help=_("Days, late limits and all times that people read. It stays once there are taps."),
)
PHONE_REGION = Setting(
    name="PHONE_REGION",
    label=_("Country of telephone numbers"),
    kind=Region(),
    default="TZ",
    help=_(
        "Two letters; numbers that are written without a country are read as one of this country."
    ),
)

# --- cards ------------------------------------------------------------------------------------

CARD_VALIDITY = Setting[Mapping[str, int]](
    name="CARD_VALIDITY",
    label=_("Cards are valid for"),
    kind=MonthsByKind(),
    default={},
    help=_("Months from the day of issue; nothing: no end. Cards that are out keep theirs."),
)
CARD_DESIGN = Setting(
    name="CARD_DESIGN",
    label=_("Design of cards"),
    kind=Choice(
        {
            "band": _("Band below, photo on the right"),
            "panel": _("Panel on the left with the logo in white"),
        }
    ),
    default="band",
    help=_("Cards, Card printer shows both with your colours and logo."),
)
CARD_BACK_TURNED = Setting(
    name="CARD_BACK_TURNED",
    label=_("Backs are on their heads"),
    kind=YesOrNo(),
    default=False,
    help=_("For a card printer that turns a card over its short edge; its test page says so."),
)
MOST_SHIFT = 30


def _shift(name: str, label: "StrOrPromise") -> Setting[int]:
    return Setting(
        name=name,
        label=label,
        kind=Whole(-MOST_SHIFT, MOST_SHIFT, _("{number} tenths of a millimetre")),
        default=0,
        help=_("Tenths of a millimetre; below 0 the other way. As measured on the test page."),
    )


CARD_SHIFT_RIGHT = _shift("CARD_SHIFT_RIGHT", _("Card printer: move to the right by"))
CARD_SHIFT_DOWN = _shift("CARD_SHIFT_DOWN", _("Card printer: move down by"))
SHEET_BACK_RIGHT = _shift("SHEET_BACK_RIGHT", _("Backs of A4 sheets: move to the right by"))
SHEET_BACK_DOWN = _shift("SHEET_BACK_DOWN", _("Backs of A4 sheets: move down by"))
PHOTO_ON_CARD_NEEDS_CONSENT = Setting(
    name="PHOTO_ON_CARD_NEEDS_CONSENT",
    label=_("Print a photo only with a consent"),
    kind=YesOrNo(),
    default=False,
)

# --- notices ----------------------------------------------------------------------------------

NOTICE_LANGUAGE = Setting(
    name="NOTICE_LANGUAGE",
    label=_("Language"),
    kind=Choice({"en": "English", "sw": "Kiswahili"}),
    default="en",
    help=_(
        "Of new guardians, of reports by mail, and of the check of a card in a browser that asks "
        "for neither."
    ),
    number="E008",
)
NOTICE_QUIET_HOURS = Setting(
    name="NOTICE_QUIET_HOURS",
    label=_("Quiet hours"),
    kind=QuietHours(),
    default="21:00-06:00",
    help=_("Campus time in which nothing is sent, such as 21:00-06:00; nothing: none."),
    number="E006",
)
NOTICE_ABSENCE_HOLD_BACK = Setting(
    name="NOTICE_ABSENCE_HOLD_BACK",
    variable="NOTICE_ABSENCE_HOLD_BACK_MINUTES",
    label=_("Hold an absence back for"),
    kind=Minutes(0, 24 * 60),
    default=timedelta(minutes=15),
    help=_("Minutes after the close of a day: a tap that is on its way may still arrive."),
    number="E008",
)
NOTICE_ARRIVAL_PERIOD = Setting(
    name="NOTICE_ARRIVAL_PERIOD",
    variable="NOTICE_ARRIVAL_MINUTES",
    label=_("An arrival is news for"),
    kind=Minutes(1, 24 * 60),
    default=timedelta(minutes=120),
    help=_("Minutes; what waited in a reader for longer tells nobody."),
    number="E008",
)
NOTICE_ABSENCE_DAYS = Setting(
    name="NOTICE_ABSENCE_DAYS",
    label=_("An absence is news for"),
    kind=Whole(0, 31, _("{number} days")),
    default=2,
    help=_("Days on the campus."),
    number="E008",
)
NOTICE_INCIDENT_DAYS = Setting(
    name="NOTICE_INCIDENT_DAYS",
    label=_("An incident is news for"),
    kind=Whole(0, 31, _("{number} days")),
    default=7,
    help=_("Days on the campus."),
    number="E008",
)
NOTICES_NEED_CONSENT = Setting(
    name="NOTICES_NEED_CONSENT",
    label=_("Tell only with a consent"),
    kind=YesOrNo(),
    default=False,
    help=_("The guardian's own, or the student's where none of the guardian's is written down."),
)
NOTICES_NEED_CONFIRMATION = Setting(
    name="NOTICES_NEED_CONFIRMATION",
    label=_("Tell only confirmed contacts"),
    kind=YesOrNo(),
    default=False,
    help=_("Those that answered once, or that the office has confirmed."),
)

# --- e-mail -----------------------------------------------------------------------------------

SECURITY_BY_SCHEME = {
    "smtp": "none",
    "smtps": "starttls",
    "smtp+tls": "starttls",
    "submission": "starttls",
}
PORTS = {"none": 25, "starttls": 587, "tls": 465}


def _security(url: str) -> str:
    return SECURITY_BY_SCHEME.get(urlsplit(url).scheme, "tls")


def _port(url: str) -> str:
    return str(urlsplit(url).port or PORTS[_security(url)])


def _of_mail_url(part: Callable[[Any], str | None]) -> Callable[[str], str]:
    return lambda url: unquote(part(urlsplit(url)) or "")


MAIL_SERVER = Setting(
    name="MAIL_SERVER",
    variable="EMAIL_URL",
    part=_of_mail_url(lambda url: url.hostname or url.scheme),
    label=_("Mail server"),
    kind=Text(longest=253),
    default="",
    help=_("Such as mail.example.org; nothing: no mail is sent."),
)
MAIL_PORT = Setting(
    name="MAIL_PORT",
    variable="EMAIL_URL",
    part=_port,
    label=_("Port"),
    kind=Whole(1, 65535),
    default=587,
    help=_("587 with STARTTLS, 465 with TLS, 25 without either."),
)
MAIL_SECURITY = Setting(
    name="MAIL_SECURITY",
    variable="EMAIL_URL",
    part=_security,
    label=_("Encryption"),
    kind=Choice(
        {"starttls": "STARTTLS", "tls": "TLS", "none": _("None, in a network of your own")}
    ),
    default="starttls",
)
MAIL_USER = Setting(
    name="MAIL_USER",
    variable="EMAIL_URL",
    part=_of_mail_url(lambda url: url.username),
    label=_("User"),
    kind=Text(),
    default="",
    help=_("Nothing: the server asks for none."),
)
MAIL_PASSWORD = Setting(
    name="MAIL_PASSWORD",
    variable="EMAIL_URL",
    part=_of_mail_url(lambda url: url.password),
    label=_("Password"),
    kind=Secret(),
    default="",
    sent_to="MAIL_SERVER",
)
MAIL_FROM = Setting(
    name="MAIL_FROM",
    variable="EMAIL_FROM",
    label=_("Sender"),
    kind=Address(),
    default="",
    help=_("As people see it: DIT <notices@dit.ac.tz>."),
)
REPORT_MAIL_DOMAINS = Setting[Sequence[str]](
    name="REPORT_MAIL_DOMAINS",
    label=_("Reports go to"),
    kind=Domains(most=20),
    default=[],
    help=_("Domains of the addresses that reports may be sent to, a line each; nothing: any."),
)

# --- SMS --------------------------------------------------------------------------------------

SMS_GATEWAY_URL = Setting(
    name="SMS_GATEWAY_URL",
    label=_("Address of the gateway"),
    kind=Url(),
    default="",
    help=_("It gets a POST for each message; nothing: no SMS are sent."),
    number="E007",
)
SMS_GATEWAY_HEADERS = Setting(
    name="SMS_GATEWAY_HEADERS",
    label=_("Headers, with its token"),
    kind=Headers(),
    default="{}",
    help=_('A JSON object: {"Authorization": "Bearer ..."}. Kept sealed.'),
    sent_to="SMS_GATEWAY_URL",
    number="E007",
)
SMS_GATEWAY_BODY = Setting(
    name="SMS_GATEWAY_BODY",
    label=_("What it is told"),
    kind=Text(longest=2000),
    default='{"to": "{to}", "text": "{text}", "reference": "{id}"}',
    help=_(
        "JSON, or a form if the headers say so. {to} is the number with its plus, {digits} "
        "without, {text} the message, {id} its name."
    ),
    number="E007",
)
SHORTEST_INBOUND_SECRET = 16  # whoever knows it can stop anybody's messages
SMS_INBOUND_SECRET = Setting(
    name="SMS_INBOUND_SECRET",
    label=_("Secret of answers"),
    kind=Secret(shortest=SHORTEST_INBOUND_SECRET),
    default="",
    help=_("The gateway says it in X-Inbound-Secret with the answers; nothing: none are taken."),
    number="E018",
)

# --- what is deleted when ---------------------------------------------------------------------

RETENTION_ENABLED = Setting(
    name="RETENTION_ENABLED",
    label=_("Delete each week what has been kept long enough"),
    kind=YesOrNo(),
    default=True,
)


IN_DAYS = _("Days; 0: for ever.")


def _kept(
    name: str, label: "StrOrPromise", days: int, help_text: "StrOrPromise" = IN_DAYS
) -> Setting[int]:
    return Setting(
        name=name,
        label=label,
        kind=KeptDays(),
        default=days,
        help=help_text,
        number="E011",
    )


RETAIN_VERIFICATION_LOG_DAYS = _kept(
    "RETAIN_VERIFICATION_LOG_DAYS", _("Verifications of cards"), 365
)
RETAIN_PRINT_LOG_DAYS = _kept("RETAIN_PRINT_LOG_DAYS", _("Prints of cards"), 2 * 365)
RETAIN_CONFLICTING_TAP_DAYS = _kept(
    "RETAIN_CONFLICTING_TAP_DAYS", _("Conflicting taps, and lines that are none"), 365
)
RETAIN_ACCESS_DAYS = _kept("RETAIN_ACCESS_DAYS", _("Who looked at whom"), 365)
RETAIN_PHOTO_DAYS = _kept("RETAIN_PHOTO_DAYS", _("Photos of people who left"), 365)
RETAIN_NOTICE_DAYS = _kept("RETAIN_NOTICE_DAYS", _("Notices to guardians"), 365)
RETAIN_IMPORT_DAYS = _kept("RETAIN_IMPORT_DAYS", _("Imports"), 2 * 365)
RETAIN_OFFICE_LOG_DAYS = _kept("RETAIN_OFFICE_LOG_DAYS", _("The office's log"), 3 * 365)
RETAIN_HISTORY_DAYS = _kept("RETAIN_HISTORY_DAYS", _("Who changed what"), 6 * 365)
RETAIN_FACT_DAYS = _kept(
    "RETAIN_FACT_DAYS",
    _("Taps, meals, days and roll-calls"),
    10 * 365,
    _("Days; longer than anybody studies, so that certificates can be answered for. 0: for ever."),
)
RETAIN_WEBHOOK_DELIVERY_DAYS = Setting(
    name="RETAIN_WEBHOOK_DELIVERY_DAYS",
    label=_("The log of webhooks"),
    kind=KeptDays(shortest=1),
    default=30,
    help=_("Days; a log of nobody, which goes each hour whatever stands above. 0: for ever."),
    number="E014",
)

# --- signing in -------------------------------------------------------------------------------

REQUIRE_SECOND_FACTOR = Setting(
    name="REQUIRE_SECOND_FACTOR",
    label=_("Administrators need two steps"),
    kind=YesOrNo(),
    default=False,
    help=_("They can do nothing until they have switched them on. Switch on your own first."),
)
PASSWORD_WORDS = Setting[Sequence[str]](
    name="PASSWORD_WORDS",
    label=_("Words that are no password"),
    kind=Lines(most=100),
    default=[],
    help=_("Beside the institution's names: that of the hall, of the founder; a line each."),
)

# --- alerts -----------------------------------------------------------------------------------

ALERT_RECIPIENTS = Setting[Sequence[str]](
    name="ALERT_RECIPIENTS",
    label=_("Who is told by e-mail"),
    kind=Addresses(most=20),
    default=[],
    help=_("Addresses, a line each; nothing: nobody. Webhooks are told of alerts in any case."),
)
ALERT_REMINDER_HOURS = Setting(
    name="ALERT_REMINDER_HOURS",
    label=_("Remind after"),
    kind=Whole(0, 30 * 24, _("{number} hours")),
    default=24,
    help=_("Hours for which a fault lasts until it is told once more, and so on; 0: never."),
)
ALERT_ON_SILENT_READERS = Setting(
    name="ALERT_ON_SILENT_READERS",
    label=_("Tell of silent readers"),
    kind=YesOrNo(),
    default=True,
    help=_("No, where readers are switched off each night."),
)

# --- all of them ------------------------------------------------------------------------------

GROUPS: tuple[Group, ...] = (
    Group(
        key="institution",
        title=_("Name and look"),
        icon="card",
        about=_("What stands on cards, pages and reports."),
        settings=(
            INSTITUTION_NAME,
            INSTITUTION_SHORT_NAME,
            INSTITUTION_LOGO,
            INSTITUTION_PRIMARY_COLOUR,
            INSTITUTION_ACCENT_COLOUR,
        ),
    ),
    Group(
        key="contact",
        title=_("Contact and campus"),
        icon="door",
        about=_("Where a found card goes, and by which clock the campus lives."),
        settings=(INSTITUTION_CONTACT, INSTITUTION_WEBSITE, CAMPUS_ZONE, PHONE_REGION),
    ),
    Group(
        key="cards",
        title=_("Cards"),
        icon="card",
        about=_("How long a new card is good, and what may stand on it."),
        settings=(CARD_VALIDITY, CARD_DESIGN, PHOTO_ON_CARD_NEEDS_CONSENT),
    ),
    Group(
        key="printer",
        title=_("Card printer"),
        icon="printer",
        about=_("How your printer feeds and turns cards and sheets: see its test page."),
        settings=(
            CARD_BACK_TURNED,
            CARD_SHIFT_RIGHT,
            CARD_SHIFT_DOWN,
            SHEET_BACK_RIGHT,
            SHEET_BACK_DOWN,
        ),
    ),
    Group(
        key="notices",
        title=_("Notices to guardians"),
        icon="bell",
        about=_("What is still news, and when nobody is disturbed."),
        settings=(
            NOTICE_LANGUAGE,
            NOTICE_QUIET_HOURS,
            NOTICE_ABSENCE_HOLD_BACK,
            NOTICE_ARRIVAL_PERIOD,
            NOTICE_ABSENCE_DAYS,
            NOTICE_INCIDENT_DAYS,
            NOTICES_NEED_CONSENT,
            NOTICES_NEED_CONFIRMATION,
        ),
    ),
    Group(
        key="mail",
        title=_("E-mail"),
        icon="bell",
        about=_("By which server notices and reports go out."),
        settings=(
            MAIL_SERVER,
            MAIL_PORT,
            MAIL_SECURITY,
            MAIL_USER,
            MAIL_PASSWORD,
            MAIL_FROM,
            REPORT_MAIL_DOMAINS,
        ),
        try_page="admin:try_mail",
    ),
    Group(
        key="sms",
        title=_("SMS"),
        icon="bell",
        about=_("By which gateway text messages go out, and answers come in."),
        settings=(SMS_GATEWAY_URL, SMS_GATEWAY_HEADERS, SMS_GATEWAY_BODY, SMS_INBOUND_SECRET),
        try_page="admin:try_sms",
    ),
    Group(
        key="alerts",
        title=_("Alerts"),
        icon="bell",
        about=_("Who is told when something goes wrong with TrackXpert itself."),
        settings=(ALERT_RECIPIENTS, ALERT_REMINDER_HOURS, ALERT_ON_SILENT_READERS),
    ),
    Group(
        key="retention",
        title=_("What is deleted when"),
        icon="clock",
        about=_("How long is kept what no law and no question needs any more."),
        settings=(
            RETENTION_ENABLED,
            RETAIN_VERIFICATION_LOG_DAYS,
            RETAIN_PRINT_LOG_DAYS,
            RETAIN_CONFLICTING_TAP_DAYS,
            RETAIN_ACCESS_DAYS,
            RETAIN_PHOTO_DAYS,
            RETAIN_NOTICE_DAYS,
            RETAIN_IMPORT_DAYS,
            RETAIN_OFFICE_LOG_DAYS,
            RETAIN_HISTORY_DAYS,
            RETAIN_FACT_DAYS,
            RETAIN_WEBHOOK_DELIVERY_DAYS,
        ),
    ),
    Group(
        key="sign-in",
        title=_("Signing in"),
        icon="gear",
        about=_("What administrators need beside a name."),
        settings=(REQUIRE_SECOND_FACTOR, PASSWORD_WORDS),
    ),
)

SETTINGS: Mapping[str, Setting[Any]] = {
    each.name: each for group in GROUPS for each in group.settings
}
GROUP_OF: Mapping[str, Group] = {each.name: group for group in GROUPS for each in group.settings}


def said_by_environment(texts: Callable[[str], str | None]) -> dict[str, Any]:
    """The Django settings of what the environment says, by name; `texts`: of a variable.

    Raises ValueError, with the variable's name, for what cannot even be read; what can be read and
    cannot work, the system checks refuse (`institution.checks`).
    """
    said: dict[str, Any] = {}
    for each in SETTINGS.values():
        text = texts(each.environment)
        if text is None or (each.environment != each.name and not text):
            continue
        try:
            said[each.name] = each.kind.convert(each.part(text))
        except ValueError as error:
            raise ValueError(f"{each.environment}: {error}") from error
    return said
