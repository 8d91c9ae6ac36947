"""Backups of a whole hub, and how one comes back.

FOLDER/
  2026-11-30T23-11-41Z/     one backup; whole only if it has a manifest.json, which is written last
    manifest.json           what was taken, and size and SHA-256 of every file beside it
    database.dump           pg_dump, custom format, of one snapshot
    pool.txt                size, SHA-256 and name of each file that the pool keeps for this backup
    signed_head.json        the last head that was signed by then
    deployment.json, chain/ where the contracts stand; the newest snapshot of an embedded chain
    keys/                   only with --keys
  pool/ab/cd/<sha256>       stored files and epoch bundles of all backups, each once
  log/                      a verified copy of the public log, continued by each backup
"""
