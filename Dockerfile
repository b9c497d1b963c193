# One image for every process of Loadstar; docker-compose.yml says which of them a container is.

FROM python:3.11.14-slim-bookworm AS build
COPY requirements-production.lock /build/requirements-production.lock
RUN python -m venv /opt/loadstar
RUN /opt/loadstar/bin/python -m pip install --disable-pip-version-check --no-cache-dir --no-deps --require-hashes -r /build/requirements-production.lock

FROM python:3.11.14-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin loadstar
RUN install --directory --mode 0700 --owner 10001 --group 10001 /var/lib/loadstar
COPY --from=build /opt/loadstar /opt/loadstar
WORKDIR /srv/loadstar
# What .dockerignore lets through: the rooms and assets.
COPY . .
ENV PATH=/opt/loadstar/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/srv/loadstar \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    LOADSTAR_HOME=/var/lib/loadstar \
    LOADSTAR_DEMO=false
VOLUME /var/lib/loadstar
USER 10001:10001
EXPOSE 8050 8086
CMD ["python", "-m", "gunicorn", "--config", "config/gunicorn.py", "--no-control-socket", "dashboard.wsgi:server"]
