"""`/api/v1/contributions`: propose, change, move, withdraw, discuss, and read everything needed to judge a proposal."""

import uuid
from typing import TYPE_CHECKING, Any, cast

from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.accounts import selectors as accounts
from hub.contributions import selectors, serializers, services
from hub.contributions.errors import ContributionNotFound, PathsCollide
from hub.contributions.models import Comment, Contribution
from hub.errors import NotFound
from hub.repositories import selectors as repositories
from hub.repositories.canonical import canonical_response
from hub.repositories.models import FileChange
from hub.repositories.serializers import FileChangeSerializer, to_change
from web import http
from web.api import KeysetAPIPagination, Problem, idempotent
from web.errors import BadInput

if TYPE_CHECKING:
    from hub.accounts.models import Account

KEY = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
FILTERS = [
    OpenApiParameter("repository", OpenApiTypes.UUID, description="Only those to this repository."),
    OpenApiParameter("state", str, enum=Contribution.State.values, description="Only those in this state."),
    OpenApiParameter("contributor", str, description="Only those that this account opened, by handle."),
]
RAW = {(200, "application/json"): OpenApiTypes.OBJECT}


class _View(APIView):
    """Everybody may read what is public; changes take an account."""

    permission_classes = [IsAuthenticatedOrReadOnly]


