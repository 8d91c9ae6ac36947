"""One valid event of every type."""

from typing import Any

ALICE, BOB, ORG = (f"acct:{digit * 32}" for digit in "abc")
MODEL, DATASET, HIDDEN = (f"repo:00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
CONTRIB = "contrib:00000000-0000-4000-8000-000000000009"
REV1, REV2, DATA1 = (f"rev:{digit * 64}" for digit in "123")
DIGEST = "d" * 64
PREDICATE = "https://slsa.dev/provenance/v1"

REVIEWED = {"repo": MODEL, "number": 3, "author": BOB, "revision": REV2}
PROPOSAL = {
    "repo": MODEL,
    "number": 3,
    "kind": "tuning",
    "base": REV1,
    "proposed": REV2,
    "authors": [{"account": BOB, "bps": 10_000}],
}
PUBLISHED: dict[str, Any] = {
    "repo": MODEL,
    "number": 2,
    "reference_kind": "branch",
    "reference": DIGEST,
    "root_tree": DIGEST,
    "parents": [REV1],
    "kind": "model",
    "licence": "Apache-2.0",
    "sources": [{"relation": "trained_on", "revision": DATA1}],
    "outside": [],
    "metrics": [{"name": "accuracy", "value": "0.979", "better": "higher", "n": 569, "low": "0.964", "high": "0.988"}],
    "counts": {"files": 3, "bytes": 1434, "added": 0, "changed": 1, "removed": 0},
}
COMMENT = {"comment": {"comment": "Reproduced on two machines."}}
NAME = {"name": {"name": "iris-tree"}}
BINDING = {"binding": {"binding": "{}"}}

# type: subject, data, details
SAMPLES: dict[str, tuple[str, dict[str, Any], dict[str, dict[str, Any]]]] = {
    "account.registered": (ALICE, {}, {"handle": {"handle": "alice"}}),
    "account.erased": (ALICE, {}, {}),
    "organisation.created": (ORG, {"member": ALICE, "role": "owner"}, {"name": {"name": "cancer-lab"}}),
    "membership.changed": (ORG, {"member": BOB, "role": "maintainer"}, {}),
    "reviewer.granted": (ALICE, {}, {}),
    "reviewer.revoked": (ALICE, {}, {}),
    "moderator.granted": (ALICE, {}, {}),
    "moderator.revoked": (ALICE, {}, {}),
    "wallet.bound": (ALICE, {}, BINDING),
    "wallet.rebinding": (ALICE, {}, BINDING),
    "wallet.released": (ALICE, {}, BINDING),
    "repository.created": (MODEL, {"kind": "model", "visibility": "public", "owner": ALICE}, NAME),
    "repository.renamed": (MODEL, {}, NAME),
    "repository.transferred": (MODEL, {"owner": BOB, "previous_owner": ALICE}, {}),
    "repository.visibility_changed": (MODEL, {"visibility": "public", "salt": DIGEST}, {}),
    "repository.withdrawn": (MODEL, {"reason": "copyright"}, {}),
    "ownership.agreed": (
        MODEL,
        {"shares": [{"account": ALICE, "bps": 4_000}, {"account": BOB, "bps": 6_000}], "consents": [DIGEST, DIGEST]},
        {},
    ),
    "revision.published": (REV2, PUBLISHED, {"message": {"message": "Standardise the inputs."}}),
    "reference.moved": (MODEL, {"kind": "tag", "reference": DIGEST, "to": REV2}, {"name": {"name": "v1"}}),
    "file.scanned": (REV2, {"file": DIGEST, "verdict": "unsafe", "scanner": "1.2.0"}, {}),
    "openness.changed": (MODEL, {"framework": "mof", "claimed": "ii", "evidenced": "iii", "evidence": [DIGEST]}, {}),
    "contribution.opened": (CONTRIB, PROPOSAL, {"title": {"title": "the same from 13 inputs"}}),
    "contribution.updated": (CONTRIB, PROPOSAL, {}),
    "contribution.joined": (CONTRIB, {"repo": MODEL, "number": 3, "proposed": REV2, "bps": 3_340}, {}),
    "contribution.withdrawn": (CONTRIB, {"repo": MODEL, "number": 3}, {"reason": {"reason": "Wrong file."}}),
    "review.submitted": (
        CONTRIB,
        {**REVIEWED, "verdict": "decline", "reason": "metric_worse", "effort": 5, "quality": 40, "checks": DIGEST},
        COMMENT,
    ),
    "contribution.accepted": (CONTRIB, {**REVIEWED, "result": 2, "checks": DIGEST}, COMMENT),
    "contribution.declined": (CONTRIB, {**REVIEWED, "reason": "metric_worse"}, COMMENT),
    "contribution.appealed": (CONTRIB, REVIEWED, COMMENT),
    "work.submitted": (REV2, {"repo": MODEL}, {}),
    "assessment.made": (CONTRIB, {"repo": MODEL, "revision": REV2, "effort": 5, "quality": 80}, COMMENT),
    "attestation.made": (REV2, {"predicate_type": PREDICATE, "digest": DIGEST, "key": "ed25519:01ab"}, {}),
    "attestation.revoked": (REV2, {"predicate_type": PREDICATE, "digest": DIGEST, "key": "ed25519:01ab"}, {}),
    "content.redacted": (MODEL, {"digest": DIGEST, "reason": "personal_data"}, {}),
    "content.taken_down": (MODEL, {"digest": DIGEST, "reason": "illegal"}, {"reason": {"reason": "By a court."}}),
}
