"""How forms draw themselves."""

from typing import TYPE_CHECKING, cast

from django.forms.renderers import BaseRenderer, DjangoTemplates
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from django.template.backends.base import _EngineTemplate

_OURS = {
    "django/forms/errors/list/default.html": "components/errors.html",
    "django/forms/errors/list/ul.html": "components/errors.html",
}


class Renderer(BaseRenderer):
    """Forms, fields and errors by the site's templates; widgets by Django's, unless the site has one of that name."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"

    @cached_property
    def _built_in(self) -> DjangoTemplates:
        return DjangoTemplates()

    def get_template(self, template_name: str) -> "_EngineTemplate":
        name = _OURS.get(template_name, template_name)
        try:
            return get_template(name)
        except TemplateDoesNotExist:
            return cast("_EngineTemplate", self._built_in.get_template(name))
