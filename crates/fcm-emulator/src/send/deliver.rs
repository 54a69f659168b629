//! Takes an accepted message. In: a message and its recipient. Out: its name; the message is in the inbox, or waits
//! for the device's network. Next: `devices::inbox`. A topic reaches its subscribers, a condition those for whom it holds.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::devices::{DeviceEntry, Envelope, LONGEST_LIFE, Platform, Registry};
use crate::events::Event;
use crate::send::condition::Expression;
use crate::send::recipient::check_package;
use crate::send::request::Target;
use crate::send::scalar::parse_duration;
use crate::world::World;

/// Delivers `message` and returns the name under which FCM took it. `device` is the one of a token or FID.
pub(crate) fn deliver(
    world: &World,
    target: &Target,
    device: Option<&DeviceEntry>,
    message: &Value,
) -> Arc<str> {
    let platform = device.map(|device| device.platform);
    let name = world.message_ids.name(&world.project, platform, world.clock.unix());
    let parcel = Parcel { world, message, name: Arc::clone(&name), json: message.to_string().into() };
    match (device, target) {
        (Some(device), _) => parcel.hand_to(device),
        (None, Target::Topic(topic)) => {
            world.devices.topics.devices_of(topic).iter().for_each(|device| parcel.fan_out_to(device));
        }
        (None, Target::Condition(text)) => {
            audience(&world.devices, text).iter().for_each(|device| parcel.fan_out_to(device));
        }
        (None, Target::Token(_) | Target::Fid(_)) => {}
    }
    // Once for all devices, and also where there are none: the name is used up.
    world.mark_changed();
    name
}

/// The devices for which the condition holds.
fn audience(devices: &Registry, condition: &str) -> Vec<Arc<DeviceEntry>> {
    let Some(expression) = Expression::parse(condition) else { return Vec::new() };
    // A condition that holds for a device without topics means everybody but some; every other one means
    // subscribers of the topics that it names.
    let mut candidates = if expression.holds(&|_| false) {
        devices.page(0, usize::MAX)
    } else {
        expression.topics().into_iter().flat_map(|topic| devices.topics.devices_of(topic)).collect()
    };
    candidates.sort_by(|one, other| one.id.cmp(&other.id));
    candidates.dedup_by(|one, other| one.id == other.id);
    candidates
        .retain(|device| device.change(|has| expression.holds(&|topic| has.topics.contains_key(topic))));
    candidates
}

/// One accepted message on its way to one device or many.
struct Parcel<'a> {
    world: &'a World,
    message: &'a Value,
    name: Arc<str>,
    json: Arc<str>,
}

impl Parcel<'_> {
    /// Only living instances of the app that the message is restricted to get what a topic gets.
    fn fan_out_to(&self, device: &DeviceEntry) {
        if device.is_active() && check_package(device, self.message).is_ok() {
            self.hand_to(device);
        }
    }

    fn hand_to(&self, device: &DeviceEntry) {
        let clock = &self.world.clock;
        let envelope = Envelope {
            name: Arc::clone(&self.name),
            json: Arc::clone(&self.json),
            life: life_of(self.message, device.platform, clock.unix()),
            urgent: is_urgent(self.message),
            collapse_key: collapse_key_of(self.message, device.platform),
        };
        let seq = device.deliver(envelope, clock.elapsed(), self.world.inbox_limit);
        self.world.events.tell(|| match seq {
            Some(seq) => Event::Received { device: device.id.clone(), seq },
            None => Event::Held { device: device.id.clone() },
        });
    }
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

/// High priority by its own word; without one, what the user is to see is high and data alone is normal. Of Android, which
/// alone dozes here.
fn is_urgent(message: &Value) -> bool {
    match android(message, "priority") {
        Some(priority) => priority == "HIGH",
        None => {
            let own = message.get("android").or_else(|| message.get("android_v2"));
            let shown = |field| own.and_then(|own| own.get(field)).is_some();
            message.get("notification").is_some() || shown("notification") || shown("remote_notification")
        }
    }
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
    fn a_message_that_shows_something_is_urgent_unless_it_says_otherwise() {
        for (message, urgent) in [
            (json!({"data": {"k": "v"}}), false),
            (json!({"notification": {"title": "t"}}), true),
            (json!({"android": {"notification": {"title": "t"}}}), true),
            (json!({"android_v2": {"remote_notification": {}}}), true),
            (json!({"android_v2": {"background_sync": {}}}), false),
            (json!({"data": {"k": "v"}, "android": {"priority": "HIGH"}}), true),
            (json!({"notification": {"title": "t"}, "android": {"priority": "NORMAL"}}), false),
        ] {
            assert_eq!(is_urgent(&message), urgent, "{message}");
        }
    }

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
