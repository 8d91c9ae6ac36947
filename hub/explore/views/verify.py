"""`/verify`: a digest, an entry number, a name or a bundle goes in, an answer in words comes out."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hub.explore import answers
from hub.explore.views.reading import typed
from ledger import verify_page
from ledger.trust import trust_anchors

MOST_BUNDLE = 1_500_000  # bytes that fit into one request; larger bundles are for the verifier itself


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """GET `q` (and `own`, when it is the digest of a file that the visitor has), or POST one bundle as `bundle`."""
    answer, problem = None, ""
    query = typed(request)
    if request.method == "POST":
        sent = request.FILES.get("bundle")
        if sent is None:
            problem = _("Choose a bundle first.")
        elif (sent.size or 0) > MOST_BUNDLE:
            problem = _("This bundle is too large to be checked here. akashi_verify.py checks it on your machine.")
        else:
            answer = answers.bundle_answer(sent.read())
    elif query:
        answer = answers.answer(query, request.user, own=request.GET.get("own") == "1")
    context = {
        "section": "verify",
        "query": query,
        "answer": answer,
        "problem": problem,
        "trust": trust_anchors(),
    }
    template = "explore/_answer.html" if getattr(request, "htmx", False) else "explore/verify.html"
    return render(request, template, context, status=422 if problem else 200)


@require_safe
def verifier(request: HttpRequest) -> HttpResponse:
    """The verifier itself: one file that needs Python and nothing else."""
    path = settings.BASE_DIR / "ledger" / "akashi_verify.py"
    return _download(path.read_bytes(), "text/x-python", path.name)


@require_safe
def static_page(request: HttpRequest) -> HttpResponse:
    """The same as one page that works from a disk. It carries its own script, so it is only downloaded."""
    return _download(verify_page.page(), "text/html; charset=utf-8", "verify.html")


def _download(data: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(data, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "public, max-age=300"
    return answer
