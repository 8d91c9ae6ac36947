"""`/api/v1/repositories` and `/api/v1/revisions`: create, find, publish, and read everything needed to check it."""

import uuid
from typing import TYPE_CHECKING, Any, cast

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from hub import events
from hub.accounts import selectors as accounts
from hub.errors import Invalid, NotFound
from hub.repositories import access, card, links, reading, selectors, serializers, services, tree
from hub.repositories.browsing import with_heads
from hub.repositories.canonical import canonical_response
from hub.repositories.errors import PathNotFound
from hub.repositories.models import FileChange, Repository, Revision, Tree
from hub.repositories.overview import WITH_REVISION
from web import http, pagination
from web.api import KeysetAPIPagination, idempotent
from web.errors import BadInput

if TYPE_CHECKING:
    from hub.accounts.models import Account

MOST_NAMES = 1_000


def _query(name: str, words: str, kind: Any = str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=words, **more)


KEY = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
REVISION = OpenApiParameter(
    "id", str, OpenApiParameter.PATH, description="The revision's id (64 hex digits), or its commit id (40)."
)
DIGEST = OpenApiParameter(
    "digest", str, OpenApiParameter.PATH, description="A directory's digest, 64 hex digits, as its parent names it."
)
FILTERS = [
    _query("kind", "Only this kind.", enum=Repository.Kind.values),
    _query("q", "Words in name, owner, title, summary or tags; the best match comes first."),
    _query("owner", "Only repositories of this account."),
    _query(
        "name", "With `owner`: exactly the repository of this name. `q`, `licence` and `tag` are not looked at then."
    ),
    _query("licence", "Only under this licence, by its SPDX id."),
    _query("tag", "Only with this tag."),
]
REASON = _query("reason", "Why, for the log.", required=True, enum=list(events.REMOVAL_REASONS))
RAW = {(200, "application/json"): OpenApiTypes.OBJECT}


class _View(APIView):
    """Everybody may read what is public; changes take an account."""

    permission_classes = [IsAuthenticatedOrReadOnly]


