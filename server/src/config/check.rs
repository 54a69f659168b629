//! Contradictions, refused at start.

use pushbridge_fcm::ClientSettings;

use super::Config;
use crate::store::KEY_LIFE;

/// Says which values contradict each other and what to do.
pub(super) fn check(config: &Config) -> Result<(), String> {
    let dispatch = &config.dispatch;
    // A call may be repeated once with a fresh access token within one attempt.
    if dispatch.lease.0 < dispatch.request_timeout.0.saturating_mul(3) {
        return Err(format!(
            "dispatch.lease ({}) must be at least three times dispatch.request_timeout ({}): else two senders could send the same delivery",
            dispatch.lease, dispatch.request_timeout
        ));
    }
    if dispatch.retry_cap.0 < dispatch.retry_first.0 {
        return Err(format!(
            "dispatch.retry_cap ({}) must not be shorter than dispatch.retry_first ({})",
            dispatch.retry_cap, dispatch.retry_first
        ));
    }
    // A call that waits for its place would use up its lease.
    let places = config.fcm.connections.saturating_mul(ClientSettings::default().streams_per_connection);
    if dispatch.max_in_flight > places {
        return Err(format!(
            "dispatch.max_in_flight ({}) must be at most {places}, 100 for each of fcm.connections: raise fcm.connections",
            dispatch.max_in_flight
        ));
    }
    if config.server.request_timeout.0 <= dispatch.wall_wait.0 {
        return Err(
            "server.request_timeout must be longer than dispatch.wall_wait: else no logout could be answered"
                .to_owned(),
        );
    }
    if config.server.readers == 0
        || dispatch.max_in_flight == 0
        || config.fcm.connections == 0
        || config.fcm.messages_per_minute == 0
    {
        return Err(
            "server.readers, dispatch.max_in_flight, fcm.connections and fcm.messages_per_minute must be at least 1".to_owned()
        );
    }
    let retention = &config.retention;
    if retention.dead_after.0 <= retention.stale_after.0 || retention.janitor_every.0.is_zero() {
        return Err("retention.dead_after must be longer than retention.stale_after, and janitor_every more than nothing".to_owned());
    }
    if retention.stale_after.0 <= config.device.refresh_after.0 {
        return Err("retention.stale_after must be longer than device.refresh_after: else phones that report in time are stale".to_owned());
    }
    if retention.keep_messages.0 < KEY_LIFE || retention.keep_events.0.is_zero() {
        return Err("retention.keep_messages must be at least P1D: an Idempotency-Key needs its message for a day; and keep_events more than nothing".to_owned());
    }
    if config.limits.body_bytes < 4_096 {
        return Err("limits.body_bytes must be at least 4096: an address alone may have that size".to_owned());
    }
    for app in &config.apps {
        if config.apps.iter().filter(|other| other.id == app.id).count() > 1 {
            return Err(format!("app {} stands twice in the file: remove one [[app]] block", app.id));
        }
    }
    Ok(())
}
