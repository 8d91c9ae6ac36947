"""Settings of the site. Every value that differs between hubs comes from the environment; `.env.example` lists them all."""

import os
import secrets
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.path("DATA_DIR", BASE_DIR / "var")
RUN_FILE = DATA_DIR / "run" / "endpoints.json"
_embedded = env.endpoints(RUN_FILE)


def _endpoint(name: str) -> str:
    return env.text(name) or _embedded.get(name, "")


# --- where the site stands -----------------------------------------------------------------------
HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000, least=1, most=65535)
SITE_URL = env.address("SITE_URL", f"http://{HOST}:{PORT}")
DEBUG = env.flag("DEBUG", False)
ALLOWED_HOSTS = list(
    env.words("ALLOWED_HOSTS", ("127.0.0.1", "localhost", "[::1]", HOST, SITE_URL.split("//")[1].split(":")[0]))
)
CSRF_TRUSTED_ORIGINS = [SITE_URL]
_https = SITE_URL.startswith("https://")
# Headers of a proxy in front are believed when there is one, and then only those of these addresses.
BEHIND_PROXY = env.flag("BEHIND_PROXY", False)
FORWARDED_ALLOW_IPS = env.text("FORWARDED_ALLOW_IPS", "127.0.0.1")
WEB_PROCESSES = env.integer("WEB_PROCESSES", 2, least=1)


def _secret_key() -> str:
    """The signing key of sessions: made once, kept in a file only its owner reads."""
    file = env.path("SECRET_KEY_FILE", DATA_DIR / "keys" / "secret_key")
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o400)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(64))
    return file.read_text(encoding="ascii").strip()


SECRET_KEY = _secret_key()

# --- rooms ---------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "web",
    "chain",
    "ledger",
    "hub",
    "hub.accounts",
    "hub.uploads",
    "hub.repositories",
    "hub.contributions",
    "hub.reviews",
    "hub.moderation",
    "hub.explore",
    "hub.demo",
    "rewards",
    "config",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "web.middleware.RequestIdMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "web.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "web.middleware.ErrorMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.context_processors.site",
            ],
            "builtins": [
                "web.templatetags.display",
                "web.templatetags.slots",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
        },
    }
]

# --- storage -------------------------------------------------------------------------------------
DATABASE_URL = _endpoint("DATABASE_URL")
DATABASES = {
    "default": {
        **env.database(DATABASE_URL or "postgresql://akashi@127.0.0.1:5432/akashi"),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": env.integer("DATABASE_POOL", 12, least=2), "timeout": 20}},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = _endpoint("REDIS_URL") or "redis://127.0.0.1:6379"


def _redis(database: int, *, broker: bool = False) -> str:
    """The address of one numbered Valkey database: `redis://host:port` or `unix:///path/to/socket`."""
    if REDIS_URL.startswith("unix://"):
        path = REDIS_URL.removeprefix("unix://")
        return f"redis+socket://{path}?virtual_host={database}" if broker else f"unix://{path}?db={database}"
    return f"{REDIS_URL.rstrip('/')}/{database}"


CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _redis(1)}}
BLOB_DIR = env.path("BLOB_DIR", DATA_DIR / "blobs")
UPLOAD_DIR = env.path("UPLOAD_DIR", DATA_DIR / "uploads")
LOG_DIR = env.path("LOG_DIR", DATA_DIR / "log")
EPOCH_DIR = env.path("EPOCH_DIR", DATA_DIR / "epochs")

# --- people --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/me"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "hub.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"signup": "hub.accounts.forms.SignupForm"}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USERNAME_MIN_LENGTH = 2
EMAIL_HOST = env.text("EMAIL_HOST")
_email_tls = env.choice("EMAIL_TLS", "starttls", ("starttls", "tls", "none"))
EMAIL_USE_TLS, EMAIL_USE_SSL = _email_tls == "starttls", _email_tls == "tls"
EMAIL_PORT = env.integer("EMAIL_PORT", 465 if EMAIL_USE_SSL else 587, least=1, most=65535)
EMAIL_HOST_USER = env.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_PASSWORD")
EMAIL_TIMEOUT = 10
# Without a mail server letters are written into files.
EMAIL_BACKEND = env.text("EMAIL_BACKEND") or (
    f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
)
EMAIL_FILE_PATH = str(DATA_DIR / "mail")
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "akashi@localhost")

# --- words ---------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ja", "日本語"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "akashi_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

# --- pages ---------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", BASE_DIR / "static-root")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FORM_RENDERER = "web.forms.Renderer"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "worker-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SECURE_SSL_REDIRECT = _https
# Asked from inside, without the proxy that speaks TLS.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "web.views.csrf_failure"
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Every route except those of the receiver takes bodies up to this size (bytes).
BODY_CAP = 2 * 1024 * 1024
TEST_RUNNER = "django.test.runner.DiscoverRunner"
SILENCED_SYSTEM_CHECKS: list[str] = []

