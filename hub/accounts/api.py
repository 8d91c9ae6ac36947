"""`/api/v1/accounts/…` and `/api/v1/people/{name}`."""

from typing import Any, cast

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub import names
from hub.accounts import selectors, services
from hub.accounts.models import Account, ApiToken
from hub.errors import Gone, NotAllowed


class PersonSerializer(serializers.ModelSerializer[Account]):
    """What everybody may know about an account."""

    handle = serializers.CharField(source="username")
    registered = serializers.DateTimeField(source="date_joined")
    url = serializers.SerializerMethodField()

    class Meta:
        model = Account
        fields: tuple[str, ...] = ("handle", "kind", "display_name", "bio", "pseudonym", "registered", "url")
        read_only_fields: tuple[str, ...] = fields

    def get_url(self, account: Account) -> str:
        return names.person_url(account.username)


class MeSerializer(PersonSerializer):
    """What the account itself may know about itself."""

    email = serializers.CharField(read_only=True, help_text="Empty when none was given.")
    theme = serializers.ChoiceField(["", "light", "dark"], read_only=True, help_text="Empty where the device decides.")
    token_scope = serializers.SerializerMethodField(
        help_text="What the token of this request may do; null in a session."
    )

    class Meta(PersonSerializer.Meta):
        fields = (*PersonSerializer.Meta.fields, "email", "language", "theme", "key_shortcuts", "token_scope")
        read_only_fields = fields

    def get_token_scope(self, account: Account) -> str | None:
        grant = self.context["request"].auth
        return grant.scope if grant is not None else None


class MeChangeSerializer(serializers.Serializer[dict[str, Any]]):
    """The fields of the account that its owner may change; those left out stay."""

    display_name = serializers.CharField(max_length=80, allow_blank=True, required=False)
    bio = serializers.CharField(max_length=280, allow_blank=True, required=False)
    language = serializers.CharField(max_length=8, allow_blank=True, required=False)
    theme = serializers.CharField(max_length=5, allow_blank=True, required=False)
    key_shortcuts = serializers.BooleanField(required=False)


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    """A token without its text."""

    class Meta:
        model = ApiToken
        fields: tuple[str, ...] = ("id", "name", "prefix", "scope", "created", "expires", "last_used")
        read_only_fields: tuple[str, ...] = fields


class TokenListSerializer(serializers.Serializer[dict[str, Any]]):
    results = TokenSerializer(many=True)


class NewTokenSerializer(serializers.Serializer[dict[str, Any]]):
    name = serializers.CharField(max_length=80)
    scope = serializers.ChoiceField(choices=["read", "write"], default="read")
    expires = serializers.DateTimeField(required=False, allow_null=True, default=None)


class CreatedTokenSerializer(TokenSerializer):
    """A token with its text, which is shown this once."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = (*TokenSerializer.Meta.fields, "token")
        read_only_fields = fields


def _account(request: Request) -> Account:
    """The caller; the views are for accounts alone."""
    return cast(Account, request.user)


class Me(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """The account that asks."""
        return Response(MeSerializer(_account(request), context={"request": request}).data)

    @extend_schema(request=MeChangeSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        """Change the profile or the preferences; none of it is in the log."""
        account = _account(request)
        given = MeChangeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        profile = {name: wanted.get(name, getattr(account, name)) for name in ("display_name", "bio")}
        display = {name: wanted.get(name, getattr(account, name)) for name in ("language", "theme", "key_shortcuts")}
        services.change_profile(account, **profile)
        services.change_preferences(account, **display)
        return self.get(request)


class Tokens(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(responses=TokenListSerializer)
    def get(self, request: Request) -> Response:
        """The tokens that stand, newest first; at most 50, so there are no pages."""
        return Response(TokenListSerializer({"results": selectors.tokens_of(_account(request))}).data)

    @extend_schema(request=NewTokenSerializer, responses={201: CreatedTokenSerializer})
    def post(self, request: Request) -> Response:
        """Make a token, from a signed-in browser: a token cannot make tokens. Its text is in this answer only."""
        _refuse_tokens(request)
        given = NewTokenSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        token, plaintext = services.create_token(
            _account(request), wanted["name"], wanted["scope"], timezone.now(), wanted["expires"]
        )
        body = {**TokenSerializer(token).data, "token": plaintext}
        return Response(body, status=201, headers={"Cache-Control": "no-store"})


class OneToken(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, token_id: int) -> Response:
        """Revoke a token. It opens nothing from now on."""
        services.revoke_token(_account(request), token_id, timezone.now())
        return Response(status=204)


class Person(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(responses=PersonSerializer)
    def get(self, request: Request, name: str) -> Response:
        """What everybody may know about a person or an organisation."""
        account = selectors.account_by_handle(name)
        if account.erased is not None:
            raise Gone(_("This account was erased at the wish of its owner."))
        return Response(PersonSerializer(account).data)


def _refuse_tokens(request: Request) -> None:
    if request.auth is not None:
        raise NotAllowed(_("A token cannot make tokens. Sign in and use the page of your settings."))
