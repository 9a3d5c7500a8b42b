"""Every setting of the product, top to bottom. docs/settings.md explains each variable; a test compares the two."""

from pathlib import Path

from kombu import Queue

from config import brokers, databases, embedded, env, logs, mails, storages

BASE_DIR = Path(__file__).resolve().parents[2]

# -- Profile: embedded (nothing set) or production (DATABASE_URL; then REDIS_URL and two more have no default)

STATE = env.read("PETIOLE_STATE", env.folder, default=Path.cwd() / ".petiole")
_POSTGRESQL = env.read("DATABASE_URL", databases.postgresql, default=None)
PRODUCTION = _POSTGRESQL is not None
_redis = env.url("redis", "rediss", "unix")
# None: a broker of our own, which `manage.py up` starts on this socket.
BROKER_SOCKET = None
if PRODUCTION:
    REDIS_URL = env.read("REDIS_URL", _redis)
elif not (REDIS_URL := env.read("REDIS_URL", _redis, default="")):
    BROKER_SOCKET = embedded.socket_path(STATE)
    REDIS_URL = f"unix://{BROKER_SOCKET}"

# -- Django

DEBUG = env.read("PETIOLE_DEBUG", env.boolean, default=False)
if PRODUCTION:
    SECRET_KEY = env.read("PETIOLE_SECRET_KEY", str)
    ALLOWED_HOSTS = env.read("PETIOLE_HOSTS", env.names)
    # Without any key no credential can be stored; the rest works.
    ENCRYPTION_KEYS: list[str] = env.read("PETIOLE_ENCRYPTION_KEYS", env.fernet_keys, default=[])
else:
    SECRET_KEY = env.read("PETIOLE_SECRET_KEY", str, default="") or embedded.secret_key(STATE)
    ALLOWED_HOSTS = env.read("PETIOLE_HOSTS", env.names, default=["localhost", "127.0.0.1", "[::1]"])
    ENCRYPTION_KEYS = env.read("PETIOLE_ENCRYPTION_KEYS", env.fernet_keys, default=[]) or [
        embedded.encryption_key(STATE)
    ]
INSTALLED_APPS = [
    "config.admin_site.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "rest_framework",
    "drf_spectacular",
    "audit",
    "accounts",
    "credentials",
    "credits",
    "notifications",
    "graphs",
    "executions",
    "library",
    "scheduling",
    "config",
]
MIDDLEWARE = [
    "config.health.probes",
    "config.metrics.measured",
    "audit.origin.remembered",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "accounts.User"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # the admin's files are served from the packages: no collectstatic step
MEDIA_ROOT = env.read("PETIOLE_FILES", env.folder, default=STATE / "files")
STORAGES = {
    "default": env.read("PETIOLE_FILE_STORAGE", storages.entry, default=storages.FOLDER),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MIN_FREE_BYTES = env.read("PETIOLE_MIN_FREE_BYTES", env.whole(), default=32 * 1024 * 1024)
SERVE_HTTPS = env.read("PETIOLE_HTTPS", env.boolean, default=PRODUCTION)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SERVE_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if SERVE_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SERVE_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SERVE_HTTPS else None
DATA_UPLOAD_MAX_MEMORY_SIZE = env.read("PETIOLE_MAX_REQUEST_BYTES", env.whole(least=1024), default=16 * 1024 * 1024)

# -- Database

# How many connections a process with many threads keeps: the commands that start one (web, io worker) set it.
POOL = env.read("PETIOLE_POOL", env.whole(most=64), default=0)
PREPARED_STATEMENTS = env.read("PETIOLE_PREPARED_STATEMENTS", env.boolean, default=True)
DATABASES = {"default": databases.kept_open(_POSTGRESQL or databases.sqlite(STATE), pool=POOL)}

# -- Celery (each choice was measured: docs/decisions)

_CELERY_REDIS = embedded.celery_url(REDIS_URL)
CELERY_BROKER_URL = env.read("BROKER_URL", env.url("amqp", "amqps", "redis", "rediss"), default=_CELERY_REDIS)
CELERY_RESULT_BACKEND = _CELERY_REDIS
CELERY_TASK_DEFAULT_QUEUE = "engine"
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("engine", "io", "cpu")]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker and beat outlive any outage
VISIBILITY_SECONDS = 6 * 3600
CELERY_BROKER_TRANSPORT_OPTIONS = brokers.transport(CELERY_BROKER_URL, visibility=VISIBILITY_SECONDS)
LATE_PRIORITY = brokers.late_priority(CELERY_BROKER_URL)
CELERY_BROKER_CONNECTION_TIMEOUT = brokers.PATIENCE
CELERY_REDIS_SOCKET_TIMEOUT = CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = brokers.PATIENCE
_AT_ONCE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
CELERY_TASK_PUBLISH_RETRY = brokers.repeats(CELERY_BROKER_URL)
CELERY_TASK_PUBLISH_RETRY_POLICY = _AT_ONCE
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"retry_policy": _AT_ONCE}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SEND_SENT_EVENT = False
CELERY_TASK_TIME_LIMIT = env.read("PETIOLE_TASK_TIME_LIMIT", env.whole(least=60), default=6 * 3600 - 600)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONSUMER = "config.consumer:Consumer"
SHUTDOWN_SECONDS = env.read("PETIOLE_SHUTDOWN_SECONDS", env.seconds, default=10.0)
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = SHUTDOWN_SECONDS
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_DB_REUSE_MAX = 1_000_000_000  # otherwise Celery reconnects before and after every task
CELERY_BEAT_SCHEDULER = "scheduling.beat:Scheduler"
CELERY_TIMEZONE = "UTC"
DJANGO_CELERY_BEAT_TZ_AWARE = True

