"""What happens to a form that arrives after its sender was signed out, in another tab or by time."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

View = Callable[..., HttpResponseBase]
# What was written and not sent, one text for each session: the page that it belongs to, and the words.
_KEPT, _MOST = "kept_words", 10_000


def ask_to_sign_in(request: HttpRequest, page: str) -> HttpResponseBase:
    """To the sign-in page, and from there to `page`. Whoever sent a form reads there why."""
    if request.method == "POST":
        messages.warning(request, _("Your session ended; sign in to go on. What you sent was not done."))
    return redirect_to_login(page)


def signed_in(view: View) -> View:
    """Only for accounts. Like Django's `login_required`, but a form that came too late is not dropped without a word."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return ask_to_sign_in(request, request.get_full_path())

    return guarded


def form_of(page: Callable[..., str], keep: str = "") -> Callable[[View], View]:
    """An address that only takes the form of a page, whose address `page(**kwargs)` gives; only for accounts.

    To read it leads to the page. After a sign-in it leads there too; what stood in the field `keep` is kept for
    `kept_words`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            here = page(**kwargs)
            if request.method in {"GET", "HEAD"}:
                return redirect(here)
            if request.method == "POST" and not request.user.is_authenticated:
                words = request.POST.get(keep, "").strip() if keep else ""
                if words:
                    request.session[_KEPT] = {"page": here, "words": words[:_MOST]}
                return ask_to_sign_in(request, here)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def kept_words(request: HttpRequest, page: str) -> str:
    """What was written on `page` and could not be sent; empty when nothing was. Kept until `forget_words`."""
    kept = request.session.get(_KEPT) if request.user.is_authenticated else None
    return str(kept["words"]) if kept is not None and kept["page"] == page else ""


def forget_words(request: HttpRequest) -> None:
    """The words were sent."""
    request.session.pop(_KEPT, None)
