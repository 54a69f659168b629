//! What FCM refuses although it fits the schema.

use std::time::Duration;

use super::Violation;
use crate::message::{AndroidNotification, AndroidNotificationV2, LightSettings, Message};

/// Four weeks.
const MAX_TTL: Duration = Duration::from_secs(2_419_200);
const MAX_LABEL_CHARS: usize = 50;

pub(super) fn check(message: &Message, violations: &mut Vec<Violation>) {
    if message.android.is_some() && message.android_v2.is_some() {
        violations.push(Violation::new("message.android_v2", "android and android_v2 exclude each other"));
    }
    check_ttls(message, violations);
    check_labels(message, violations);
    check_link(message, violations);
    if let Some(shown) = message.android.as_ref().and_then(|android| android.notification.as_ref()) {
        shown_v1(shown).check("message.android.notification", violations);
    }
    let remote = message.android_v2.as_ref().and_then(|android| android.remote_notification.as_ref());
    if let Some(shown) = remote.and_then(|remote| remote.notification.as_ref()) {
        shown_v2(shown).check("message.android_v2.remote_notification.notification", violations);
    }
}

fn check_ttls(message: &Message, violations: &mut Vec<Violation>) {
    let android = message.android.as_ref().and_then(|android| android.ttl);
    let android_v2 = message.android_v2.as_ref().and_then(|android| android.ttl);
    for (field, ttl) in [("message.android.ttl", android), ("message.android_v2.ttl", android_v2)] {
        // FCM rounds down to whole seconds before it compares.
        if ttl.is_some_and(|ttl| ttl.get().as_secs() > MAX_TTL.as_secs()) {
            violations.push(Violation::new(field, "the TTL must be between 0s and 2419200s (four weeks)"));
        }
    }
}

fn check_labels(message: &Message, violations: &mut Vec<Violation>) {
    let android = message.android.as_ref().and_then(|android| android.fcm_options.as_ref());
    let android_v2 = message.android_v2.as_ref().and_then(|android| android.fcm_options.as_ref());
    let apns = message.apns.as_ref().and_then(|apns| apns.fcm_options.as_ref());
    let webpush = message.webpush.as_ref().and_then(|webpush| webpush.fcm_options.as_ref());
    for (block, label) in [
        ("message", message.fcm_options.as_ref().map(|options| &options.analytics_label)),
        ("message.android", android.map(|options| &options.analytics_label)),
        ("message.android_v2", android_v2.map(|options| &options.analytics_label)),
        ("message.apns", apns.map(|options| &options.analytics_label)),
        ("message.webpush", webpush.map(|options| &options.analytics_label)),
    ] {
        if label.and_then(Option::as_deref).is_some_and(|label| !is_label(label)) {
            violations.push(Violation::new(
                format!("{block}.fcm_options.analytics_label"),
                "an analytics label is 1 to 50 characters of a-z, A-Z, 0-9 and -_.~%",
            ));
        }
    }
}

fn is_label(label: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte);
    (1..=MAX_LABEL_CHARS).contains(&label.len()) && label.bytes().all(fine)
}

fn check_link(message: &Message, violations: &mut Vec<Violation>) {
    let options = message.webpush.as_ref().and_then(|webpush| webpush.fcm_options.as_ref());
    let Some(link) = options.and_then(|options| options.link.as_deref()) else { return };
    let https = url::Url::parse(link).is_ok_and(|link| link.scheme() == "https");
    if !https {
        violations.push(Violation::new("message.webpush.fcm_options.link", "the link must be an https URL"));
    }
}

/// What the rules look at in either version of an Android notification.
struct Shown<'a> {
    color: Option<&'a str>,
    body_loc_without_key: bool,
    title_loc_without_key: bool,
    light: Option<&'a LightSettings>,
}

macro_rules! shown {
    ($of:expr) => {{
        let has_args = |args: &Option<Vec<String>>| args.as_ref().is_some_and(|args| !args.is_empty());
        Shown {
            color: $of.color.as_deref(),
            body_loc_without_key: has_args(&$of.body_loc_args) && $of.body_loc_key.is_none(),
            title_loc_without_key: has_args(&$of.title_loc_args) && $of.title_loc_key.is_none(),
            light: $of.light_settings.as_ref(),
        }
    }};
}

fn shown_v1(of: &AndroidNotification) -> Shown<'_> {
    shown!(of)
}

fn shown_v2(of: &AndroidNotificationV2) -> Shown<'_> {
    shown!(of)
}

impl Shown<'_> {
    fn check(&self, block: &str, violations: &mut Vec<Violation>) {
        let mut refuse = |field: &str, reason: &str| {
            violations.push(Violation::new(format!("{block}.{field}"), reason));
        };
        if self.color.is_some_and(|color| !is_rgb(color)) {
            refuse("color", "a colour is written #rrggbb");
        }
        if self.body_loc_without_key {
            refuse("body_loc_args", "body_loc_args needs body_loc_key");
        }
        if self.title_loc_without_key {
            refuse("title_loc_args", "title_loc_args needs title_loc_key");
        }
        let Some(light) = self.light else { return };
        match &light.color {
            None => refuse("light_settings.color", "light_settings needs color"),
            Some(color) => {
                let parts = [color.red, color.green, color.blue, color.alpha];
                if parts.into_iter().flatten().any(|part| !(0.0..=1.0).contains(&part)) {
                    refuse("light_settings.color", "the parts of a colour are between 0 and 1");
                }
            }
        }
        if light.light_on_duration.is_none() {
            refuse("light_settings.light_on_duration", "light_settings needs light_on_duration");
        }
        if light.light_off_duration.is_none() {
            refuse("light_settings.light_off_duration", "light_settings needs light_off_duration");
        }
    }
}

fn is_rgb(color: &str) -> bool {
    color
        .strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
