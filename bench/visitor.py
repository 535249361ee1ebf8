"""An administrator for a run: `come` prints a token and a session key as JSON, `go` removes both.

The account is kept, because rows it added may still exist.
"""

import json
import sys

import django


def come() -> dict[str, str]:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.db import SessionStore

    from claims.models import Token

    user, _ = get_user_model().objects.get_or_create(username=NAME, is_superuser=True, is_staff=True)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {"token": Token.objects.create(user, name="bench")[1], "session": str(session.session_key)}


def go() -> None:
    """Delete the bench's tokens and all sessions, including those of a killed run: nobody else uses this database."""
    from django.contrib.sessions.models import Session

    from claims.models import Token

    Session.objects.all().delete()
    Token.objects.filter(user__username=NAME).delete()


NAME = "bench"

if __name__ == "__main__":
    django.setup()
    go()
    if sys.argv[1] == "come":
        json.dump(come(), sys.stdout)
