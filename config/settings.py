"""All settings, read from the environment once. docs/operations.md explains each variable."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment
from config.service_urls import LOOPBACK, database_options

django_stubs_ext.monkeypatch()

ROOT = Path(__file__).resolve().parent.parent
env = Environment()

DEMO = env.flag("PLAINTRIALS_DEMO", False)
SAMPLE_DATA = env.flag("PLAINTRIALS_SAMPLE", False)  # the trials are made up: pages have to say so
TESTING = env.flag("PLAINTRIALS_TEST", False)
DEBUG = env.flag("DEBUG", False)

SECRET_KEY = env.secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.secrets("SECRET_KEY_FALLBACKS")
SUPPRESSION_PEPPER = env.secret("SUPPRESSION_PEPPER", SECRET_KEY)

SITE_NAME = env.line("SITE_NAME", "Plain Trials")
SITE_URL = env.site("SITE_URL", "http://127.0.0.1:8000")
SITE_HOST = urlsplit(SITE_URL).hostname or ""
ON_LOOPBACK = SITE_HOST in LOOPBACK
SECURE = SITE_URL.startswith("https://")
if DEBUG and not ON_LOOPBACK:
    raise ImproperlyConfigured("DEBUG shows secrets to visitors: it may be on only where SITE_URL names this machine.")

ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS") or [SITE_HOST]
if TESTING and not ON_LOOPBACK:
    raise ImproperlyConfigured("PLAINTRIALS_TEST is for tests: SITE_URL has to name this machine.")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
TRUSTED_PROXIES = env.proxies("TRUSTED_PROXIES")
METRICS_TOKEN = env.line("METRICS_TOKEN", "")
METRICS_NETWORKS = env.networks("METRICS_NETWORKS")
SENTRY_DSN = env.url("SENTRY_DSN", ("https", "http"), "", "https://key@errors.example.org/1")

INSTALLED_APPS = [
    "config.admin_config.SafeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "config",
    "trials",
    "explainers",
    "subscriptions",
    "django_prose_editor",  # its script only: static/js/admin-prose.js
]

MIDDLEWARE = [
    # Kept pages would show a test what it has just changed behind the site's back; its own tests switch it on.
    *([] if TESTING else ["config.page_cache.PageCacheMiddleware"]),
    "config.middleware.ForwardedMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.CapsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "config.middleware.AnswerMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.middleware.ForeignPostMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
            "builtins": ["trials.templatetags.wording"],
        },
    },
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [ROOT / "templates" / "jinja2"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "trials.fast_templates.environment",
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Data ---------------------------------------------------------------------------------------------------------

_LOCAL_DATABASE = {"ENGINE": "django.db.backends.postgresql", "NAME": "plaintrials"}
DATABASES: dict[str, dict[str, Any]] = {"default": env.database("DATABASE_URL") or _LOCAL_DATABASE}
if replica := env.database("DATABASE_REPLICA_URL"):
    DATABASES["replica"] = {**replica, "TEST": {"MIRROR": "default"}}
    DATABASE_ROUTERS = ["config.replica.Router"]
    MIDDLEWARE.insert(MIDDLEWARE.index("config.middleware.AnswerMiddleware") + 1, "config.replica.ReplicaMiddleware")
IS_WEB = env.text("PLAINTRIALS_PROCESS", "") == "web"  # gunicorn.conf.py says so
for database in DATABASES.values():
    # A thread keeps its connection for a minute. A page's query that takes longer than 15 s is stopped; workers may.
    database |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    database["OPTIONS"] = database_options(database.get("OPTIONS", {}), is_web=IS_WEB)
    database["DISABLE_SERVER_SIDE_CURSORS"] = database["OPTIONS"].pop("pgbouncer", "") != ""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.redis("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHE_URL = env.redis("CACHE_URL", REDIS_URL)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "pt",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

# --- The registry -------------------------------------------------------------------------------------------------

REGISTRY_URL = env.registry("REGISTRY_URL")
REGISTRY_SCOPE = env.line("REGISTRY_SCOPE", "")
REGISTRY_CONTACT = env.contact("REGISTRY_CONTACT")
REGISTRY_MIN_INTERVAL = 0.0 if TESTING else 1.0  # seconds between two requests; the registry asks for one
REGISTRY_POLL_SECONDS = env.number("REGISTRY_POLL_SECONDS", 900, least=1)

# --- Mail ---------------------------------------------------------------------------------------------------------

globals().update(env.mail("EMAIL_URL"))
EMAIL_TIMEOUT = 600  # a server may take minutes after the final dot; a shorter wait makes doubles
_MAIL_HOST = "example.org" if ON_LOOPBACK else SITE_HOST
DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <updates@{_MAIL_HOST}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
BOUNCE_DOMAIN = env.domain("BOUNCE_DOMAIN")
MAIL_RATE = env.number("MAIL_RATE", 25, least=0.01)
MAIL_DOMAIN_RATE = env.rates("MAIL_DOMAIN_RATE")  # by domain; under "" for all others
MAIL_AMBIGUOUS = env.choice("MAIL_AMBIGUOUS", ("resend", "hold"))
MAIL_HOLD = env.flag("MAIL_HOLD", False)
SWEEP_SECONDS = env.number("SWEEP_SECONDS", 60, least=1)
DKIM_KEY = env.private_key("DKIM_KEY")
DKIM_SELECTOR = env.domain("DKIM_SELECTOR")
if bool(DKIM_KEY) != bool(DKIM_SELECTOR):
    raise ImproperlyConfigured("DKIM_KEY and DKIM_SELECTOR go together: set both, or neither and let the relay sign.")
WEBHOOK_PROVIDER = env.choice("WEBHOOK_PROVIDER", ("", "mailgun", "postmark"))
WEBHOOK_SECRET = env.webhook_secret("WEBHOOK_SECRET")
WEBHOOK_SIGNING_KEY = env.line("WEBHOOK_SIGNING_KEY", "")
if WEBHOOK_PROVIDER and not WEBHOOK_SECRET:
    raise ImproperlyConfigured("WEBHOOK_PROVIDER needs WEBHOOK_SECRET, as name:password or a password alone.")
if WEBHOOK_PROVIDER == "mailgun" and not WEBHOOK_SIGNING_KEY:
    raise ImproperlyConfigured("Mailgun signs its reports: set WEBHOOK_SIGNING_KEY too.")
ANYMAIL = {"WEBHOOK_SECRET": WEBHOOK_SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": WEBHOOK_SIGNING_KEY}
SIGNUP_LIMITS = env.signup_limits("SIGNUP_LIMITS")
DEMO_MAIL_DIR = env.text("DEMO_MAIL_DIR", "")

REVIEWER_REQUIRED = env.flag("REVIEWER_REQUIRED", True)

# --- Work ---------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 3600
CELERY_TASK_SOFT_TIME_LIMIT = 3540
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 7200, "socket_timeout": 5, "socket_connect_timeout": 2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False  # a page never waits for Redis: the sweep finds what was not queued
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- Words and time -----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

# --- Files --------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "staticfiles"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "config.static_files.StaticFiles"
    },
}
WHITENOISE_MAX_AGE = 31536000
WHITENOISE_AUTOREFRESH = TESTING or DEBUG  # no collected files there: they are served as they lie

# --- Safety -------------------------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
SESSION_COOKIE_AGE = 12 * 3600
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "object-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a good one takes half a second, by design
SECOND_FACTOR_REQUIRED = not (DEMO or TESTING)
OTP_TOTP_ISSUER = SITE_NAME
OTP_TOTP_THROTTLE_FACTOR = 0  # config.sign_in slows guessing down; theirs has no end
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- Log ----------------------------------------------------------------------------------------------------------

# One JSON object a line, for a collector; plain lines while developing. Both without addresses, tokens and queries.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": f"config.logs.{'PlainLine' if DEBUG else 'JsonLine'}", "key": f"log:{SUPPRESSION_PEPPER}"}
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        # Django's own set-up gives these handlers of their own, which would go past the redaction.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
    },
}
