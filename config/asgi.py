"""The ASGI application: the receiver of big bodies in front, Django behind it."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()

from hub.uploads.receiver_routes import routes  # noqa: E402  (needs the apps loaded)
from web.receiver import Receiver  # noqa: E402

application = Receiver(django_application, routes)
