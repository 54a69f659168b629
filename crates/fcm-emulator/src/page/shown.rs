//! A message as a phone would show it. In: an inbox message and the platform. Out: title, text and image, a platform's
//! own before the common ones; none of them for a data message, which the app gets in silence. Next: `board`.

use serde_json::Value;

use crate::devices::Platform;

/// What the system shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) title: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) image: Option<String>,
}

impl Shown {
    pub(crate) fn of(message: &Value, platform: Platform) -> Self {
        let alert = "/apns/payload/aps/alert";
        let (own, image): (&[&str], &str) = match platform {
            Platform::Android => (
                &["/android/notification", "/android_v2/remote_notification/notification"],
                "/android/notification/image",
            ),
            Platform::Ios => (&[alert], "/apns/fcm_options/image"),
            Platform::Web => (&["/webpush/notification"], "/webpush/notification/image"),
        };
        let part = |name: &str| {
            let places = own.iter().chain(&["/notification"]);
            places.filter_map(|place| text(message, &format!("{place}/{name}"))).next()
        };
        let plain_alert = text(message, alert).filter(|_| platform == Platform::Ios);
        Self {
            title: part("title"),
            body: plain_alert.or_else(|| part("body")),
            image: text(message, image).or_else(|| part("image")).filter(|image| is_image(image)),
        }
    }

    /// Whether nothing is shown: the message is for the app alone.
    pub(crate) fn is_silent(&self) -> bool {
        self.title.is_none() && self.body.is_none()
    }
}

/// Any other scheme (`javascript:`) stays out of the page.
fn is_image(url: &str) -> bool {
    ["https://", "http://", "data:image/"].iter().any(|scheme| url.starts_with(scheme))
}

fn text(message: &Value, place: &str) -> Option<String> {
    message.pointer(place)?.as_str().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(title: &str, body: &str, image: &str) -> Shown {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Shown { title: some(title), body: some(body), image: some(image) }
    }

    #[test]
    fn a_platforms_own_words_come_before_the_common_ones() {
        let message = json!({
            "notification": {"title": "T", "body": "B", "image": "https://common"},
            "android": {"notification": {"body": "for Android", "image": "https://android"}},
            "apns": {"payload": {"aps": {"alert": {"title": "for iOS"}}}},
            "webpush": {"notification": {"title": "for browsers"}},
        });
        assert_eq!(Shown::of(&message, Platform::Android), shown("T", "for Android", "https://android"));
        assert_eq!(Shown::of(&message, Platform::Ios), shown("for iOS", "B", "https://common"));
        assert_eq!(Shown::of(&message, Platform::Web), shown("for browsers", "B", "https://common"));
    }

    #[test]
    fn an_alert_may_be_plain_text_and_data_alone_is_silent() {
        let alert = json!({"apns": {"payload": {"aps": {"alert": "hello"}}}});
        assert_eq!(Shown::of(&alert, Platform::Ios), shown("", "hello", ""));
        assert!(Shown::of(&alert, Platform::Android).is_silent());
        assert!(Shown::of(&json!({"data": {"k": "v"}}), Platform::Ios).is_silent());
    }

    #[test]
    fn an_image_is_a_picture_and_no_script() {
        let message = json!({"notification": {"title": "T", "image": "javascript:alert(1)"}});
        assert_eq!(Shown::of(&message, Platform::Web).image, None);
    }
}
