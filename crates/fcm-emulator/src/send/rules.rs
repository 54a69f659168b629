//! What a readable message may not mean. In: a canonical message. Out: nothing, or the first semantic error.
//! Next: `recipient`. FCM looks at the payload before the target, so a bad payload to a dead token is a 400.

use serde_json::Value;

use crate::devices::LONGEST_LIFE;
use crate::google::GoogleError;
use crate::send::condition::Expression;
use crate::send::request::Target;
use crate::send::scalar::parse_duration;
use crate::send::size;

type Judged = Result<(), GoogleError>;

/// Where something stands in a message.
pub(crate) type Place = &'static [&'static str];

// Places, part by part: nothing is put together or taken apart on the way of a good message.
const DATA: [Place; 4] = [&["data"], &["android", "data"], &["android_v2", "data"], &["webpush", "data"]];
const TTLS: [Place; 2] = [&["android", "ttl"], &["android_v2", "ttl"]];
const LABELS: [Place; 5] = [
    &["fcm_options", "analytics_label"],
    &["android", "fcm_options", "analytics_label"],
    &["android_v2", "fcm_options", "analytics_label"],
    &["apns", "fcm_options", "analytics_label"],
    &["webpush", "fcm_options", "analytics_label"],
];
const NOTIFICATIONS: [Place; 2] =
    [&["android", "notification"], &["android_v2", "remote_notification", "notification"]];
const LINK: Place = &["webpush", "fcm_options", "link"];

/// Judges the whole payload and the shape of a topic or condition.
pub(crate) fn check(message: &Value, target: &Target) -> Judged {
    check_one_android(message)?;
    check_data_keys(message)?;
    check_ttls(message)?;
    check_labels(message)?;
    check_notifications(message)?;
    check_link(message)?;
    check_audience(target)?;
    if size::is_too_large(message) {
        return Err(GoogleError::invalid("Message is too large. The maximum is 4K (4096 bytes)."));
    }
    Ok(())
}

fn check_one_android(message: &Value) -> Judged {
    if message.get("android").is_some() && message.get("android_v2").is_some() {
        let sentence = "Only one of android and android_v2 can be set.";
        return Err(GoogleError::invalid_field("message.android_v2", sentence));
    }
    Ok(())
}

fn check_data_keys(message: &Value) -> Judged {
    for path in DATA {
        let Some(Value::Object(data)) = at(message, path) else { continue };
        if let Some(key) = data.keys().find(|key| is_reserved(key)) {
            return Err(GoogleError::invalid_field(
                &field(path),
                &format!("Invalid data payload key: {key}"),
            ));
        }
    }
    Ok(())
}

fn is_reserved(key: &str) -> bool {
    matches!(key, "from" | "message_type")
        || key.starts_with("google.")
        || key.starts_with("gcm.notification.")
}

fn check_ttls(message: &Value) -> Judged {
    let longest = i128::from(LONGEST_LIFE.as_secs()) * 1_000_000_000;
    for path in TTLS {
        let nanos = at(message, path).and_then(Value::as_str).and_then(parse_duration);
        // FCM rounds down to whole seconds before it compares.
        if nanos.is_some_and(|nanos| nanos < 0 || nanos >= longest + 1_000_000_000) {
            let sentence = "Invalid time to live: must be between 0 and 2419200 seconds (4 weeks).";
            return Err(GoogleError::invalid_field(&field(path), sentence));
        }
    }
    Ok(())
}

fn check_labels(message: &Value) -> Judged {
    for path in LABELS {
        let label = at(message, path).and_then(Value::as_str);
        if label.is_some_and(|label| !is_word(label, 50)) {
            let sentence = "Invalid analytics label: must match [a-zA-Z0-9-_.~%]{1,50}.";
            return Err(GoogleError::invalid_field(&field(path), sentence));
        }
    }
    Ok(())
}

fn check_notifications(message: &Value) -> Judged {
    for path in NOTIFICATIONS {
        let Some(notification) = at(message, path) else { continue };
        let color = notification.get("color").and_then(Value::as_str);
        if color.is_some_and(|color| !is_color(color)) {
            let sentence = "Invalid color: must be in #rrggbb format.";
            return Err(GoogleError::invalid_field(&format!("{}.color", field(path)), sentence));
        }
        check_loc_args(notification, path)?;
        let Some(light) = notification.get("light_settings") else { continue };
        if let Some(missing) = ["color", "light_on_duration", "light_off_duration"]
            .iter()
            .find(|name| light.get(**name).is_none())
        {
            let place = format!("{}.light_settings.{missing}", field(path));
            return Err(GoogleError::invalid_field(&place, "Light settings must be complete."));
        }
        let part = |name: &&str| light.get("color")?.get(*name)?.as_f64();
        let mut parts = ["red", "green", "blue", "alpha"].iter().filter_map(part);
        if parts.any(|part| !(0.0..=1.0).contains(&part)) {
            let place = format!("{}.light_settings.color", field(path));
            return Err(GoogleError::invalid_field(
                &place,
                "Invalid color: each part must be between 0 and 1.",
            ));
        }
    }
    Ok(())
}

/// Each of Google's SDKs refuses arguments without a text to fill them into; that FCM does is taken from them.
fn check_loc_args(notification: &Value, path: Place) -> Judged {
    for (args, key) in [("body_loc_args", "body_loc_key"), ("title_loc_args", "title_loc_key")] {
        let given = notification.get(args).and_then(Value::as_array).is_some_and(|args| !args.is_empty());
        if given && notification.get(key).is_none() {
            let sentence = format!("{args} requires {key}.");
            return Err(GoogleError::invalid_field(&format!("{}.{args}", field(path)), &sentence));
        }
    }
    Ok(())
}

fn check_link(message: &Value) -> Judged {
    let link = at(message, LINK).and_then(Value::as_str);
    if link.is_some_and(|link| !link.starts_with("https://")) {
        return Err(GoogleError::invalid_field(&field(LINK), "Invalid link: must be an HTTPS URL."));
    }
    Ok(())
}

fn check_audience(target: &Target) -> Judged {
    match target {
        Target::Topic(topic) if !is_word(topic, 900) => {
            Err(GoogleError::invalid_field("message.topic", "Invalid topic name."))
        }
        Target::Condition(condition) if Expression::parse(condition).is_none() => {
            Err(GoogleError::invalid_field("message.condition", "Invalid condition expression provided."))
        }
        _ => Ok(()),
    }
}

/// `[a-zA-Z0-9-_.~%]{1,longest}`, the letters of topics and labels.
pub(crate) fn is_word(text: &str, longest: usize) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte);
    (1..=longest).contains(&text.len()) && text.bytes().all(letter)
}

fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#');
    digits.is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The value at a place. `Value::pointer` copies each name to undo escapes, which none of ours has.
pub(crate) fn at(message: &Value, place: Place) -> Option<&Value> {
    place.iter().try_fold(message, |value, name| value.get(name))
}

/// The place as FCM writes it.
fn field(place: Place) -> String {
    format!("message.{}", place.join("."))
}
