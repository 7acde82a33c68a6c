# Tags are exact. Pin their digests as well once you have pulled them: deploy/README.md says how.
FROM python:3.13.7-slim-bookworm AS build
WORKDIR /srv/app
COPY pyproject.toml requirements.lock deploy/production_lock.py ./
# EXTRAS=sentry for error reports.
ARG EXTRAS=""
RUN python -m venv /venv \
 && python production_lock.py pyproject.toml requirements.lock $EXTRAS > /srv/production.lock \
 && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /srv/production.lock
COPY . .
# The key of this one step signs nothing and goes nowhere.
RUN python -c 'import secrets; print(secrets.token_urlsafe(50))' > /tmp/key \
 && SECRET_KEY_FILE=/tmp/key PLAINTRIALS_NO_VENV=1 /venv/bin/python manage.py collectstatic --noinput -v 0 \
 && rm /tmp/key \
 && /venv/bin/python -m compileall -q . /venv/lib

FROM python:3.13.7-slim-bookworm AS app
RUN groupadd --gid 10001 app \
 && useradd --uid 10001 --gid app --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin app
COPY --from=build /venv /venv
COPY --from=build /srv/app /srv/app
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PLAINTRIALS_NO_VENV=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /srv/app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=20s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-m", "config.health", "web"]
CMD ["gunicorn", "config.wsgi", "-b", "0.0.0.0:8000", "-w", "3", "-k", "gthread", "--threads", "4"]

# TLS at the edge, without root: the folders for certificates belong to its user, and so do the volumes made of them.
FROM caddy:2.10.2-alpine AS proxy
COPY deploy/Caddyfile /etc/caddy/Caddyfile
RUN mkdir -p /data/caddy /config/caddy && chown -R 10002:10002 /data /config
USER 10002:10002
EXPOSE 8080 8443
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