# --- repositories --------------------------------------------------------------------------------
class RepositoriesView(_View):
    pagination_class = KeysetAPIPagination

    @extend_schema(
        operation_id="repositories_list",
        parameters=FILTERS,
        responses=serializers.RepositorySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Repositories that you may see, the newest change first."""
        page = _named(request) or _found(request)
        pages = KeysetAPIPagination()
        pages.request, pages.page = request, page
        return pages.get_paginated_response(serializers.RepositorySerializer(page.items, many=True).data)

    @extend_schema(request=serializers.NewRepositorySerializer, responses={201: serializers.RepositorySerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Create a repository with its first revision, which holds the card."""
        wanted, account = _read(serializers.NewRepositorySerializer(data=request.data)), _account(request)
        created = services.create_repository(
            account=account,
            owner=_owner(wanted["owner"]) if "owner" in wanted else account,
            kind=wanted["kind"],
            name=wanted["name"],
            visibility=wanted["visibility"],
            card=wanted["card"] if "card" in wanted else _first_card(wanted),
            message=wanted["message"],
            now=timezone.now(),
        )
        return _repository(request, created.pk, status=201, headers={"Location": f"/api/v1/repositories/{created.pk}"})


class RepositoryView(_View):
    @extend_schema(operation_id="repositories_read", parameters=[KEY], responses=serializers.RepositorySerializer)
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """One repository and its newest revision."""
        return _repository(request, id)

    @extend_schema(
        parameters=[KEY], request=serializers.RepositoryChangeSerializer, responses=serializers.RepositorySerializer
    )
    def patch(self, request: Request, id: uuid.UUID) -> Response:
        """Rename it, or change who sees it. Both are in the log; what has the value already stays as it is."""
        wanted, account = _read(serializers.RepositoryChangeSerializer(data=request.data)), _account(request)
        repository, now = selectors.repository_by_id(account, id), timezone.now()
        access.require_owner(account, repository)
        with transaction.atomic():
            if wanted.get("name", repository.name) != repository.name:
                services.rename(account=account, repository=repository, name=wanted["name"], now=now)
            if wanted.get("visibility", repository.visibility) != repository.visibility:
                services.change_visibility(
                    account=account, repository=repository, visibility=wanted["visibility"], now=now
                )
        return _repository(request, id)

    @extend_schema(parameters=[KEY, REASON], responses={204: None})
    def delete(self, request: Request, id: uuid.UUID) -> Response:
        """Withdraw it: hidden for good, with the reason in the log. Its entries stay, and the name stays taken."""
        reason, account = http.text(request.query_params, "reason"), _account(request)
        repository = selectors.repository_by_id(account, id)
        services.withdraw(account=account, repository=repository, reason=reason, now=timezone.now())
        return Response(status=204)


class RepositoryRevisionsView(_View):
    keyset_order = ("-number",)
    pagination_class = KeysetAPIPagination

    @extend_schema(
        operation_id="repositories_revisions_list",
        parameters=[KEY],
        responses=serializers.RevisionSerializer(many=True),
    )
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """The revisions of a repository, newest first."""
        rows = selectors.repository_by_id(request.user, id).revisions.select_related(*WITH_REVISION)
        return _paged(self, request, rows.defer("body", "parent__body"), serializers.RevisionSerializer)

    @extend_schema(
        operation_id="repositories_revisions_publish",
        parameters=[KEY],
        request=serializers.NewRevisionSerializer,
        responses={201: serializers.RevisionDetailSerializer},
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Publish a revision: change files, say why, and give what was measured. All of it, or nothing."""
        wanted, account = _read(serializers.NewRevisionSerializer(data=request.data)), _account(request)
        published = services.publish_revision(
            account=account,
            repository=selectors.repository_by_id(account, id),
            changes=[serializers.to_change(change) for change in wanted.get("changes", [])],
            message=wanted["message"],
            kind=wanted["kind"],
            metrics=wanted.get("metrics"),
            expected_parent=wanted.get("expected_parent"),
            pins=wanted.get("pins", ""),
            now=timezone.now(),
        )
        headers = {"Location": f"/api/v1/revisions/{published.id}"}
        return Response(_detail(request, published), status=201, headers=headers)


# --- revisions -----------------------------------------------------------------------------------
class RevisionView(_View):
    @extend_schema(operation_id="revisions_read", parameters=[REVISION], responses=serializers.RevisionDetailSerializer)
    def get(self, request: Request, id: str) -> Response:
        """One revision with its lineage."""
        return Response(_detail(request, selectors.revision_by_id(request.user, id)))


class FilesView(_View):
    @extend_schema(
        operation_id="revisions_files",
        parameters=[
            REVISION,
            _query("path", "A folder, the top one without it; or one file."),
            _query("cursor", "Where the page begins; taken from `next`.", int),
            _query("size", f"Names on the page, 1 to {MOST_NAMES}.", int, default=MOST_NAMES),
        ],
        responses=serializers.FilesPageSerializer,
    )
    def get(self, request: Request, id: str) -> Response:
        """The names in a folder, in the order of the tree (the bytes of their UTF-8)."""
        revision = selectors.revision_by_id(request.user, id)
        start = http.integer(request.query_params, "cursor", 0, most=tree.MAX_MEMBERS)
        end = start + http.integer(request.query_params, "size", MOST_NAMES, least=1, most=MOST_NAMES)
        members = _members(revision, http.text(request.query_params, "path", most=2048))
        following = replace_query_param(request.build_absolute_uri(), "cursor", end) if end < len(members) else None
        page = {"results": _files(revision, members[start:end]), "next": following}
        return Response(serializers.FilesPageSerializer(page).data)


class ChangesView(_View):
    keyset_order = ("path",)
    pagination_class = KeysetAPIPagination

    @extend_schema(
        operation_id="revisions_changes",
        parameters=[REVISION],
        responses=serializers.FileChangeSerializer(many=True),
    )
    def get(self, request: Request, id: str) -> Response:
        """What the revision did to its files, against its parent, by path."""
        revision = selectors.revision_by_id(request.user, id)
        rows = FileChange.objects.filter(revision=revision)
        return _paged(self, request, rows, serializers.FileChangeSerializer)


class ObjectView(_View):
    @extend_schema(operation_id="revisions_object", parameters=[REVISION], responses=RAW)
    def get(self, request: Request, id: str) -> HttpResponseBase:
        """The revision object, byte for byte: its SHA-256 is the revision's id."""
        revision = selectors.revision_by_id(request.user, id)
        return canonical_response(request, revision.id, bytes(revision.body))


class TreeView(_View):
    @extend_schema(operation_id="revisions_trees", parameters=[REVISION, DIGEST], responses=RAW)
    def get(self, request: Request, id: str, digest: str) -> HttpResponseBase:
        """A directory of the revision, byte for byte: its SHA-256 is the digest."""
        revision = selectors.revision_by_id(request.user, id)
        return canonical_response(request, digest, _directory(revision, digest))


# --- reading what was asked ----------------------------------------------------------------------
def _account(request: Request) -> "Account":
    return cast("Account", request.user)


def _read(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _owner(handle: str) -> "Account":
    try:
        return accounts.account_by_handle(handle)
    except NotFound as error:
        raise Invalid("owner", error.message) from None


def _first_card(wanted: dict[str, Any]) -> str:
    return card.starter(title=wanted["name"], summary=wanted.get("summary", ""), licence=wanted["licence"])


# --- finding -------------------------------------------------------------------------------------
def _found(request: Request) -> pagination.Page[Repository]:
    asked = {name: http.text(request.query_params, name) for name in ("owner", "licence", "tag")}
    return selectors.search(
        http.choice(request.query_params, "kind", Repository.Kind.values),
        http.text(request.query_params, "q"),
        viewer=request.user,
        cursor=http.text(request.query_params, "cursor", most=4096),
        size=http.integer(request.query_params, "size", pagination.SIZE, least=1, most=pagination.MOST),
        **asked,
    )


def _named(request: Request) -> pagination.Page[Repository] | None:
    """The repository of one name, or one of each kind; None when no name is asked for."""
    owner, name = (http.text(request.query_params, part) for part in ("owner", "name"))
    if not name:
        return None
    if not owner:
        raise BadInput("name", _("Say whose repository it is: owner."))
    kind = http.choice(request.query_params, "kind", Repository.Kind.values)
    rows = with_heads(selectors.visible(request.user).filter(kind__in=[kind] if kind else Repository.Kind.values))
    rows = rows.alias(owner_name=Lower("owner__username"), own_name=Lower("name"))
    return pagination.Page(list(rows.filter(owner_name=owner.lower(), own_name=name.lower()).order_by("kind")))


def _members(revision: Revision, path: str) -> list[tuple[str, tree.Member]]:
    """(path, member) of each name in a folder, or of the one file at `path`. Raises PathNotFound."""
    trees = reading.StoredTrees()
    member = reading.member_at(revision, path, trees)
    clean = tree.clean_path(path.strip("/")) if path.strip("/") else ""
    if member.type == tree.FILE:
        return [(clean, member)]
    found = tree.decode(trees([member.digest])[member.digest])
    return [(f"{clean}/{each.name}" if clean else each.name, each) for each in found]


def _directory(revision: Revision, digest: str) -> bytes:
    """The directory of this digest, if it is part of the revision: others are nobody's business here."""
    if digest != tree.EMPTY_ROOT and not Tree.objects.filter(pk=digest).exists():
        raise PathNotFound(digest)
    trees, seen, level = reading.StoredTrees(), set[str](), {revision.root_tree_id}
    while level:
        bodies = trees(level)
        if digest in bodies:
            return bodies[digest]
        seen |= level
        members = (member for body in bodies.values() for member in tree.decode(body))
        level = {member.digest for member in members if member.type == tree.TREE} - seen
    raise PathNotFound(digest)


# --- answering -----------------------------------------------------------------------------------
def _paged(view: APIView, request: Request, rows: QuerySet[Any, Any], serializer: Any) -> Response:
    pages = KeysetAPIPagination()
    return pages.get_paginated_response(serializer(pages.paginate_queryset(rows, request, view), many=True).data)


def _repository(request: Request, key: uuid.UUID, **more: Any) -> Response:
    return Response(serializers.RepositorySerializer(selectors.repository_by_id(request.user, key)).data, **more)


def _detail(request: Request, revision: Revision) -> Any:
    context = {"sources": selectors.sources_of(revision, request.user)}
    return serializers.RevisionDetailSerializer(revision, context=context).data


def _files(revision: Revision, members: list[tuple[str, tree.Member]]) -> list[dict[str, Any]]:
    leaves = [member.digest for _path, member in members if member.type == tree.FILE]
    blobs = reading.blobs_of(revision, leaves) if revision.salted else {}
    return [_file(revision, path, member, blobs) for path, member in members]


def _file(revision: Revision, path: str, member: tree.Member, blobs: dict[str, Any]) -> dict[str, Any]:
    """A leaf that is not salted is the digest of the bytes."""
    is_file = member.type == tree.FILE
    known = blobs[member.digest].sha256 if member.digest in blobs else None
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "type": member.type,
        "size": member.size,
        "digest": member.digest,
        "sha256": (known if revision.salted else member.digest) if is_file else None,
        "url": (links.resolve if is_file else links.tree)(revision.repository, revision.commit, path),
    }
