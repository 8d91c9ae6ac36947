"""A repository's card: `README.md`, Markdown under a block of YAML, as Hugging Face cards are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.repositories import front_matter
from hub.repositories.licences import OTHER, Licence, find, licence_of, nearest
from hub.repositories.lineage import Declared, Kind, declared_sources

NAME = "README.md"
MAX_BYTES = 2 * 1024 * 1024
MAX_TAGS = 60
MAX_WORD = 80
MAX_TERMS = 20_000


class LicenceRefused(Exception):
    """`text` is what the card says; `nearest` are known ids that look like it. Other terms lack their name or place."""

    def __init__(self, text: str, nearest: list[str]) -> None:
        super().__init__(text)
        self.text = text
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says. `fields` is the whole front matter as plain data, `body` the Markdown below it."""

    fields: Mapping[str, Any]
    body: str

    @property
    def licence_text(self) -> str:
        """`license` as written; several in a list hold together."""
        return " AND ".join(_words(self.fields.get("license")))

    @property
    def licence(self) -> Licence | None:
        return licence_of(self.licence_text, self.licence_name)

    @property
    def licence_name(self) -> str:
        """What terms of one's own are called (`license_name`)."""
        return " ".join(_words(self.fields.get("license_name"))[:1])

    @property
    def licence_link(self) -> str:
        """Where such terms stand: an address or a file (`license_link`), or the terms themselves (`license_details`)."""
        stated = [*_words(self.fields.get("license_link"), 400), *_words(self.fields.get("license_details"), MAX_TERMS)]
        return stated[0] if stated else ""

    def refuse_licence(self) -> None:
        """Raise LicenceRefused for an id that is not known, and for other terms that say neither name nor place."""
        text, found = self.licence_text, self.licence
        if text and find(text) is None:
            raise LicenceRefused(text, nearest(text))
        if found is not None and found.id == OTHER and not (self.licence_name and self.licence_link):
            raise LicenceRefused(OTHER, [])

    @property
    def base_models(self) -> list[str]:
        return _words(self.fields.get("base_model"), limit=400)

    @property
    def relation(self) -> str:
        found = self.fields.get("base_model_relation")
        return found.strip() if isinstance(found, str) else ""

    @property
    def datasets(self) -> list[str]:
        return _words(self.fields.get("datasets"), limit=400)

    @property
    def tags(self) -> list[str]:
        """Tags, tasks and libraries, each once: what lists filter by."""
        keys = ("tags", "pipeline_tag", "task_categories", "library_name")
        return list(dict.fromkeys(word for key in keys for word in _words(self.fields.get(key))))[:MAX_TAGS]

    @property
    def languages(self) -> list[str]:
        return _words(self.fields.get("language"))[:MAX_TAGS]

    @property
    def title(self) -> str:
        found = self.fields.get("pretty_name")
        return found.strip()[:200] if isinstance(found, str) else ""

    def sources(self, kind: Kind, site: str = "") -> list[Declared]:
        """Everything it says the work was made from."""
        datasets = self.datasets
        if kind == "dataset":
            datasets = datasets + _words(self.fields.get("source_datasets"), limit=400)
        return declared_sources(
            kind, base_models=self.base_models, relation=self.relation, datasets=datasets, site=site
        )


def parse(text: str) -> Card:
    """Read a card. Raises `FrontMatterRefused` with the line at fault."""
    parts = front_matter.split(text)
    return Card(front_matter.load(parts.block), text[parts.body_start :])


def _words(value: object, limit: int = MAX_WORD) -> list[str]:
    """A string or a list of strings as a list; anything else in it is passed over."""
    items = value if isinstance(value, list) else [value]
    found = (item.strip() for item in items if isinstance(item, str))
    return [item for item in found if item and len(item) <= limit]


def starter(*, title: str, summary: str, licence: str, fields: Mapping[str, Any] | None = None) -> str:
    """The first card of a repository: its licence, its name, one sentence."""
    body = f"\n# {title}\n" + (f"\n{summary.strip()}\n" if summary.strip() else "")
    return front_matter.edit(body, {"license": licence or None, **(fields or {})})


edit_fields = front_matter.edit
