"""For commands: whether the database answers, asked before the work and without the pool's patience."""

import psycopg
from django.core.management import CommandError
from django.db import connection

SECONDS = 3


def must_answer() -> None:
    """Raises CommandError with one sentence when the database does not answer within 3 seconds."""
    parameters = connection.get_connection_params()
    try:
        psycopg.connect(**{**parameters, "connect_timeout": SECONDS}).close()
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise CommandError(f"The database does not answer. Is the hub running? ({reason})") from None
