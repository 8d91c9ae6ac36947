import time, uuid, hashlib
from datetime import timedelta
import pytest
from django.db import connection, transaction
from django.test import Client
from hub.repositories.models import *
from hub.repositories.services import change_visibility
from hub.repositories.changes import Change, fold
from hub.uploads import selectors as us, services as up
from hub.uploads.models import Holding, Upload, Blob
from ledger import sequencer, auditing, log_checks, selectors as ls
from ledger.models import Entry, Mention, Log, Mismatch
from ledger.log_checks import LogChecks
from tests.hub.repositories.conftest import CARD, texts
from hub.repositories.services import create_repository, publish_revision

pytestmark = pytest.mark.django_db


@pytest.fixture
def logged(db, settings, tmp_path, now, create, publish, monkeypatch):
    from ledger import services

    settings.LOG_DIR = tmp_path / "log"
    settings.LOG_KEY_FILE = tmp_path / "keys" / "log.pem"
    settings.LOG_ORIGIN = "akashi.test/log"
    services.create_log(now)
    ds = create("cells")
    publish(ds, {"a.csv": "1"})
    m = create("m", kind="model", card="---\nlicense: mit\ndatasets: [alice/cells]\n---\n# m\n")
    publish(m, {"w": "1"})
    publish(m, {"w": "2"})
    sequencer.sequence()
    from ledger.tree_files import Head

    log = Log.objects.get()
    monkeypatch.setattr(auditing, "last_head", lambda: Head(log.size, bytes(log.root)))
    return m


def audit(now):
    run = auditing.audit_full(now)
    return [(x.table, x.column, x.expected, x.found) for x in ls.open_mismatches()]


def test_clean(logged, now):
    print("CLEAN", audit(now))


def test_spoilt_later(logged, now):
    e = Entry.objects.filter(type="revision.published").order_by("-id").first()
    Repository.objects.update(name="evil")
    Entry.objects.filter(pk=e.pk).update(body=b"x")
    print("SPOILT", audit(now))


def test_extra_edge(logged, now):
    rev = logged.head
    LineageEdge.objects.create(
        revision=rev, relation="merge", source=None, outside_digest="a" * 64, outside_url="https://evil"
    )
    print("EDGE", audit(now))


def test_tree(logged, now):
    Tree.objects.filter(digest=logged.head.root_tree_id).update(
        body=Tree.objects.exclude(digest=logged.head.root_tree_id).first().body
    )
    print("TREE", audit(now))


def test_change(logged, now):
    FileChange.objects.filter(revision=logged.head).update(path="evil", size=5)
    print("CHANGE", audit(now))


def test_mention(logged, now):
    Mention.objects.filter(subject=f"repo:{logged.pk}", entry__type="revision.published").delete()
    print("MENTION", audit(now))


def test_related(logged, now):
    Entry.objects.filter(type="revision.published").update(related=[])
    print("RELATED", audit(now))


def test_far(logged, now):
    e = Entry.objects.order_by("-id").first()
    e.pk = None
    e.uid = uuid.uuid4()
    e.leaf_index = 10**9
    e.save(force_insert=True)
    print("FAR", audit(now))


def test_extra_rev(logged, now):
    r = logged.head
    r.pk = "f" * 64
    r.number = 99
    r.message = "never said"
    r.save(force_insert=True)
    print("REV", audit(now))


def test_ref(logged, now):
    Reference.objects.create(repository=logged, kind="tag", name="v9", revision=logged.head)
    print("REF", audit(now))


def test_salt(create, publish, alice, now):
    r = create("s", visibility="private")
    change_visibility(account=alice, repository=r, visibility="public", now=now)
    pub = Entry.objects.filter(type="repository.visibility_changed").latest("id")
    change_visibility(account=alice, repository=r, visibility="private", now=now)
    rev = publish(r, {"x": "secret"})
    r.refresh_from_db()
    print("SALT reused", bytes(r.salt).hex() in bytes(pub.body).decode(), rev.salted)


def test_release(create, publish, alice, bob, now):
    r = create("p", visibility="private")
    publish(r, {"x": "known bytes"})
    for content in (b"known bytes", b"other bytes"):
        before = us.usage(bob).used
        with transaction.atomic():
            blob = up.hold_bytes(bob, content, now)
        u = Upload.objects.create(
            account=bob,
            purpose="revision",
            name="x",
            size=11,
            part_size=8,
            part_count=2,
            created=now,
            touched=now,
            state="stored",
            blob=blob,
        )
        up.remove_upload(u)
        print("RELEASE", content, us.usage(bob).used - before)


def test_fold():
    for n in (2000, 4000, 8000):
        ch = [Change(f"p{i}", content=b"") for i in range(n)] + [Change(f"q{i}") for i in range(n)]
        t = time.time()
        fold(ch)
        print("FOLD", n, time.time() - t)


URLS = [
    "/alice/cells\x00",
    "/datasets/alice/ce\x00lls",
    "/search?q=a%00b",
    "/models?q=%00",
    "/datasets?tag=%00",
    "/datasets?licence=%00",
    "/people/al%00ice",
    "/ledger/999999999999999999999999999",
    "/ledger/" + "9" * 5000,
    "/ledger/checkpoints/99999999999999999999999",
    "/ledger/checkpoints/" + "9" * 5000,
    "/ledger/anchors/0x%00",
    "/ledger?type=%00",
    "/ledger?subject=%00",
    "/ledger?cursor=%00",
    "/api/v1/entries?type=%00",
    "/api/v1/entries?subject=%00",
    "/api/v1/entries?cursor=%ff",
    "/api/v1/entries/99999999999999999999999999",
    "/api/v1/entries/" + "9" * 5000,
    "/api/v1/entries/0/proof?size=99999999999999999999999999999",
    "/api/v1/checkpoints/99999999999999999999999999999",
    "/api/v1/repositories?q=%00",
    "/api/v1/repositories?owner=%00",
    "/api/v1/repositories?tag=%00",
    "/api/v1/repositories/datasets/alice/ce%00lls",
    "/api/v1/repositories/datasets/alice/cells/revisions/%00",
    "/api/v1/revisions/%00",
    "/api/v1/people/%00",
    "/log/tile/0/%00",
    "/log/tile/0/999999",
    "/log/tile/99/000",
    "/log/tile/0/x999/000",
    "/verify?q=%00",
    "/verify?digest=%00",
    "/datasets/alice/cells/tree/main/a%00",
    "/datasets/alice/cells/resolve/main/a%00",
    "/datasets/alice/cells/blob/main/%2e%2e",
    "/datasets/alice/cells/commit/%00",
    "/datasets/alice/cells/compare/%00..main",
    "/datasets/alice/cells/history?cursor=%00",
    "/search?q=" + "a" * 9000,
    "/api/v1/entries?size=99999999999999999999",
    "/api/v1/entries?limit=%00",
    "/datasets/alice/cells/tree/refs%2Fheads%2Fmain",
    "/verify?q=" + "9" * 6000,
    "/verify?entry=" + "9" * 6000,
    "/datasets/alice/cells/history?revision=%00",
    "/api/v1/uploads?ids=%00",
    "/api/v1/uploads?purpose=%00",
]


def test_urls(logged, alice):
    c = Client(raise_request_exception=False)
    a = Client(raise_request_exception=False)
    a.force_login(alice)
    for u in URLS:
        for who, cl in (("anon", c), ("alice", a)):
            r = cl.get(u)
            if r.status_code >= 500:
                print("5XX", who, r.status_code, u[:80])
    print("URLS done")
