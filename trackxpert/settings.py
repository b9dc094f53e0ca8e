"""Settings, read from the environment only; `docs/operators.md` lists every variable.

Nothing secret has a default: `SECRET_KEY` comes from the environment (or from the file named by
`SECRET_KEY_FILE`), else a random one is made once per installation and kept in the state directory.
Combinations that cannot work are refused by the numbered checks in `trackxpert.checks`.
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from corsheaders.defaults import default_headers
from csp.constants import NONE, SELF

from core.watch import WatchedConnection, WatchedCursor
from embedded import pooling, postgres
from embedded.address import local_url
from embedded.secret_key import installation_secret_key
from embedded.work import Waits, Work
from institution import declared

# Lets Django's classes take type arguments at run time, as their stubs do.
django_stubs_ext.monkeypatch()

VERSION = "0.1.0"
BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = postgres.state_dir()

env = environ.FileAwareEnv()

DEBUG: bool = env.bool("DEBUG", default=False)
PUBLIC_URL: str = env.str("PUBLIC_URL", default=local_url()).rstrip("/")
IS_HTTPS = urlsplit(PUBLIC_URL).scheme == "https"

EMBEDDED_DATABASE = not os.environ.get("DATABASE_URL")
DEMO_ENABLED: bool = env.bool("TRACKXPERT_DEMO", default=EMBEDDED_DATABASE)

HAS_EXPLICIT_SECRET_KEY = "SECRET_KEY" in os.environ or "SECRET_KEY_FILE" in os.environ
SECRET_KEY: str = (
    env.str("SECRET_KEY") if HAS_EXPLICIT_SECRET_KEY else installation_secret_key(STATE_DIR)
)
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])

ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS",
    default=["localhost", "127.0.0.1", "[::1]", urlsplit(PUBLIC_URL).hostname or "localhost"],
)
CSRF_TRUSTED_ORIGINS: list[str] = env.list(
    "CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL] if IS_HTTPS else []
)
CORS_ALLOWED_ORIGINS: list[str] = env.list("CORS_ALLOWED_ORIGINS", default=[])
# What a frontend on another origin may send, and read of an answer (contract section 4).
CORS_ALLOW_HEADERS = [
    *default_headers,
    *("if-match", "if-none-match", "last-event-id", "x-request-id"),
]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Location",
    "Retry-After",
    "Content-Disposition",
    "X-Print-Warnings",
    "X-Replica-Age",
    "X-Request-ID",
]
TRUSTED_PROXIES: list[str] = env.list("TRUSTED_PROXIES", default=[])

# --- applications -----------------------------------------------------------------------------

INSTALLED_APPS = [
    "office.apps.AdminSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "corsheaders",
    "csp",
    "django_filters",
    "django_q",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pghistory",
    "pgtrigger",
    "rest_framework",
    "rest_framework_simplejwt",
    "trackxpert",
    "core",
    "files",
    "institution",
    "outbox",
    "embedded",
    "office.apps.OfficeConfig",
    "accounts",
    "people",
    "students",
    "staff",
    "security",
    "visitors",
    "cards",
    "attendance",
    "kitchen",
    "pos",
    "doors",
    "presence",
    "discipline",
    "monitor",
    "live",
    "dashboard",
    "notifications",
    "webhooks",
    "reports",
    "privacy",
    "operations",
    "tools.demo",
    "tools.simulator",
]

MIDDLEWARE = [
    "core.waits.WaitsByWork",
    "django.middleware.security.SecurityMiddleware",
    # Before whatever refuses a request: a refusal speaks the language of whoever asked, too.
    "django.middleware.locale.LocaleMiddleware",
    "core.middleware.PagePolicy",
    "core.middleware.CompressedPages",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "core.middleware.RequestBodyLimit",
    "core.middleware.TerminalHost",
    "core.middleware.OptionalTrailingSlash",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.RequireSecondFactor",
    "accounts.middleware.AuditContext",
    "core.replica.OwnWrites",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "trackxpert.urls"
WSGI_APPLICATION = "trackxpert.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "institution.context_processors.institution",
            ],
        },
    },
]

# --- database ---------------------------------------------------------------------------------

# Past the pooler, where DATABASE_URL leads to one that pools transactions.
_DIRECT: str = env.str("DATABASE_DIRECT_URL", default="")
DATABASE_POOLED = bool(_DIRECT) and not pooling.is_passed_by
_DATABASE = os.environ.get("DATABASE_URL") or postgres.database_url()
DATABASES = {
    "default": {
        **env.db_url_config(_DIRECT if _DIRECT and pooling.is_passed_by else _DATABASE),
        # Every server thread keeps its connection; the health check replaces one that died.
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600),
        "CONN_HEALTH_CHECKS": True,
        # Such a cursor lives in a session, and outside of transactions too.
        "DISABLE_SERVER_SIDE_CURSORS": DATABASE_POOLED,
    }
}
# How long work waits in the database, in seconds: for a lock, a statement, and between two
# statements of a transaction (contract section 4; `core.waits`).
_IDLE: float = env.float("IDLE_IN_TRANSACTION_TIMEOUT", default=15)
_LOCK_TAPS: float = env.float("LOCK_TIMEOUT_TAPS", default=2)
_LOCK: float = env.float("LOCK_TIMEOUT", default=5)
_STATEMENT: float = env.float("STATEMENT_TIMEOUT", default=15)
_STATEMENT_REPORTS: float = env.float("STATEMENT_TIMEOUT_REPORTS", default=120)
_STATEMENT_WORKER: float = env.float("STATEMENT_TIMEOUT_WORKER", default=600)
WAITS = {
    Work.TAPS: Waits(_LOCK_TAPS, env.float("STATEMENT_TIMEOUT_TAPS", default=5), _IDLE),
    Work.BATCHES: Waits(_LOCK_TAPS, _STATEMENT, _IDLE),
    Work.PAGES: Waits(_LOCK, _STATEMENT, _IDLE),
    Work.REPORTS: Waits(_LOCK, _STATEMENT_REPORTS, _STATEMENT_REPORTS),
    Work.HEALTH: Waits(lock=1, statement=2, idle=5),
    Work.BACKGROUND: Waits(_LOCK, _STATEMENT_WORKER, _STATEMENT_REPORTS),
    # What waits for a table holds up whoever comes after it; and no index is made in a minute.
    Work.MIGRATIONS: Waits(env.float("LOCK_TIMEOUT_MIGRATIONS", default=10), 0, _STATEMENT_WORKER),
}
_OPTIONS = DATABASES["default"].setdefault("OPTIONS", {})
if not DATABASE_POOLED:  # a pooler refuses `options`; `core.waits` tells each transaction instead
    # What DATABASE_URL says has the last word.
    _OPTIONS["options"] = f"{WAITS[Work.BACKGROUND].options} {_OPTIONS.get('options', '')}".strip()
# A database that does not answer must become a 503 quickly, not a pile of waiting threads; one that
# is gone from the network is noticed by the kernel, one that is frozen by the connection itself.
for _name, _value in {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds
    "connection_factory": WatchedConnection,
    "cursor_factory": WatchedCursor,
}.items():
    _OPTIONS.setdefault(_name, _value)
# Figures and lists may be read there (`core.replica`); the tests' is where all is written.
if _replica := env.str("DATABASE_REPLICA_URL", default=""):
    _read = env.db_url_config(_replica)
    DATABASES["replica"] = {
        **DATABASES["default"],
        **_read,
        "OPTIONS": {**_OPTIONS, "connect_timeout": 2, **_read.get("OPTIONS", {})},
        "TEST": {"MIRROR": "default"},
    }
    DATABASE_ROUTERS = ["core.replica.ReplicaRouter"]
# One that is further behind is not read from.
REPLICA_MOST_SECONDS: float = env.float("REPLICA_MOST_SECONDS", default=30)
# Who somebody is and what is decided holds at once, wherever it is read.
NEVER_FROM_REPLICA = ("accounts", "core", "django_q", "institution", "live", "sessions")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- administrators ---------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.InstitutionWordsValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "accounts.hashers.SmallBoxArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
CSRF_FAILURE_VIEW = "core.error_responses.csrf_failure"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

LOCKOUT_FAILURES: int = env.int("LOCKOUT_FAILURES", default=5)
LOCKOUT_PERIOD = timedelta(minutes=env.int("LOCKOUT_MINUTES", default=15))
# For one name from anywhere, and from one address for any name.
SLOWDOWN_FAILURES: int = env.int("SLOWDOWN_FAILURES", default=30)
SLOWDOWN = timedelta(seconds=env.int("SLOWDOWN_SECONDS", default=10))

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_AGE = 12 * 60 * 60
SECURE_SSL_REDIRECT: bool = env.bool("SECURE_SSL_REDIRECT", default=IS_HTTPS)
# Terminals of other makers follow no redirect, and older ones know no HTTPS.
SECURE_REDIRECT_EXEMPT = [
    r"^healthz$",
    r"^readyz$",
    r"^metrics$",
    r"^status$",
    r"^iclock/",
    r"^hik/",
]
SECURE_HSTS_SECONDS: int = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if IS_HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
# For years, and for every host of the domain: only who knows that asks for it.
SECURE_HSTS_PRELOAD: bool = env.bool("SECURE_HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # which asks everybody for it
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Nothing but what is named, and that from here only: no inline script or style, no outside host.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # data: small pictures in the styles of the API's documentation
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# The camera takes portraits and reads codes, on pages `with_camera`; nothing asks for the rest.
PERMISSIONS_POLICY = ", ".join(
    [
        "camera=()",
        "display-capture=()",
        "geolocation=()",
        "microphone=()",
        "midi=()",
        "payment=()",
        "usb=()",
    ]
)

# --- the API ----------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.tokens.FamilyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.Nobody"],
    "DEFAULT_RENDERER_CLASSES": ["core.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.parsers.StrictJSONParser"],
    "DEFAULT_FILTER_BACKENDS": [
        "core.filters.FilterByRole",
        "core.filters.StrictOrderingFilter",
    ],
    "DEFAULT_PAGINATION_CLASS": "core.pagination.PageNumberPagination",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.renderers.FormatFirst",
    "DEFAULT_SCHEMA_CLASS": "core.schema.AutoSchema",
    "EXCEPTION_HANDLER": "core.error_responses.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

THROTTLE_RATES = {
    "knock": env.str("THROTTLE_KNOCK", default="30/min"),
    "verify": env.str("THROTTLE_VERIFY", default="60/min"),
    "card_create": env.str("THROTTLE_CARD_CREATE", default="30/min"),
    "bulk": env.str("THROTTLE_BULK", default="10/min"),
    "print": env.str("THROTTLE_PRINT", default="60/min"),
    "pair": env.str("THROTTLE_PAIR", default="10/min"),
}

SIMPLE_JWT = {
    "USER_ID_FIELD": "admin_id",
    "USER_ID_CLAIM": "admin_id",
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.int("ACCESS_TOKEN_MINUTES", default=15)),
    "REFRESH_TOKEN_LIFETIME": timedelta(hours=env.int("REFRESH_TOKEN_HOURS", default=24 * 7)),
    # A changed password ends every token that was made under the old one.
    "CHECK_REVOKE_TOKEN": True,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "TrackXpert",
    "DESCRIPTION": (
        "Campus smart cards: people, cards, taps, attendance, meals.\n\n"
        "**What is promised.** A key that an answer has today stays, with its type and meaning, "
        "and so do addresses, methods, statuses and codes. New keys, addresses and values of "
        "`code` may come at any time: pass over what you do not know. What is to go is marked "
        "`deprecated: true` here first, says what stands in its place, and stays for at least two "
        "versions and twelve months after that, named in the changelog at both ends."
    ),
    "SERVERS": [{"url": PUBLIC_URL, "description": "This installation."}],
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Folded: nobody reads 150 operations at once, and a browser takes long to draw them.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "none"},
    "SCHEMA_PATH_PREFIX": r"/(api|auth)/",
    "SORT_OPERATIONS": True,
    "PREPROCESSING_HOOKS": ["core.schema.without_second_spellings"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.schema.add_shared_components",
        "core.strict.close_requests",
        "trackxpert.schema_examples.add_examples",
    ],
    "ENUM_NAME_OVERRIDES": {
        "RoleEnum": "accounts.models.Role",
        "PersonKindEnum": "people.kinds.kind_keys",
        "CardTypeEnum": "people.kinds.kind_choices",
        "KindWithDaysEnum": "people.kinds.keys_with_days",
        "AdmittedEnum": "people.standing.CODES",
        "JobStateEnum": "people.models.ImportJob.State",
        "ImportRowActionEnum": ["created", "updated", "unchanged", "failed"],
        "ChangeOfManyEnum": "people.deed_models.Deed.What",
        "RetirementReasonEnum": "cards.models.Card.Reason",
        "StudentStatusEnum": "students.kind.STUDENT.status_choices",
        "AcademicStatusEnum": "students.models.Student.AcademicStatus",
        "EmploymentStatusEnum": "staff.kind.STAFF.status_choices",
        "AttendanceStatusEnum": "attendance.models.Status",
        "NumberFormatEnum": "pos.models.format_choices",
        "ReaderActivityEnum": "pos.models.Activity",
        "ReaderDirectionEnum": "pos.models.Device.Direction",
        "NoticeChannelEnum": "notifications.models.Channel",
        "NoticeKindEnum": "notifications.models.Notice.Kind",
        "GuardianConfirmedByEnum": "notifications.models.Guardian.ConfirmedBy",
        "GuardianStoppedByEnum": "notifications.models.Guardian.StoppedBy",
        "ConsentAboutEnum": "people.models.Consent.About",
        "ConsentHowEnum": "people.models.Consent.How",
        "LookWhatEnum": "people.models.Look.What",
        "NoticeStateEnum": "notifications.models.Notice.State",
        "NewsEnum": "notifications.models.News",
        "WebhookEventsEnum": "webhooks.models.CHOICES",
        "WebhookEventEnum": "webhooks.models.EventName",
        "WebhookOffEnum": "webhooks.models.Webhook.Off",
        "DeliveryStateEnum": "webhooks.models.Delivery.State",
        "TapDirectionEnum": ["in", "out"],
        "TapCodeEnum": "pos.models.Code",
        "TapDecisionEnum": "pos.models.Decision",
        "IncidentCategoryEnum": "discipline.models.Category",
    },
}

# The biggest bodies that are read: an import or a photo, and everything else.
MAX_UPLOAD_BYTES = 12 * 1024 * 1024
MAX_BODY_BYTES = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
# Terminals send what has gathered during an outage at once; these addresses read it as a stream.
LONG_BODY_PATHS = ("/iclock/", "/hik/")
# They ask for whatever host somebody has typed into their menu.
TERMINAL_PATHS = LONG_BODY_PATHS
# An upload is read straight from memory: none of ours outgrows MAX_UPLOAD_BYTES at once.
FILE_UPLOAD_MAX_MEMORY_SIZE = MAX_UPLOAD_BYTES

IMPORT_MAX_BYTES = 10 * 1024 * 1024
# A class photographed by phone. It comes in parts, each of them a body of its own.
ALBUM_MAX_BYTES = 300 * 1024 * 1024
ALBUM_PART_BYTES = 8 * 1024 * 1024
IMPORT_MAX_ROWS: int = env.int("IMPORT_MAX_ROWS", default=10_000)
# Longer files are imported by the background worker.
IMPORT_BACKGROUND_ROWS: int = env.int("IMPORT_BACKGROUND_ROWS", default=1_000)
PHOTO_MAX_BYTES = 5 * 1024 * 1024
PHOTO_MAX_PIXELS = 24_000_000
# A print file holds many faces: once it was fetched it is there for this long.
PRINT_FILE_KEPT = timedelta(hours=env.int("PRINT_FILE_HOURS", default=12))

# --- the institution --------------------------------------------------------------------------


# What the office may decide has a Django setting only if the environment says it
# (`institution.declared`); everybody reads it by `institution.reading.setting`.
def _text_of(variable: str) -> str | None:
    is_there = variable in os.environ or f"{variable}_FILE" in os.environ
    return str(env.str(variable)) if is_there else None


vars().update(declared.said_by_environment(_text_of))
DISCIPLINE_STARTING_POINTS: int = env.int("DISCIPLINE_STARTING_POINTS", default=100)
DISCIPLINE_MERITS_ABOVE_START: bool = env.bool("DISCIPLINE_MERITS_ABOVE_START", default=False)
# How many meals one operator serves by name on a day: forgotten cards, extra portions, guests.
KITCHEN_BY_NAME_PER_DAY: int = env.int("KITCHEN_BY_NAME_PER_DAY", default=50)

# --- readers and the live feed ----------------------------------------------------------------

# After so long without a pass nobody is taken to be on site any more.
ON_SITE_LONGEST = timedelta(days=env.int("ON_SITE_LONGEST_DAYS", default=14))
READER_SILENT_AFTER = timedelta(seconds=env.int("READER_SILENT_SECONDS", default=300))
READER_CLOCK_OFF_MS = 60_000

# Threads of a server process, by what they are for; each keeps a connection to the database
# (docs/operators.md, Connections).
WEB_THREADS = {
    Work.TAPS: env.int("WEB_THREADS_TAPS", default=8),
    Work.BATCHES: env.int("WEB_THREADS_BATCHES", default=2),
    Work.PAGES: env.int("WEB_THREADS", default=8),
    Work.REPORTS: env.int("WEB_THREADS_REPORTS", default=2),
    Work.HEALTH: 1,
}
# A stream has a thread of its own, and no connection.
LIVE_STREAMS_PER_PROCESS: int = env.int("LIVE_STREAMS_PER_PROCESS", default=100)
# In all processes together: six are as many as a browser opens to one host.
LIVE_STREAMS_PER_USER: int = env.int("LIVE_STREAMS_PER_USER", default=6)
LIVE_STREAM_SECONDS = 15 * 60
LIVE_KEEP_ALIVE_SECONDS = 10

# --- readers that speak MQTT ------------------------------------------------------------------

MQTT_URL: str = env.str("MQTT_URL", default="")
MQTT_CA_FILE: str = env.str("MQTT_CA_FILE", default="")
# The broker keeps taps for this name while the bridge is down.
MQTT_CLIENT_ID: str = env.str("MQTT_CLIENT_ID", default="trackxpert")

# --- mail and notices to guardians ------------------------------------------------------------

# By the server of the settings; another scheme than SMTP's is for trying out.
EMAIL_URL: str = env.str("EMAIL_URL", default="")
EMAIL_BACKEND = "institution.mail.ConfiguredBackend"
if EMAIL_URL and "smtp" not in (_mail := env.email_url_config(EMAIL_URL))["EMAIL_BACKEND"]:
    vars().update(_mail)
EMAIL_TIMEOUT: int = env.int("NOTICE_TIMEOUT", default=10)
SMS_GATEWAY_TIMEOUT = EMAIL_TIMEOUT
NOTICE_MAX_ATTEMPTS: int = env.int("NOTICE_MAX_ATTEMPTS", default=6)
# Threads that send at once: a gateway that takes a second for each SMS must not take all day.
NOTICE_SENDERS: int = env.int("NOTICE_SENDERS", default=4)
# On the first day after a week or a month, campus time.
REPORT_SEND_AT: str = env.str("REPORT_SEND_AT", default="06:30")

# --- webhooks ---------------------------------------------------------------------------------

WEBHOOK_ALLOW_PRIVATE_NETWORKS: bool = env.bool("WEBHOOK_ALLOW_PRIVATE_NETWORKS", default=False)
# In a network of one's own few have a certificate.
WEBHOOK_ALLOW_HTTP: bool = env.bool("WEBHOOK_ALLOW_HTTP", default=WEBHOOK_ALLOW_PRIVATE_NETWORKS)
WEBHOOK_CA_FILE: str = env.str("WEBHOOK_CA_FILE", default="")
WEBHOOK_SENDERS: int = env.int("WEBHOOK_SENDERS", default=8)
WEBHOOK_TIMEOUT: int = env.int("WEBHOOK_TIMEOUT", default=10)
WEBHOOK_MAX_ATTEMPTS: int = env.int("WEBHOOK_MAX_ATTEMPTS", default=10)
WEBHOOK_OFF_AFTER_HOURS: int = env.int("WEBHOOK_OFF_AFTER_HOURS", default=72)

# --- language and time ------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("sw", "Kiswahili")]
LOCALE_PATHS = [BASE_DIR / "locale"]
# What somebody chose at the foot of the menu; else the browser's `Accept-Language` says.
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = IS_HTTPS
# Of the environment, or the default; `institution.reading` follows what the office decides.
TIME_ZONE: str = vars().get("CAMPUS_ZONE", declared.CAMPUS_ZONE.default)
FORMAT_MODULE_PATH = ["core.formats"]
USE_I18N = True
USE_TZ = True

# --- files ------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
# Pages of other hosts have no use for our styles and scripts.
WHITENOISE_ALLOW_ALL_ORIGINS = False
MEDIA_URL = "media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(STATE_DIR / "media")))
# Whatever the umask of whoever runs it: no other account of the machine reads anything of this.
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
# Where every node sees photos, evidence, print and import files (docs/adr/0006-files.md).
FILE_STORAGES = ("database", "s3")
FILE_STORAGE: str = env.str("FILE_STORAGE", default="database")
S3_BUCKET: str = env.str("S3_BUCKET", default="")
_S3 = {
    "bucket_name": S3_BUCKET,
    "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
    "region_name": env.str("S3_REGION", default="us-east-1"),
    "access_key": env.str("S3_ACCESS_KEY", default="") or None,
    "secret_key": env.str("S3_SECRET_KEY", default="") or None,
    "location": env.str("S3_PREFIX", default=""),
    "file_overwrite": False,
    # Of a file that is read so much is in memory, the rest on disk while it is read.
    "max_memory_size": 1024 * 1024,
}
# Those of the night, which need no other name for the server and its keys.
BACKUP_S3_BUCKET: str = env.str("BACKUP_S3_BUCKET", default="")
_S3_OF_BACKUPS = {**_S3, "bucket_name": BACKUP_S3_BUCKET, "location": ""}
_KEPT_IN = {
    "database": {"BACKEND": "files.database.DatabaseStorage"},
    "s3": {"BACKEND": "files.s3.S3FileStorage", "OPTIONS": _S3},
    # As before files were in the database; `move_files` takes them from there.
    "folder": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
}
KNOWN_STORAGES = tuple(_KEPT_IN)
STORAGES = {
    **_KEPT_IN,
    "default": _KEPT_IN.get(FILE_STORAGE, _KEPT_IN["database"]),
    "backups": {"BACKEND": "files.s3.S3FileStorage", "OPTIONS": _S3_OF_BACKUPS},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- seen from outside --------------------------------------------------------------------------

# Who sends it is told /metrics and /status; without it only this machine is, if it serves no other.
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")
# What takes longer is logged, without the values; 0: nothing is.
SLOW_QUERY_SECONDS: float = env.float("SLOW_QUERY_SECONDS", default=1)
# A last good backup that is older is a fault; 0: nobody asks.
BACKUP_WITHIN = timedelta(hours=env.int("BACKUP_WITHIN_HOURS", default=48))
# For whom backups are encrypted, if the command does not say: age1...
BACKUP_RECIPIENTS: list[str] = env.list("BACKUP_RECIPIENTS", default=[])
# Each day at this time on the campus, into a folder or, by `s3`, a bucket; nothing: by hand only.
# Whose database is elsewhere backs that up there.
BACKUP_AT: str = env.str("BACKUP_AT", default="02:15" if EMBEDDED_DATABASE else "")
BACKUP_TO: str = env.str("BACKUP_TO", default=str(STATE_DIR / "backups"))
BACKUP_KEEP: int = env.int("BACKUP_KEEP", default=7)
LOG_FORMATS = ("line", "json")
LOG_FORMAT: str = env.str("LOG_FORMAT", default="line")
_LOG_AS = LOG_FORMAT if LOG_FORMAT in LOG_FORMATS else "line"

# --- background work, history, logs -----------------------------------------------------------

Q_CLUSTER = {
    "name": "trackxpert",
    "orm": "default",
    "workers": env.int("BACKGROUND_WORKERS", default=1),
    "timeout": 600,
    # A task whose worker was killed is handed out again after `retry` seconds.
    "retry": 660,
    "max_attempts": 5,
    "poll": 1,
    "catch_up": False,
    "save_limit": 1000,
}

PGHISTORY_APPEND_ONLY = True
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "core.logs.LineFormatter",
            "format": "{asctime} {levelname} {name}{about}: {message}",
            "style": "{",
        },
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "{asctime}{levelname}{name}{process}{message}",
            "style": "{",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    },
    "filters": {
        "with_request": {"()": "core.logs.WithRequest"},
        "without_traceback": {"()": "core.logs.WithoutTraceback"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": _LOG_AS,
            "filters": ["with_request"],
        },
        "refusals": {
            "class": "logging.StreamHandler",
            "formatter": _LOG_AS,
            "filters": ["with_request", "without_traceback"],
        },
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # What Django refuses with a 400: a look-up, a form or a cookie that somebody made up.
        "django.security": {"handlers": ["refusals"], "level": "WARNING", "propagate": False},
        # 4xx answers are the client's news, not ours.
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}
