-- Writes cost what they need and no more. A CHECK with a list of more than two values makes SQLite fill a temporary
-- b-tree with the list at every single INSERT and UPDATE, which was a quarter of what the sender's transactions cost: an
-- OR says the same. When the next lease ends is kept in memory now: its index was written twice for every delivery and
-- read for hardly any.

CREATE TABLE new_deliveries (
    delivery         INTEGER PRIMARY KEY,
    message          INTEGER REFERENCES messages ON DELETE CASCADE,
    app              INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    installation     INTEGER,
    target_kind      TEXT    NOT NULL CHECK (target_kind = 'installation' OR target_kind = 'fcm_token'
                        OR target_kind = 'fcm_fid' OR target_kind = 'topic' OR target_kind = 'condition'),
    target_value     TEXT,
    system_data      TEXT,
    user             TEXT,
    epoch            INTEGER,
    lane             INTEGER NOT NULL,
    state            TEXT    NOT NULL CHECK (state = 'pending' OR state = 'leased' OR state = 'sent'
                        OR state = 'failed' OR state = 'expired' OR state = 'cancelled'),
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
INSERT INTO new_deliveries SELECT * FROM deliveries ORDER BY delivery;
DROP TABLE deliveries;
ALTER TABLE new_deliveries RENAME TO deliveries;
CREATE INDEX deliveries_due ON deliveries (app, lane, due_ms) WHERE state = 'pending';
-- What is on the wire to an address; with the message, so that a message's are counted without reading a delivery.
CREATE INDEX deliveries_wire ON deliveries (app, wire_key, message) WHERE state = 'leased';
CREATE INDEX deliveries_message ON deliveries (message);
CREATE INDEX deliveries_epoch ON deliveries (installation, epoch) WHERE state = 'pending' AND epoch IS NOT NULL;
CREATE INDEX deliveries_user ON deliveries (app, user) WHERE user IS NOT NULL;
-- The server's own data messages, once they are over.
CREATE INDEX deliveries_system_ended ON deliveries (updated_ms)
    WHERE message IS NULL AND state <> 'pending' AND state <> 'leased';

CREATE TABLE new_installations (
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
    address_state    TEXT    NOT NULL CHECK (address_state = 'none' OR address_state = 'live'
                        OR address_state = 'retired' OR address_state = 'quarantined' OR address_state = 'contested'
                        OR address_state = 'reset_asked' OR address_state = 'moved'),
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
INSERT INTO new_installations SELECT * FROM installations ORDER BY installation;
DROP TABLE installations;
ALTER TABLE new_installations RENAME TO installations;
CREATE INDEX installations_seen ON installations (seen_ms);
-- An address value is live in at most one installation of an app.
CREATE UNIQUE INDEX installations_live_address ON installations (app, address_key) WHERE address_state = 'live';
CREATE INDEX installations_address ON installations (app, address_key) WHERE address_key IS NOT NULL;
CREATE INDEX installations_user ON installations (app, user) WHERE user IS NOT NULL;
CREATE INDEX installations_reported_user ON installations (app, reported_user) WHERE reported_user IS NOT NULL;
-- Who is looked at for an audience that is not a list: phones with an address, in the order of their numbers.
CREATE INDEX installations_expand ON installations (app, installation) WHERE address_state = 'live';
-- How many addresses of each kind an app has is counted without reading its installations.
CREATE INDEX installations_live_kind ON installations (app, address_kind) WHERE address_state = 'live';
