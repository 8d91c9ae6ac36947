"""Forms draw themselves with the site's templates."""

import pytest
from django import forms
from django.forms.renderers import get_default_renderer
from django.template import TemplateDoesNotExist

from web.forms import Renderer


class Sample(forms.Form):
    name = forms.CharField(label="Name", help_text="As others will see it.", max_length=3)
    why = forms.CharField(label="Why", widget=forms.Textarea, required=False)
    kind = forms.ChoiceField(label="Kind", choices=[("m", "Model"), ("d", "Dataset")], widget=forms.RadioSelect)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def test_the_site_s_renderer_is_the_default_one() -> None:
    assert isinstance(get_default_renderer(), Renderer)


def test_a_form_is_drawn_by_the_site_s_template_and_widgets_by_django_s() -> None:
    page = str(Sample())
    assert 'class="field' in page
    assert '<textarea name="why"' in page and 'type="radio"' in page and 'type="hidden"' in page


def test_what_is_wrong_stands_beside_its_field_and_the_field_says_so() -> None:
    page = str(Sample({"name": "<b>long", "kind": "m"})["name"].as_field_group())
    assert 'class="field-errors"' in page
    assert 'aria-invalid="true"' in page
    assert "&lt;b&gt;long" in page and "<b>" not in page


def test_errors_alone_are_drawn_by_the_site_s_template() -> None:
    assert 'class="field-errors"' in str(Sample({"kind": "m"})["name"].errors)


def test_a_template_that_nobody_has_is_an_error() -> None:
    with pytest.raises(TemplateDoesNotExist):
        Renderer().get_template("components/absent.html")
