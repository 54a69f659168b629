//! The name of a topic.

use std::fmt;

/// The longest name.
pub const MAX_TOPIC_CHARS: usize = 900;

/// Why a text is no topic's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicNameError {
    /// The prefix of the older APIs.
    #[error("a topic is named without /topics/ in front")]
    Prefixed,
    /// Empty, too long, or of other characters.
    #[error("a topic has 1 to 900 characters of a-z, A-Z, 0-9 and -_.~%, without /topics/ in front")]
    Malformed,
}

/// A topic's name as FCM takes it, without `/topics/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName(String);

impl TopicName {
    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` is a name, without making one.
    pub(super) fn is_name(text: &str) -> bool {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte);
        (1..=MAX_TOPIC_CHARS).contains(&text.len()) && text.bytes().all(fine)
    }
}

impl TryFrom<&str> for TopicName {
    type Error = TopicNameError;

    fn try_from(text: &str) -> Result<Self, TopicNameError> {
        if Self::is_name(text) {
            Ok(Self(text.to_owned()))
        } else if text.starts_with("/topics/") {
            Err(TopicNameError::Prefixed)
        } else {
            Err(TopicNameError::Malformed)
        }
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_1_to_900_characters_of_fcms_alphabet() {
        let longest = "t".repeat(900);
        for good in ["a", "news", "A-Z_a.z~0%9", ".", "-", &longest] {
            assert_eq!(TopicName::try_from(good).map(|topic| topic.to_string()), Ok(good.to_owned()));
        }
        let too_long = "t".repeat(901);
        for bad in ["", " ", "a b", "новости", "a/b", "private/a", "a'b", "a\n", "a+b", &too_long] {
            assert_eq!(TopicName::try_from(bad), Err(TopicNameError::Malformed), "{bad:.20}");
        }
        assert_eq!(TopicName::try_from("/topics/news"), Err(TopicNameError::Prefixed));
    }
}
