-- Times are milliseconds since 1970. An `address_key` is the first 16 bytes of SHA-256 over kind, NUL and value: an
-- index over it is a tenth of one over the values.

CREATE TABLE store_meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value ANY  NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE apps (
    app                   INTEGER PRIMARY KEY,
    id                    TEXT    NOT NULL UNIQUE,
    firebase_project      TEXT    NOT NULL,
    service_account       TEXT    NOT NULL,
    service_account_email TEXT    NOT NULL,
    fcm_endpoint          TEXT,
    policy_mode           TEXT    NOT NULL CHECK (policy_mode IN ('single', 'multi')),
    max_devices           INTEGER,
    identity_mode         TEXT    NOT NULL CHECK (identity_mode IN ('jwt', 'trusted')),
    identity_keys         TEXT    NOT NULL,
    epoch                 INTEGER NOT NULL DEFAULT 0,
    created_ms            INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
    key_id     TEXT    NOT NULL PRIMARY KEY,
    app        INTEGER REFERENCES apps ON DELETE CASCADE,
    scopes     TEXT    NOT NULL,
    hash       BLOB    NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE installations (
    installation     INTEGER PRIMARY KEY,
    app              INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    id               BLOB    NOT NULL,
    secret_hash      BLOB    NOT NULL,
    -- What the phone said at `revision`; never the server's own corrections.
    revision         INTEGER NOT NULL,
    reported_kind    TEXT,
    reported_value   TEXT,
    reported_user    TEXT,
    reported_login   TEXT,
    platform         TEXT    NOT NULL,
    permission       TEXT,
    app_version      TEXT,
    os_version       TEXT,
    locale           TEXT,
    timezone         TEXT,
    tags             TEXT    NOT NULL,
    -- What the server makes of the address.
    address_state    TEXT    NOT NULL CHECK (address_state IN
                        ('none', 'live', 'retired', 'quarantined', 'contested', 'reset_asked', 'moved')),
    address_kind     TEXT,
    address_value    TEXT,
    address_key      BLOB,
    generation       INTEGER NOT NULL,
    deaths           INTEGER NOT NULL,
    reset_told       INTEGER NOT NULL,
    challenge_hash   BLOB,
    challenge_end_ms INTEGER,
    confirmed_ms     INTEGER,
    -- What the server makes of the user.
    user             TEXT,
    login            TEXT,
    epoch            INTEGER,
    bound_ms         INTEGER,
    unconfirmed      INTEGER NOT NULL DEFAULT 0,
    created_ms       INTEGER NOT NULL,
    seen_ms          INTEGER NOT NULL,
    -- Not heard of for long: marked, still sent to. The next PUT clears it.
    stale_ms         INTEGER,
    UNIQUE (app, id)
) STRICT;
CREATE INDEX installations_seen ON installations (seen_ms);

-- An address value is live in at most one installation of an app.
CREATE UNIQUE INDEX installations_live_address ON installations (app, address_key) WHERE address_state = 'live';
CREATE INDEX installations_address ON installations (app, address_key) WHERE address_key IS NOT NULL;
CREATE INDEX installations_user ON installations (app, user) WHERE user IS NOT NULL;

-- Every value that an installation holds or held. The newest row of a value is its last holder.
CREATE TABLE held_addresses (
    app          INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    address_key  BLOB    NOT NULL,
    installation INTEGER NOT NULL,
    held_ms      INTEGER NOT NULL,
    turn         INTEGER NOT NULL,
    PRIMARY KEY (app, address_key, installation)
) STRICT, WITHOUT ROWID;
CREATE INDEX held_addresses_installation ON held_addresses (installation);

CREATE TABLE ended_logins (
    app      INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    login    TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    ended_ms INTEGER NOT NULL,
    PRIMARY KEY (app, login)
) STRICT, WITHOUT ROWID;

-- A proof issued before its user's revoke is refused.
CREATE TABLE revokes (
    app        INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    user       TEXT    NOT NULL,
    revoked_ms INTEGER NOT NULL,
    PRIMARY KEY (app, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    event        INTEGER PRIMARY KEY,
    app          INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    installation INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL,
    what         TEXT    NOT NULL,
    reason       TEXT,
    actor        TEXT    NOT NULL,
    detail       TEXT
) STRICT;
CREATE INDEX events_installation ON events (installation, event);

CREATE TABLE messages (
    message       INTEGER PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    app           INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    audience      TEXT    NOT NULL,
    payload       TEXT    NOT NULL,
    lane          INTEGER NOT NULL,
    validate_only INTEGER NOT NULL,
    created_ms    INTEGER NOT NULL,
    send_at_ms    INTEGER,
    expires_ms    INTEGER NOT NULL,
    cancelled_ms  INTEGER
) STRICT;
CREATE INDEX messages_created ON messages (created_ms);

CREATE TABLE idempotency_keys (
    app        INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    key        TEXT    NOT NULL,
    content    BLOB    NOT NULL,
    message    INTEGER NOT NULL,
    -- As first answered.
    deliveries INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (app, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_ms);

-- The outbox. One row: one message to one target. `message` is null for the server's own data messages, whose data
-- stands in `system_data`. `wire_*` say what the last attempt was made for; on the wire is it while the row is leased.
-- `due_ms` is never after `expires_ms`, so a row that expires is found when it is due.
CREATE TABLE deliveries (
    delivery         INTEGER PRIMARY KEY,
    message          INTEGER REFERENCES messages ON DELETE CASCADE,
    app              INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    installation     INTEGER,
    target_kind      TEXT    NOT NULL CHECK (target_kind IN
                        ('installation', 'fcm_token', 'fcm_fid', 'topic', 'condition')),
    target_value     TEXT,
    system_data      TEXT,
    user             TEXT,
    epoch            INTEGER,
    lane             INTEGER NOT NULL,
    state            TEXT    NOT NULL CHECK (state IN
                        ('pending', 'leased', 'sent', 'failed', 'expired', 'cancelled')),
    reason           TEXT,
    due_ms           INTEGER NOT NULL,
    expires_ms       INTEGER NOT NULL,
    attempts         INTEGER NOT NULL DEFAULT 0,
    first_attempt_ms INTEGER,
    lease_owner      TEXT,
    lease_until_ms   INTEGER,
    wire_key         BLOB,
    wire_kind        TEXT,
    wire_generation  INTEGER,
    fcm_name         TEXT,
    updated_ms       INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_due ON deliveries (app, lane, due_ms) WHERE state = 'pending';
CREATE INDEX deliveries_lease ON deliveries (lease_until_ms) WHERE state = 'leased';
CREATE INDEX deliveries_wire ON deliveries (app, wire_key) WHERE state = 'leased';
CREATE INDEX deliveries_message ON deliveries (message, state);
CREATE INDEX deliveries_epoch ON deliveries (installation, epoch) WHERE state = 'pending';

CREATE TABLE receipts (
    message      INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
    installation INTEGER NOT NULL,
    event        TEXT    NOT NULL,
    at_ms        INTEGER NOT NULL,
    PRIMARY KEY (message, event, installation)
) STRICT, WITHOUT ROWID;

-- The breaker. Attempts and dead verdicts by minute, and what was retired or is held.
CREATE TABLE breaker_counts (
    app      INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    minute   INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    dead     INTEGER NOT NULL,
    PRIMARY KEY (app, minute)
) STRICT, WITHOUT ROWID;

CREATE TABLE breakers (
    app        INTEGER PRIMARY KEY REFERENCES apps ON DELETE CASCADE,
    tripped_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE dead_verdicts (
    app          INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    installation INTEGER NOT NULL,
    generation   INTEGER NOT NULL,
    address_key  BLOB    NOT NULL,
    becomes      TEXT    NOT NULL CHECK (becomes IN ('retired', 'quarantined')),
    at_ms        INTEGER NOT NULL,
    held         INTEGER NOT NULL,
    PRIMARY KEY (app, installation, generation)
) STRICT, WITHOUT ROWID;
