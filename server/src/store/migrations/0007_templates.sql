-- Templates. A version is never changed: what is saved over it, or deletes it, only ends it, and a message that was
-- accepted with it keeps it.
CREATE TABLE templates (
    template   INTEGER PRIMARY KEY,
    app        INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    id         TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    body       TEXT    NOT NULL,
    created_ms INTEGER NOT NULL,
    ended_ms   INTEGER,
    UNIQUE (app, id, version)
) STRICT;
CREATE UNIQUE INDEX templates_newest ON templates (app, id) WHERE ended_ms IS NULL;
CREATE INDEX templates_ended ON templates (ended_ms) WHERE ended_ms IS NOT NULL;

-- Of a message that fills a template, `payload` holds the parameters that all of its users share.
ALTER TABLE messages ADD COLUMN template INTEGER REFERENCES templates;
CREATE INDEX messages_template ON messages (template) WHERE template IS NOT NULL;

-- Parameters of one user. They name a person, so they are found by him.
CREATE TABLE message_params (
    app     INTEGER NOT NULL REFERENCES apps ON DELETE CASCADE,
    user    TEXT    NOT NULL,
    message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
    params  TEXT    NOT NULL,
    PRIMARY KEY (app, user, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_params_message ON message_params (message);
