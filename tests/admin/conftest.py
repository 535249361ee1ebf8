"""Fixtures of the tests of the admin."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.reviewers import reviewers


@pytest.fixture
def users() -> tuple[User, User]:
    return reviewers()


@pytest.fixture
def hands(users: Any) -> tuple[Client, Client]:
    """The browsers of anna and boris."""
    anna, boris = Client(), Client()
    anna.force_login(users[0])
    boris.force_login(users[1])
    return anna, boris
