FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /app

COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/base.txt

COPY . .
# The settings require a key even if nothing is signed. This one is used for this command only.
RUN SECRET_KEY=unused python manage.py collectstatic --noinput --verbosity 0

# The application writes nothing to disk: root owns its files, and it runs as another user.
RUN useradd --system --uid 10001 --no-create-home claimsdb
USER claimsdb

ENV BIND=0.0.0.0 PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["sh", "-c", "python manage.py migrate --verbosity 0 && python manage.py load_seeds && exec gunicorn"]
