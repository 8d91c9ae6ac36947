from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def rewards(request: HttpRequest) -> HttpResponse:
    """Says plainly that nothing is computed or paid yet."""
    return render(request, "rewards/not_yet.html", {"section": "rewards"})