# --- API -----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "hub.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_PARSER_CLASSES": ["web.api.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.rate("RATE_ANONYMOUS", "600/min"),
        "user": env.rate("RATE_ACCOUNT", "1200/min"),
    },
    "EXCEPTION_HANDLER": "web.api.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Akashi",
    "DESCRIPTION": "Datasets, models and their provenance; every change is an entry in a public Merkle log.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "AccountKindEnum": "hub.accounts.models.Account.Kind",
        "OfferedVisibilityEnum": "hub.repositories.services.OFFERED",
        "RemovalReasonEnum": "hub.uploads.takedowns.REASONS",
        "RepositoryKindEnum": "hub.events.REPOSITORY_KINDS",
        "UploadStateEnum": "hub.uploads.models.Upload.State",
        "VisibilityEnum": "hub.events.VISIBILITIES",
        "WorkKindEnum": "hub.events.WORK_KINDS",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "web.schema.add_problems"],
}

# --- limits --------------------------------------------------------------------------------------
QUOTA_BYTES = env.integer("QUOTA_BYTES", 200 * 1024**3)
FILE_BYTES = env.integer("FILE_BYTES", 50 * 1024**3)
ENTRIES_PER_HOUR = env.integer("ENTRIES_PER_HOUR", 600, least=1)

# --- the log and its chain -----------------------------------------------------------------------
LOG_ORIGIN = env.text("LOG_ORIGIN")
LOG_KEY_FILE = env.path("LOG_KEY_FILE", DATA_DIR / "keys" / "log.pem")
ANCHOR_INTERVAL = env.integer("ANCHOR_INTERVAL", 60, least=1)
ANCHOR_ENTRIES = env.integer("ANCHOR_ENTRIES", 1000, least=1)
# Who cosigns the log's checkpoints, and how many of them make a checkpoint count as witnessed.
WITNESSES = env.witnesses("WITNESSES")
WITNESSES_NEEDED = env.integer(
    "WITNESSES_NEEDED", len(WITNESSES) // 2 + bool(WITNESSES), least=bool(WITNESSES), most=len(WITNESSES)
)
CHAIN_RPC_URLS = [part.strip() for part in _endpoint("CHAIN_RPC_URLS").split(",") if part.strip()]
CHAIN_ID = env.integer("CHAIN_ID", int(_embedded.get("CHAIN_ID") or 31337), least=1)
CHAIN_EMBEDDED = env.flag("CHAIN_EMBEDDED", _embedded.get("CHAIN_EMBEDDED") == "1")
# The binary of the embedded chain's node; empty: the npm package, else the search path.
ANVIL = env.text("ANVIL")
CHAIN_SNAPSHOT_DIR = DATA_DIR / "chain"
DEPLOYMENT_FILE = env.path("DEPLOYMENT_FILE", DATA_DIR / "chain" / "deployment.json")
OPERATOR_KEYSTORE = env.path("OPERATOR_KEYSTORE", DATA_DIR / "keys" / "operator.json")
OPERATOR_PASSWORD_FILE = env.path("OPERATOR_PASSWORD_FILE", DATA_DIR / "keys" / "operator.password")
# Where the operator's key lies: in the keystore, or elsewhere, and a command signs for this address.
OPERATOR_SIGNER = env.choice("OPERATOR_SIGNER", "keystore", ("keystore", "command"))
OPERATOR_COMMAND = env.text("OPERATOR_COMMAND")
OPERATOR_ADDRESS = env.text("OPERATOR_ADDRESS")
# The cold key that may replace the operator (an address), and the public delay before it does, in seconds.
ROTATION_ADDRESS = env.text("ROTATION_ADDRESS")
ROTATION_DELAY = env.integer("ROTATION_DELAY", 2 * 24 * 3600, least=3600)
# Above this fee the sender waits. Gwei per unit of gas.
CHAIN_MAX_FEE_GWEI = env.integer("CHAIN_MAX_FEE_GWEI", 500, least=1)
CHAIN_TIMEOUT = env.integer("CHAIN_TIMEOUT", 8, least=1)
CONFIRMATIONS = env.integer("CONFIRMATIONS", 3 if CHAIN_EMBEDDED else 12, least=1)
# What the distributor is made with; once it stands, its own values count. Seconds, whole tokens, wei.
EPOCH_SECONDS = env.integer("EPOCH_SECONDS", 300 if CHAIN_EMBEDDED else 7 * 24 * 3600, least=1)
WINDOW_SECONDS = env.integer("WINDOW_SECONDS", 60 if CHAIN_EMBEDDED else 2 * 24 * 3600, least=1)
FIRST_BUDGET = env.integer("FIRST_BUDGET", 400_000, least=1)
HALVING_SECONDS = env.integer("HALVING_SECONDS", 2 * 364 * 24 * 3600, least=1)
CHALLENGE_BOND = env.integer("CHALLENGE_BOND", 10**17, least=1)
# Who cancels proposals, and who dismisses challenges and announces rules (addresses).
GUARDIAN_ADDRESS = env.text("GUARDIAN_ADDRESS")
COUNCIL_ADDRESS = env.text("COUNCIL_ADDRESS")
DEMO = env.flag("DEMO", True)
METRICS_TOKEN = env.text("METRICS_TOKEN")
SOURCE_URL = env.text("SOURCE_URL")

# --- background work -----------------------------------------------------------------------------
CELERY_BROKER_URL = _redis(0, broker=True)
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 6 * 3600, "socket_connect_timeout": 5}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "web.requestids.RequestIdFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}},
    "root": {"handlers": ["stderr"], "level": env.choice("LOG_LEVEL", "INFO", _LEVELS)},
}
SITE_NAME = _("Akashi")