# -- Logs and start

LOGGING = logs.configuration(
    level=env.read("PETIOLE_LOG_LEVEL", logs.level, default="INFO"),
    as_json=env.read("PETIOLE_LOG_JSON", env.boolean, default=PRODUCTION),
)
# A process that serves makes this file when it is ready: `manage.py up` waits for it.
READY_FILE = env.read("PETIOLE_READY_FILE", env.folder, default=None)

# -- Metrics (docs/metrics.md): where workers show what they have counted, and who counts together

METRICS_PORT = env.read("PETIOLE_METRICS_PORT", env.whole(most=65535), default=0)
METRICS_HOST = env.read("PETIOLE_METRICS_HOST", str, default="127.0.0.1")
METRICS_FOLDER = env.read("PETIOLE_METRICS_FOLDER", env.folder, default=None)

# -- API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Petiole API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {"StatusEnum": "executions.states.Status", "VerdictEnum": "executions.states.Verdict"},
}

# -- Blocks

BLOCK_MODULES: list[str] = env.read("PETIOLE_BLOCK_MODULES", env.names, default=[])
SERVICE_URLS: dict[str, str] = env.read("PETIOLE_SERVICE_URLS", env.pairs, default={})
MODEL_KEYS: dict[str, str] = env.read("PETIOLE_MODEL_KEYS", env.pairs, default={})
PYTHON_CODE = env.read("PETIOLE_PYTHON_CODE", env.boolean, default=False)
BLOCK_MAIL = env.read("PETIOLE_BLOCK_MAIL", env.boolean, default=False)
BLOCK_MAIL_RECIPIENTS = env.read("PETIOLE_BLOCK_MAIL_RECIPIENTS", env.whole(least=1), default=10)
BLOCK_MAIL_BYTES = env.read("PETIOLE_BLOCK_MAIL_BYTES", env.whole(least=1024), default=256 * 1024)
OUTBOUND_ALLOW: list[str] = env.read("PETIOLE_OUTBOUND_ALLOW", env.names, default=[])

# -- Rooms above the engine that it asks by name

AGENTS_OF_RUN = "library.shelf.RunAgents"  # how blocks find the user's agents and those of the store
PRESET_FILLS = "library.presets.filled"  # what a start takes from a preset

# -- Credits (1 credit = 1 cent)

CREDITS = env.read("PETIOLE_CREDITS", env.boolean, default=False)
LOW_BALANCE = env.read("PETIOLE_LOW_BALANCE", env.whole(), default=500)
TIER_SIZE = env.read("PETIOLE_TIER_SIZE", env.whole(least=1), default=100)
TIER_COST = env.read("PETIOLE_TIER_COST", env.whole(), default=1)
MONTHLY_REFILL = env.read("PETIOLE_MONTHLY_REFILL", env.whole(), default=0)
REFUND_TOLERANCE = env.read("PETIOLE_REFUND_TOLERANCE", env.whole(), default=500)
PAYMENTS = env.read("PETIOLE_PAYMENTS", str, default="")
PAYMENT_PAGE = env.read("PETIOLE_PAYMENT_PAGE", env.url("http", "https"), default="")
STRIPE_KEY = env.read("PETIOLE_STRIPE_KEY", str, default="")
STRIPE_WEBHOOK_SECRET = env.read("PETIOLE_STRIPE_WEBHOOK_SECRET", str, default="")
STRIPE_API = env.read("PETIOLE_STRIPE_API", env.url("http", "https"), default="")

# -- Credentials

# System credentials and providers for logins: docs/settings.md#the-file-of-integrations
INTEGRATIONS = env.read("PETIOLE_INTEGRATIONS", env.folder, default=None)
CREDENTIALS_OF_USER = "executions.own_credentials.Own"  # what graphs ask when they are saved

# -- Limits of graphs and runs

