//! Subscribing one app instance to one topic. In: a registration and a topic as a caller wrote them. Out: the device, or
//! Google's refusal. Next: both topic APIs and control end here.

use std::sync::Arc;
use std::time::Duration;

use crate::devices::{DeviceEntry, Subscribed};
use crate::events::Event;
use crate::google::{FcmErrorCode, GoogleError};
use crate::send::is_word;
use crate::world::World;

/// A topic's name without the prefix that some callers send.
pub(crate) fn parse_topic(text: &str) -> Result<&str, GoogleError> {
    let topic = text.strip_prefix("/topics/").unwrap_or(text);
    if is_word(topic, 900) {
        Ok(topic)
    } else {
        Err(GoogleError::invalid_field("topic_name", "Invalid topic name."))
    }
}

/// Subscribes `device`; an older subscription stays as it is.
pub(crate) fn subscribe(
    world: &World,
    device: &Arc<DeviceEntry>,
    topic: &str,
) -> Result<Subscribed, GoogleError> {
    match world.devices.topics.subscribe(device, topic, world.clock.unix()) {
        Subscribed::TooMany => Err(GoogleError::of_code(FcmErrorCode::TooManyTopics)),
        done => {
            world.events.tell(|| Event::Topics { device: device.id.clone() });
            world.mark_changed();
            Ok(done)
        }
    }
}

/// Ends a subscription and says whether there was one.
pub(crate) fn unsubscribe(world: &World, device: &DeviceEntry, topic: &str) -> bool {
    let existed = world.devices.topics.unsubscribe(device, topic);
    world.events.tell(|| Event::Topics { device: device.id.clone() });
    world.mark_changed();
    existed
}

/// Since when `device` is subscribed to `topic`, as Unix time.
pub(crate) fn since(device: &DeviceEntry, topic: &str) -> Result<Duration, GoogleError> {
    device.change(|condition| condition.topics.get(topic).copied()).ok_or_else(GoogleError::not_found)
}