# --- contributions -------------------------------------------------------------------------------
class ContributionsView(_View):
    keyset_order = ("-opened", "id")
    pagination_class = KeysetAPIPagination

    @extend_schema(
        operation_id="contributions_list",
        parameters=FILTERS,
        responses=serializers.ContributionSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Contributions to repositories that you may see, newest first."""
        rows = selectors.contributions(request.user)
        if repository := http.text(request.query_params, "repository"):
            rows = rows.filter(repository=repositories.repository_by_id(request.user, _uuid(repository)))
        if state := http.choice(request.query_params, "state", Contribution.State.values):
            rows = rows.filter(state=state)
        if handle := http.text(request.query_params, "contributor"):
            rows = rows.filter(contributor=_person(handle))
        pages = KeysetAPIPagination()
        found = pages.paginate_queryset(rows, request, self)
        context = {"authors": selectors.authors_of_each(found)}
        return pages.get_paginated_response(serializers.ContributionSerializer(found, many=True, context=context).data)

    @extend_schema(
        operation_id="contributions_open",
        request=serializers.NewContributionSerializer,
        responses={201: serializers.ContributionSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Propose a revision of a repository that you may read. All of it, or nothing."""
        wanted, account = _read(serializers.NewContributionSerializer(data=request.data)), _account(request)
        made = services.open_contribution(
            account=account,
            repository=repositories.repository_by_id(account, wanted["repository"]),
            changes=[to_change(change) for change in wanted.get("changes", [])],
            title=wanted["title"],
            reason=wanted["reason"],
            kind=wanted["kind"],
            metrics=wanted.get("metrics"),
            authors=_shares(wanted),
            expected_base=wanted.get("expected_base"),
            now=timezone.now(),
        )
        return _answer(request, made.pk, status=201, headers={"Location": f"/api/v1/contributions/{made.pk}"})


class ContributionView(_View):
    @extend_schema(operation_id="contributions_read", parameters=[KEY], responses=serializers.ContributionSerializer)
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """One contribution and its newest version."""
        return _answer(request, id)


class VersionsView(_View):
    @extend_schema(
        operation_id="contributions_versions",
        parameters=[KEY],
        responses=serializers.VersionSerializer(many=True),
    )
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """All versions, oldest first."""
        found = selectors.contribution_by_id(request.user, id)
        context = {"repository": found.repository}
        return Response(serializers.VersionSerializer(selectors.proposals(found), many=True, context=context).data)

    @extend_schema(
        operation_id="contributions_update",
        parameters=[KEY],
        request=serializers.NewVersionSerializer,
        responses={201: serializers.ContributionSerializer},
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Propose a new version on the same base. It waits for a decision anew."""
        wanted, account = _read(serializers.NewVersionSerializer(data=request.data)), _account(request)
        services.update_contribution(
            account=account,
            contribution=selectors.contribution_by_id(account, id),
            changes=[to_change(change) for change in wanted.get("changes", [])],
            title=wanted.get("title"),
            reason=wanted.get("reason"),
            kind=wanted.get("kind"),
            metrics=wanted.get("metrics"),
            authors=_shares(wanted) if "authors" in wanted else None,
            expected_proposal=wanted.get("expected_proposal"),
            now=timezone.now(),
        )
        return _answer(request, id, status=201)


class JoinView(_View):
    @extend_schema(
        operation_id="contributions_join",
        parameters=[KEY],
        request=serializers.JoinSerializer,
        responses=serializers.ContributionSerializer,
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Agree to the share that the newest version names for you. Until you do, it stays with whoever proposed it. It
        becomes public and cannot be taken back."""
        wanted, account = _read(serializers.JoinSerializer(data=request.data)), _account(request)
        services.join(
            account=account,
            contribution=selectors.contribution_by_id(account, id),
            bps=wanted["bps"],
            expected_proposal=wanted.get("expected_proposal"),
            now=timezone.now(),
        )
        return _answer(request, id)


class RebaseView(_View):
    @extend_schema(
        operation_id="contributions_rebase",
        parameters=[KEY],
        request=serializers.RebaseSerializer,
        responses={201: serializers.ContributionSerializer},
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Take your changes, by path, to the newest revision. Where both sides changed a path, say which one counts: without
        that the answer is 409 and lists the `paths`."""
        wanted, account = _read(serializers.RebaseSerializer(data=request.data)), _account(request)
        try:
            services.rebase(
                account=account,
                contribution=selectors.contribution_by_id(account, id),
                mine=wanted.get("mine", []),
                theirs=wanted.get("theirs", []),
                expected_head=wanted.get("expected_head"),
                expected_proposal=wanted.get("expected_proposal"),
                now=timezone.now(),
            )
        except PathsCollide as error:
            raise Problem(409, "paths-collide", _("Changed on both sides"), str(error), paths=error.paths) from None
        return _answer(request, id, status=201)


class WithdrawView(_View):
    @extend_schema(
        operation_id="contributions_withdraw",
        parameters=[KEY],
        request=serializers.WithdrawalSerializer,
        responses={200: serializers.ContributionSerializer, 204: None},
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """End your undecided contribution. It stays to be read; its files go after 30 days. Where you may not see the
        repository any more the answer is 204."""
        wanted, account = _read(serializers.WithdrawalSerializer(data=request.data)), _account(request)
        found = selectors.contribution_to_withdraw(account, id)
        services.withdraw(account=account, contribution=found, reason=wanted["reason"], now=timezone.now())
        return _answer(request, id) if repositories.may_read(account, found.repository) else Response(status=204)


# --- what is proposed ----------------------------------------------------------------------------
class ContributionChangesView(_View):
    keyset_order = ("path",)
    pagination_class = KeysetAPIPagination

    @extend_schema(operation_id="contributions_changes", parameters=[KEY], responses=FileChangeSerializer(many=True))
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """What the newest version does to the files of its base, by path."""
        proposal = selectors.newest_proposal(selectors.contribution_by_id(request.user, id))
        pages = KeysetAPIPagination()
        rows = FileChange.objects.filter(revision=proposal.revision)
        found = pages.paginate_queryset(rows, request, self)
        return pages.get_paginated_response(FileChangeSerializer(found, many=True).data)


class ContributionObjectView(_View):
    @extend_schema(operation_id="contributions_object", parameters=[KEY], responses=RAW)
    def get(self, request: Request, id: uuid.UUID) -> HttpResponseBase:
        """The proposed revision object, byte for byte: its SHA-256 is the revision's id, and accepting changes nothing of it."""
        revision = selectors.newest_proposal(selectors.contribution_by_id(request.user, id)).revision
        return canonical_response(request, revision.id, bytes(revision.body))


# --- discussion ----------------------------------------------------------------------------------
class CommentsView(_View):
    keyset_order = ("time", "id")
    pagination_class = KeysetAPIPagination

    @extend_schema(
        operation_id="contributions_comments",
        parameters=[KEY],
        responses=serializers.CommentSerializer(many=True),
    )
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """What people said, oldest first. None of it is in the log."""
        rows = selectors.contribution_by_id(request.user, id).comments.select_related("author")
        pages = KeysetAPIPagination()
        found = pages.paginate_queryset(rows, request, self)
        return pages.get_paginated_response(serializers.CommentSerializer(found, many=True).data)

    @extend_schema(
        operation_id="contributions_comment",
        parameters=[KEY],
        request=serializers.NewCommentSerializer,
        responses={201: serializers.CommentSerializer},
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Say something."""
        wanted, account = _read(serializers.NewCommentSerializer(data=request.data)), _account(request)
        found = selectors.contribution_by_id(account, id)
        made = services.comment(account=account, contribution=found, text=wanted["text"], now=timezone.now())
        return Response(serializers.CommentSerializer(made).data, status=201)


class CommentView(_View):
    @extend_schema(
        operation_id="contributions_comment_delete",
        parameters=[KEY, OpenApiParameter("comment", int, OpenApiParameter.PATH)],
        responses={204: None},
    )
    def delete(self, request: Request, id: uuid.UUID, comment: int) -> Response:
        """Destroy the words of your own comment. Its place stays."""
        account = _account(request)
        found = Comment.objects.filter(contribution=selectors.contribution_by_id(account, id), pk=comment).first()
        if found is None:
            raise ContributionNotFound
        services.delete_comment(account=account, comment=found, now=timezone.now())
        return Response(status=204)


# --- shared --------------------------------------------------------------------------------------
def _account(request: Request) -> "Account":
    return cast("Account", request.user)


def _read(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _shares(wanted: dict[str, Any]) -> list[tuple[str, int]]:
    return [(share["handle"], share["bps"]) for share in wanted.get("authors", [])]


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise BadInput("repository", _("This is no id of a repository.")) from None


def _person(handle: str) -> "Account | None":
    try:
        return accounts.account_by_handle(handle)
    except NotFound:
        return None


def _answer(request: Request, id: uuid.UUID, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    found = selectors.contribution_by_id(request.user, id)
    return Response(serializers.ContributionSerializer(found).data, status=status, headers=headers)
