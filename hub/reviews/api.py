"""`/api/v1/reviews` and `/api/v1/works`: decide, appeal, submit, assess, and read what was known at each verdict."""

import uuid
from typing import TYPE_CHECKING, Any, cast

from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.accounts import selectors as accounts
from hub.contributions import links
from hub.contributions import selectors as contributions
from hub.errors import Invalid, NotFound
from hub.events import VERDICTS
from hub.repositories import selectors as repositories
from hub.repositories.canonical import canonical_response
from hub.repositories.errors import RevisionNotFound
from hub.reviews import selectors, serializers, services, words
from hub.reviews.selectors import Task
from web import http
from web.api import KeysetAPIPagination, idempotent
from web.errors import BadInput

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.contributions.models import Contribution

REPOSITORY = OpenApiParameter("repository", OpenApiTypes.UUID, description="Only those in this repository.")
WORK = OpenApiParameter(
    "key", str, OpenApiParameter.PATH, description="`contrib:` and its id, or `rev:` and the revision's 64 hex digits."
)
RAW = {(200, "application/json"): OpenApiTypes.OBJECT}


class _View(APIView):
    """Everybody may read what is public; changes take an account."""

    permission_classes = [IsAuthenticatedOrReadOnly]


# --- verdicts ------------------------------------------------------------------------------------
class ReviewsView(_View):
    keyset_order = ("-time", "-id")
    pagination_class = KeysetAPIPagination

    @extend_schema(
        operation_id="reviews_list",
        parameters=[
            REPOSITORY,
            OpenApiParameter("contribution", OpenApiTypes.UUID, description="Only those on this contribution."),
            OpenApiParameter("reviewer", str, description="Only those by this account, by handle."),
            OpenApiParameter("verdict", str, enum=list(VERDICTS), description="Only these."),
        ],
        responses=serializers.ReviewSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Verdicts in repositories that you may see, newest first."""
        rows = selectors.reviews(request.user)
        if repository := _uuid(request, "repository"):
            rows = rows.filter(contribution__repository=repository)
        if contribution := _uuid(request, "contribution"):
            rows = rows.filter(contribution=contribution)
        if verdict := http.choice(request.query_params, "verdict", VERDICTS):
            rows = rows.filter(verdict=verdict)
        if handle := http.text(request.query_params, "reviewer"):
            rows = rows.filter(reviewer=_person("reviewer", handle))
        pages = KeysetAPIPagination()
        found = pages.paginate_queryset(rows, request, self)
        return pages.get_paginated_response(serializers.ReviewSerializer(found, many=True).data)

    @extend_schema(
        operation_id="reviews_decide",
        request=serializers.NewReviewSerializer,
        responses={201: serializers.ReviewSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Accept what you looked at, ask for changes, or decline it. Accepting publishes exactly that revision."""
        wanted, account = _read(serializers.NewReviewSerializer(data=request.data)), _account(request)
        made = services.decide(
            account=account,
            contribution=_contribution(account, wanted["contribution"]),
            verdict=wanted["verdict"],
            reason_code=wanted.get("reason", ""),
            comment=wanted["comment"],
            expected_proposal=wanted["expected_proposal"],
            now=timezone.now(),
        )
        found = selectors.review_by_id(account, made.pk)
        headers = {"Location": f"/api/v1/reviews/{made.pk}"}
        return Response(serializers.ReviewSerializer(found).data, status=201, headers=headers)


class ReviewView(_View):
    @extend_schema(operation_id="reviews_read", responses=serializers.ReviewSerializer)
    def get(self, request: Request, id: int) -> Response:
        """One verdict."""
        return Response(serializers.ReviewSerializer(selectors.review_by_id(request.user, id)).data)


class ChecksView(_View):
    @extend_schema(operation_id="reviews_checks", responses=RAW)
    def get(self, request: Request, id: int) -> HttpResponseBase:
        """What was known at a verdict, byte for byte: its SHA-256 stands in the entry as `checks`."""
        found = selectors.review_by_id(request.user, id)
        return canonical_response(request, found.checks_id, bytes(found.checks.body))


class AppealsView(_View):
    @extend_schema(
        operation_id="reviews_appeal",
        request=serializers.NewAppealSerializer,
        responses={201: serializers.AppealSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Ask, once, that somebody else decides about your declined contribution."""
        wanted, account = _read(serializers.NewAppealSerializer(data=request.data)), _account(request)
        made = services.appeal(
            account=account,
            contribution=_contribution(account, wanted["contribution"]),
            comment=wanted["comment"],
            now=timezone.now(),
        )
        return Response(serializers.AppealSerializer(made).data, status=201)


class QueueView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="reviews_queue", responses=serializers.QueueSerializer)
    def get(self, request: Request) -> Response:
        """What waits for you: verdicts, assessments, and your own contributions that were sent back."""
        found = selectors.queue(_account(request), timezone.now())
        data = {
            "decide": [_waiting(task) for task in found.decide],
            "decide_more": found.decide_more,
            "assess": [_waiting(task) for task in found.assess],
            "assess_more": found.assess_more,
            "asked": [row.pk for row in found.asked],
        }
        return Response(serializers.QueueSerializer(data).data)


# --- works ---------------------------------------------------------------------------------------
class WorksView(_View):
    keyset_order = ("-submitted", "key")
    pagination_class = KeysetAPIPagination

    @extend_schema(
        operation_id="works_list",
        parameters=[
            REPOSITORY,
            OpenApiParameter("assessed", bool, description="Only those with an assessment, or only those without."),
        ],
        responses=serializers.WorkSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Works in repositories that you may see, newest first."""
        rows = selectors.works(request.user)
        if repository := _uuid(request, "repository"):
            rows = rows.filter(repository=repository)
        if assessed := http.choice(request.query_params, "assessed", ("true", "false")):
            rows = rows.filter(spoken__gt=0) if assessed == "true" else rows.filter(spoken=0)
        pages = KeysetAPIPagination()
        found = pages.paginate_queryset(rows, request, self)
        context = {"authors": selectors.authors_of_each([], found)}
        return pages.get_paginated_response(serializers.WorkSerializer(found, many=True, context=context).data)

    @extend_schema(
        operation_id="works_submit",
        request=serializers.NewWorkSerializer,
        responses={201: serializers.WorkSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Submit a published revision of yours for assessment. What was accepted as a contribution is a work already."""
        wanted, account = _read(serializers.NewWorkSerializer(data=request.data)), _account(request)
        try:
            revision = repositories.revision_by_id(account, wanted["revision"])
        except RevisionNotFound as error:
            raise Invalid("revision", error.message) from None
        made = services.submit_work(account=account, revision=revision, now=timezone.now())
        headers = {"Location": f"/api/v1/works/{made.key}"}
        return Response(_work(request, made.key), status=201, headers=headers)


class WorkView(_View):
    @extend_schema(operation_id="works_read", parameters=[WORK], responses=serializers.WorkSerializer)
    def get(self, request: Request, key: str) -> Response:
        """One work."""
        return Response(_work(request, key))


class AssessmentsView(_View):
    @extend_schema(
        operation_id="works_assessments",
        parameters=[WORK],
        responses=serializers.AssessmentSerializer(many=True),
    )
    def get(self, request: Request, key: str) -> Response:
        """What hub reviewers say about a work, the first one first."""
        found = selectors.assessments_of(selectors.work_by_key(request.user, key))
        return Response(serializers.AssessmentSerializer(found, many=True).data)

    @extend_schema(
        operation_id="works_assess",
        parameters=[WORK],
        request=serializers.NewAssessmentSerializer,
        responses={201: serializers.AssessmentSerializer},
    )
    @idempotent
    def post(self, request: Request, key: str) -> Response:
        """Assess a work, once. Only for hub reviewers, and never one's own, one's repository's or one's organisation's."""
        wanted, account = _read(serializers.NewAssessmentSerializer(data=request.data)), _account(request)
        work = selectors.work_by_key(account, key)
        made = services.assess(
            account=account,
            work=work,
            effort=wanted["effort"],
            quality=wanted["quality"],
            comment=wanted["comment"],
            now=timezone.now(),
        )
        return Response(serializers.AssessmentSerializer(made).data, status=201)


# --- shared --------------------------------------------------------------------------------------
def _account(request: Request) -> "Account":
    return cast("Account", request.user)


def _read(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _contribution(account: "Account", key: uuid.UUID) -> "Contribution":
    try:
        return contributions.contribution_by_id(account, key)
    except NotFound as error:
        raise Invalid("contribution", error.message) from None


def _person(field: str, handle: str) -> "Account":
    try:
        return accounts.account_by_handle(handle)
    except NotFound as error:
        raise BadInput(field, error.message) from None


def _uuid(request: Request, name: str) -> uuid.UUID | None:
    text = http.text(request.query_params, name)
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise BadInput(name, _("This is no id.")) from None


def _work(request: Request, key: str) -> Any:
    return serializers.WorkSerializer(selectors.work_by_key(request.user, key)).data


def _waiting(task: Task) -> dict[str, Any]:
    contribution, work = task.contribution, task.work
    shared = {
        "since": task.since,
        "stale": task.stale,
        "connections": [words.conflict(found) for found in task.connected],
        "appealed": contribution is not None and contribution.appealed is not None,
    }
    if work is not None:
        ids = {"contribution": None, "work": work.pk, "repository": work.repository_id}
        return {**shared, **ids, "url": f"/reviews/assess/{work.pk}"}
    assert contribution is not None
    ids = {"contribution": contribution.pk, "work": None, "repository": contribution.repository_id}
    return {**shared, **ids, "url": links.page(contribution)}