MAX_NODES = env.read("PETIOLE_MAX_NODES", env.whole(least=1), default=10_000)
MAX_LINKS = env.read("PETIOLE_MAX_LINKS", env.whole(least=1), default=50_000)
MAX_DEPTH = env.read("PETIOLE_MAX_DEPTH", env.whole(least=1), default=20)
MAX_NODE_EXECUTIONS = env.read("PETIOLE_MAX_NODE_EXECUTIONS", env.whole(least=1), default=100_000)
MAX_OUTPUT_BYTES = env.read("PETIOLE_MAX_OUTPUT_BYTES", env.whole(least=1024), default=16 * 1024 * 1024)
MAX_RUN_SECONDS = env.read("PETIOLE_MAX_RUN_SECONDS", env.seconds, default=7 * 86_400.0)
MAX_RUNS_PER_GRAPH = env.read("PETIOLE_MAX_RUNS_PER_GRAPH", env.whole(least=1), default=25)
MAX_RUNS_PER_USER = env.read("PETIOLE_MAX_RUNS_PER_USER", env.whole(least=1), default=100)
UPLOAD_BYTES = env.read("PETIOLE_UPLOAD_BYTES", env.whole(least=1024), default=256 * 1024 * 1024)
WEBHOOK_BYTES = env.read("PETIOLE_WEBHOOK_BYTES", env.whole(least=1024), default=1024 * 1024)
STARTS_PER_MINUTE = env.read("PETIOLE_STARTS_PER_MINUTE", env.whole(), default=600)  # per user; 0 = no limit

# -- The engine

MAX_ATTEMPTS = env.read("PETIOLE_MAX_ATTEMPTS", env.whole(least=1), default=5)
TAKEBACK_SECONDS = env.read("PETIOLE_TAKEBACK_SECONDS", env.seconds, default=15.0)
STOP_WAIT = env.read("PETIOLE_STOP_WAIT", env.seconds, default=15.0)
STOP_GRACE = env.read("PETIOLE_STOP_GRACE", env.seconds, default=5.0)
SWEEP_SECONDS = env.read("PETIOLE_SWEEP_SECONDS", env.whole(least=1, most=3600), default=5)
REPUBLISH_SECONDS = env.read("PETIOLE_REPUBLISH_SECONDS", env.seconds, default=30.0)
PUBLISH_WINDOW = env.read("PETIOLE_PUBLISH_WINDOW", env.whole(), default=20)
FLUSH_SECONDS = env.read("PETIOLE_FLUSH_SECONDS", env.seconds, default=0.05)
REFERENCE_BYTES = env.read("PETIOLE_REFERENCE_BYTES", env.whole(least=256), default=8 * 1024)
FILE_BYTES = env.read("PETIOLE_FILE_BYTES", env.whole(least=1024), default=256 * 1024)
USE_CHORDS = env.read("PETIOLE_CHORDS", env.boolean, default=True)

# -- Schedules and how long things are kept

SCHEDULE_GRACE = env.read("PETIOLE_SCHEDULE_GRACE", env.seconds, default=60.0)
SCHEDULE_FAILURES = env.read("PETIOLE_SCHEDULE_FAILURES", env.whole(least=1), default=5)
RETENTION_DAYS = env.read("PETIOLE_RETENTION_DAYS", env.whole(), default=90)  # 0 = for ever

# -- Around a run: moderation, summaries (docs/concepts/around.md)

_http = env.url("http", "https")
MODERATION_RULES = env.read("PETIOLE_MODERATION_RULES", env.folder, default=None)
MODERATION_URL = env.read("PETIOLE_MODERATION_URL", _http, default="")
MODERATION_KEY = env.read("PETIOLE_MODERATION_KEY", str, default="")
MODERATION_TIMEOUT = env.read("PETIOLE_MODERATION_TIMEOUT", env.seconds, default=30.0)
MODERATION_FAIL_OPEN = env.read("PETIOLE_MODERATION_FAIL_OPEN", env.boolean, default=False)
SUMMARY_URL = env.read("PETIOLE_SUMMARY_URL", _http, default="")
SUMMARY_KEY = env.read("PETIOLE_SUMMARY_KEY", str, default="")
SUMMARY_MODEL = env.read("PETIOLE_SUMMARY_MODEL", str, default="gpt-4o-mini")
SUMMARY_TIMEOUT = env.read("PETIOLE_SUMMARY_TIMEOUT", env.seconds, default=60.0)

# -- Notifications (docs/notifications.md)

_server = env.read("PETIOLE_MAIL_URL", mails.server, default=None)
SENDS_MAIL, _mail = _server is not None, _server or mails.Server()
DEFAULT_FROM_EMAIL = env.read("PETIOLE_MAIL_FROM", str, default="petiole@localhost")
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.host, _mail.port, _mail.user, _mail.password
EMAIL_USE_SSL, EMAIL_USE_TLS, EMAIL_TIMEOUT = _mail.ssl, _mail.tls, 20
SITE_URL: str = env.read("PETIOLE_SITE_URL", _http, default="") or mails.site(ALLOWED_HOSTS, https=SERVE_HTTPS)
_said = env.read("PETIOLE_NOTIFY_RUNS", env.boolean, default=None)
NOTIFY_RUNS = SENDS_MAIL if _said is None else _said
NOTIFICATION_BATCH_SECONDS = env.read("PETIOLE_NOTIFICATION_BATCH_SECONDS", env.seconds, default=86_400.0)
