-- A store as version 0.1.0 of the core leaves it, with every field filled in. Never edited: phones hold it.
CREATE TABLE section (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE receipt (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL,
    event TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    UNIQUE (message_id, event)
) STRICT;
INSERT INTO section (name, body) VALUES
    ('identity', '{"installation":"6f2b4a52-8c1e-4c39-9d3a-0f6f0a7a2f11","secret":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}'),
    ('desired', '{"revision":7,"address":{"kind":"fcm_token","value":"token-7"},"address_since":"2026-11-20T08:00:00.000Z","login":{"user":"42","login_id":"AAECAwQFBgcICQoLDA0ODw"},"attributes":{"platform":"android","permission":"granted","app_version":"2.1.0","os_version":"16","locale":"ru-RU","timezone":"Europe/Moscow","tags":["beta","vip"]}}'),
    ('acked', '{"revision":6,"at":"2026-11-20T08:00:01.000Z","refresh_after":"P28D","confirm_after":"P1D","incarnation":"i-1","address_state":"live","user_state":"bound","bound":"AAECAwQFBgcICQoLDA0ODw"}'),
    ('progress', '{"core_version":"0.1.0","due":true,"reset":{"id":3,"fresh_first":false},"resets":3,"credentials":{"Exhausted":{"proof_was_sent":true}},"rejected":{"code":"invalid_field","revision":7,"at":"2026-11-20T08:00:02.000Z"},"backoff":{"failures":2,"from":"2026-11-20T08:00:03.000Z","wait":"PT1M","cause":"Offline"},"challenge":{"installation":"6f2b4a52-8c1e-4c39-9d3a-0f6f0a7a2f11","nonce":"n-1","at":"2026-11-20T08:00:04.000Z"},"logged_out":{"Evicted":{"reason":"policy_single"}},"logout_pending":true,"wall_closed":false,"last_answer_at":"2026-11-20T08:00:05.000Z","clock_offset_ms":-1500}'),
    ('marker', '"marker-1"');
INSERT INTO receipt (message_id, event, at_ms) VALUES ('msg_1', 'opened', 1795000000000);
PRAGMA user_version = 1;
