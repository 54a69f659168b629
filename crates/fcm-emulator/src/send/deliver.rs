//! Takes an accepted message. In: a message and its recipient. Out: its name; the message is in the inbox, or waits
//! for the device's network. Next: `devices::inbox`. Topics reach nobody until subscriptions exist.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::devices::{DeviceEntry, Envelope, LONGEST_LIFE, Platform};
use crate::send::scalar::parse_duration;
use crate::world::World;

/// Delivers `message` and returns the name under which FCM took it.
pub(crate) fn deliver(world: &World, device: Option<&DeviceEntry>, message: &Value) -> Arc<str> {
    let platform = device.map(|device| device.platform);
    let name = world.message_ids.name(&world.project, platform, world.clock.unix());
    if let Some(device) = device {
        let envelope = Envelope {
            name: Arc::clone(&name),
            json: message.to_string().into(),
            life: life_of(message, device.platform, world.clock.unix()),
            collapse_key: collapse_key_of(message, device.platform),
        };
        device.deliver(envelope, world.clock.elapsed(), world.inbox_limit);
    }
    name
}

/// How long the message may wait. Unreadable headers leave FCM's default of four weeks.
fn life_of(message: &Value, platform: Platform, unix: Duration) -> Duration {
    let life = match platform {
        Platform::Android => android(message, "ttl")
            .and_then(parse_duration)
            .and_then(|nanos| u64::try_from(nanos / 1_000_000_000).ok())
            .map(Duration::from_secs),
        Platform::Web => {
            header(message, "webpush", "ttl").and_then(|ttl| ttl.parse().ok()).map(Duration::from_secs)
        }
        Platform::Ios => header(message, "apns", "apns-expiration")
            .and_then(|expiration| expiration.parse().ok())
            .map(|expiration| Duration::from_secs(expiration).saturating_sub(unix)),
    };
    life.unwrap_or(LONGEST_LIFE).min(LONGEST_LIFE)
}

fn collapse_key_of(message: &Value, platform: Platform) -> Option<String> {
    let key = match platform {
        Platform::Android => android(message, "collapse_key"),
        Platform::Web => header(message, "webpush", "topic"),
        Platform::Ios => header(message, "apns", "apns-collapse-id"),
    };
    key.map(String::from)
}

fn android<'a>(message: &'a Value, field: &str) -> Option<&'a str> {
    let own = message.get("android").or_else(|| message.get("android_v2"))?;
    own.get(field)?.as_str()
}

fn header<'a>(message: &'a Value, platform: &str, name: &str) -> Option<&'a str> {
    let headers = message.get(platform)?.get("headers")?.as_object()?;
    let (_, value) = headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name))?;
    value.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_platform_has_its_own_place_for_life_and_collapse_key() {
        let message = json!({
            "android": {"ttl": "90.9s", "collapse_key": "a"},
            "webpush": {"headers": {"TTL": "30", "Topic": "w"}},
            "apns": {"headers": {"apns-expiration": "1000", "apns-collapse-id": "i"}},
        });
        let unix = Duration::from_secs(900);
        for (platform, seconds, key) in
            [(Platform::Android, 90, "a"), (Platform::Web, 30, "w"), (Platform::Ios, 100, "i")]
        {
            assert_eq!(life_of(&message, platform, unix), Duration::from_secs(seconds));
            assert_eq!(collapse_key_of(&message, platform).as_deref(), Some(key));
            assert_eq!(life_of(&json!({}), platform, unix), LONGEST_LIFE);
        }
        let at_once = json!({"apns": {"headers": {"apns-expiration": "0"}}});
        assert_eq!(life_of(&at_once, Platform::Ios, unix), Duration::ZERO);
    }
}
