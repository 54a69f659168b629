-- How far each message is. Counted as it happens, so that nobody counts a million rows to answer a GET: what was made is
-- added by the transaction that makes it, what ends by the trigger below. What is leased is counted where it is asked
-- for, by the index of leases, which never holds more than is in flight; pending is the rest.
CREATE TABLE message_progress (
    message     INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    -- Made so far.
    deliveries  INTEGER NOT NULL,
    sent        INTEGER NOT NULL DEFAULT 0,
    failed      INTEGER NOT NULL DEFAULT 0,
    expired     INTEGER NOT NULL DEFAULT 0,
    cancelled   INTEGER NOT NULL DEFAULT 0,
    received    INTEGER NOT NULL DEFAULT 0,
    shown       INTEGER NOT NULL DEFAULT 0,
    opened      INTEGER NOT NULL DEFAULT 0,
    -- No more deliveries will be made.
    sealed      INTEGER NOT NULL,
    -- When it was sealed and its last delivery had ended.
    finished_ms INTEGER
) STRICT;
CREATE INDEX message_progress_finished ON message_progress (finished_ms) WHERE finished_ms IS NOT NULL;

INSERT INTO message_progress (message, deliveries, sent, failed, expired, cancelled, received, shown, opened, sealed,
    finished_ms)
SELECT m.message, count(d.delivery),
    count(*) FILTER (WHERE d.state = 'sent'), count(*) FILTER (WHERE d.state = 'failed'),
    count(*) FILTER (WHERE d.state = 'expired'), count(*) FILTER (WHERE d.state = 'cancelled'),
    (SELECT count(*) FROM receipts r WHERE r.message = m.message AND r.event = 'received'),
    (SELECT count(*) FROM receipts r WHERE r.message = m.message AND r.event = 'shown'),
    (SELECT count(*) FROM receipts r WHERE r.message = m.message AND r.event = 'opened'),
    1,
    CASE WHEN count(*) FILTER (WHERE d.state IN ('pending', 'leased')) = 0
         THEN coalesce(max(d.updated_ms), m.created_ms) END
FROM messages m LEFT JOIN deliveries d USING (message)
GROUP BY m.message;

CREATE TRIGGER delivery_ended AFTER UPDATE OF state ON deliveries
WHEN NEW.message IS NOT NULL AND NEW.state NOT IN ('pending', 'leased') AND OLD.state IN ('pending', 'leased')
BEGIN
    UPDATE message_progress
    SET sent = sent + (NEW.state = 'sent'), failed = failed + (NEW.state = 'failed'),
        expired = expired + (NEW.state = 'expired'), cancelled = cancelled + (NEW.state = 'cancelled'),
        finished_ms = CASE WHEN sealed AND sent + failed + expired + cancelled + 1 >= deliveries
                           THEN NEW.updated_ms END
    WHERE message = NEW.message;
END;

CREATE TRIGGER receipt_came AFTER INSERT ON receipts
BEGIN
    UPDATE message_progress
    SET received = received + (NEW.event = 'received'), shown = shown + (NEW.event = 'shown'),
        opened = opened + (NEW.event = 'opened')
    WHERE message = NEW.message;
END;

-- Without the state a row's entry stays where it is while the row changes, and a page is read in order.
DROP INDEX deliveries_message;
CREATE INDEX deliveries_message ON deliveries (message);
-- The server's own data messages, once they are over.
CREATE INDEX deliveries_system_ended ON deliveries (updated_ms)
    WHERE message IS NULL AND state IN ('sent', 'failed', 'expired', 'cancelled');

-- What is left to do for a message that was accepted or cancelled: a row exists as long as there is something. One
-- chunk is one transaction, which also moves the cursor. `turn` shares the work between messages: the lowest is next.
CREATE TABLE message_work (
    message           INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    kind              TEXT    NOT NULL CHECK (kind IN ('expand', 'cancel')),
    not_before_ms     INTEGER NOT NULL,
    turn              INTEGER NOT NULL,
    -- Expand: users of the list that are done, and the last installation that was looked at. Cancel: the last delivery.
    users_done        INTEGER NOT NULL DEFAULT 0,
    after             INTEGER NOT NULL DEFAULT 0,
    -- Expand: nothing that registered later. Null until the first chunk.
    last_installation INTEGER
) STRICT;
CREATE INDEX message_work_due ON message_work (not_before_ms);

-- Who is looked at for an audience that is not a list: phones with an address, in the order of their numbers.
CREATE INDEX installations_expand ON installations (app, installation) WHERE address_state = 'live';

-- A time by each phone's own clock.
ALTER TABLE messages ADD COLUMN send_at_local TEXT;
