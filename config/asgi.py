"""The ASGI application: the receiver of big bodies in front, Django behind it."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Django's own annotations of ASGI differ from the receiver's in form only.
django_application: Any = get_asgi_application()

from hub.uploads.receiver_routes import routes  # noqa: E402  (needs the apps loaded)
from web.receiver import Receiver  # noqa: E402

application = Receiver(django_application, routes)
