//! What FCM says of a subscription. Whether it writes `topicName` or `topic_name` is not documented: both are read.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

/// What subscribing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscribed {
    /// The instance was not subscribed before.
    New,
    /// It was.
    Already,
}

/// One subscription of one app instance.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TopicSubscription {
    /// The topic's name, as FCM wrote it.
    #[serde(rename = "topicName", alias = "topic_name")]
    pub topic: String,
    /// Since when, if FCM said so.
    #[serde(rename = "createTime", alias = "create_time", default, deserialize_with = "time")]
    pub created_at: Option<Timestamp>,
}

/// A time that nobody can read is no reason to lose the subscription.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.and_then(|text| text.parse().ok()))
}

/// A page of them.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    /// Left out when empty, as proto JSON does.
    #[serde(rename = "topicSubscriptions", alias = "topic_subscriptions", default)]
    pub(crate) subscriptions: Vec<TopicSubscription>,
    #[serde(rename = "nextPageToken", alias = "next_page_token", default)]
    next_page_token: String,
}

impl Page {
    pub(crate) fn next(&self) -> Option<&str> {
        Some(self.next_page_token.as_str()).filter(|token| !token.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_styles_of_names_are_read() {
        let camel = r#"{"topicSubscriptions":[{"name":"n","topicName":"a","createTime":"2026-01-15T01:30:15.01Z"}],
                        "nextPageToken":"p"}"#;
        let snake = r#"{"topic_subscriptions":[{"topic_name":"a","create_time":"2026-01-15T01:30:15.01Z"}],
                        "next_page_token":"p"}"#;
        for text in [camel, snake] {
            let page: Page = serde_json::from_str(text).expect(text);
            let created_at = "2026-01-15T01:30:15.01Z".parse().ok();
            assert_eq!(page.subscriptions, [TopicSubscription { topic: "a".to_owned(), created_at }]);
            assert_eq!(page.next(), Some("p"));
        }
        let last: Page = serde_json::from_str("{}").expect("an empty page");
        assert!(last.subscriptions.is_empty() && last.next().is_none());
    }
}
