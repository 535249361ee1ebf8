"""Tokens over HTTP: who has a good one is let in, and nobody else."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from claims.models import Token
from tests.api import anonymous, problem, url

pytestmark = pytest.mark.django_db


def _client(token):
    client = anonymous()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def test_a_token_lets_in_those_with_the_permission():
    bob = User.objects.create_user("bob")
    _, token = Token.objects.create(bob, name="tests")
    problem(_client(token).post(url("topics"), {"name": "Bridges"}, format="json"), 403)
    bob.is_superuser = True
    bob.save()
    assert _client(token).post(url("topics"), {"name": "Bridges"}, format="json").status_code == 201


@pytest.mark.parametrize("token", ["wrong", "0" * 64, "тайна".encode().decode("latin-1"), "two words", ""])
def test_a_wrong_token_is_refused_even_to_read(token):
    Token.objects.create(User.objects.create_user("bob"), name="tests")
    problem(_client(token).get(url("topics")), 401)


def test_a_token_ends():
    bob = User.objects.create_user("bob")
    _, expired = Token.objects.create(bob, expiry=timedelta(seconds=-1), name="expired")
    kept, good = Token.objects.create(bob, name="tests")
    problem(_client(expired).get(url("topics")), 401)
    assert _client(good).get(url("topics")).status_code == 200

    User.objects.update(is_active=False)
    problem(_client(good).get(url("topics")), 401)
    User.objects.update(is_active=True)
    assert _client(good).get(url("topics")).status_code == 200

    kept.delete()
    problem(_client(good).get(url("topics")), 401)
