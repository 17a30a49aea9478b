# Image de production : les mêmes gestes que `make installer` (voir feuille_de_route/lancement/systeme.py),
# sans les services privés ni les outils d'essai. docs/exploitation.md dit comment s'en servir.
FROM python:3.12-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PATH=/app/.venv/bin:$PATH

RUN apt-get update -q \
    && apt-get install -y -q --no-install-recommends \
        fontconfig fonts-dejavu-core libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /app --shell /usr/sbin/nologin feuille \
    && install -d -o feuille -g feuille /app /donnees /donnees/coffre /donnees/depot-anct

WORKDIR /app

COPY requirements.lock ./
RUN python -m venv .venv && .venv/bin/python -m pip install -q --require-hashes -r requirements.lock

COPY . .

# Ces valeurs ne servent qu'à cette commande : rien n'en reste dans l'image.
RUN MODE=production SECRET_KEY=construction-de-l-image ALLOWED_HOSTS=localhost \
    DATABASE_URL=postgresql://construction@localhost/construction STATIC_ROOT=/app/statiques \
    python manage.py collectstatic --no-input -v 0

ENV MODE=production \
    STATIC_ROOT=/app/statiques \
    MEDIA_ROOT=/donnees/coffre \
    TRANSMISSION_DEPOT=/donnees/depot-anct \
    CELERY_BEAT_FICHIER=/tmp/celerybeat

USER feuille
EXPOSE 8000
VOLUME ["/donnees"]
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
    CMD ["python", "-m", "feuille_de_route.lancement.sante", "site"]
CMD ["gunicorn", "feuille_de_route.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-", \
     "--logger-class", "feuille_de_route.journal_http.JournalSansJeton"]
