//! The grammar of conditions: `'a' in topics && ('b' in topics || !('c' in topics))`.
//!
//! FCM evaluates from left to right and parentheses first, so `&&` and `||` may be mixed freely. What is read here is
//! thrown away: FCM alone knows who is subscribed.

use super::TopicName;

/// The most topics that one condition may name; a topic that is named twice counts twice.
pub const MAX_TOPICS_IN_CONDITION: usize = 5;
/// Five topics need no deeper nesting, and a hostile text must not exhaust the stack.
const DEEPEST: usize = 50;

/// Why a text is no condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// Something else was expected.
    #[error(
        "expected {expected} at character {at} of the condition, such as 'news' in topics && 'sport' in topics"
    )]
    Unexpected {
        /// What could have stood there.
        expected: &'static str,
        /// Where, counted from 1; one past the end when the text just stops.
        at: usize,
    },
    /// What stands in the quotes is no topic.
    #[error(
        "what stands in the quotes at character {at} of the condition is no topic: a topic has 1 to 900 characters of a-z, A-Z, 0-9 and -_.~%"
    )]
    BadTopic {
        /// Where, counted from 1.
        at: usize,
    },
    /// FCM takes no more than [`MAX_TOPICS_IN_CONDITION`].
    #[error("a condition names at most 5 topics")]
    TooManyTopics,
    /// Nested beyond reason.
    #[error("the condition is nested too deeply")]
    TooDeep,
}

/// Whether FCM would take `text` as a condition.
///
/// # Errors
/// The first fault.
pub fn check_condition(text: &str) -> Result<(), ConditionError> {
    let mut reader = Reader { text, at_byte: 0, topics: 0 };
    reader.expression(0)?;
    if reader.rest().trim_start().is_empty() { Ok(()) } else { Err(reader.expected("&&, || or the end")) }
}

struct Reader<'a> {
    text: &'a str,
    at_byte: usize,
    topics: usize,
}

impl<'a> Reader<'a> {
    fn expression(&mut self, depth: usize) -> Result<(), ConditionError> {
        self.term(depth)?;
        while self.take("&&") || self.take("||") {
            self.term(depth)?;
        }
        Ok(())
    }

    fn term(&mut self, depth: usize) -> Result<(), ConditionError> {
        if depth > DEEPEST {
            return Err(ConditionError::TooDeep);
        }
        if self.take("!") {
            self.term(depth + 1)
        } else if self.take("(") {
            self.expression(depth + 1)?;
            if self.take(")") { Ok(()) } else { Err(self.expected("&&, || or )")) }
        } else {
            self.topic()
        }
    }

    fn topic(&mut self) -> Result<(), ConditionError> {
        let quote = match (self.take("'"), self.take("\"")) {
            (true, _) => '\'',
            (false, true) => '"',
            (false, false) => return Err(self.expected("a topic in quotes")),
        };
        let at = self.position();
        let Some((topic, _)) = self.rest().split_once(quote) else {
            return Err(self.expected("a closing quote"));
        };
        if !TopicName::is_name(topic) {
            return Err(ConditionError::BadTopic { at });
        }
        self.at_byte += topic.len() + quote.len_utf8();
        self.topics += 1;
        if self.topics > MAX_TOPICS_IN_CONDITION {
            return Err(ConditionError::TooManyTopics);
        }
        if self.take_word("in") && self.take_word("topics") {
            Ok(())
        } else {
            Err(self.expected("in topics"))
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at_byte..).unwrap_or_default()
    }

    fn take(&mut self, token: &str) -> bool {
        let here = self.rest().trim_start();
        let found = here.starts_with(token);
        if found {
            self.at_byte = self.text.len() - here.len() + token.len();
        }
        found
    }

    /// A word ends where its letters end: `intopics` is not two.
    fn take_word(&mut self, word: &str) -> bool {
        let after = self.rest().trim_start().strip_prefix(word);
        let ends = |after: &str| !after.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        after.is_some_and(ends) && self.take(word)
    }

    fn position(&self) -> usize {
        self.text.get(..self.at_byte).unwrap_or_default().chars().count() + 1
    }

    fn expected(&self, expected: &'static str) -> ConditionError {
        let here = self.rest();
        let blanks = here.chars().count() - here.trim_start().chars().count();
        ConditionError::Unexpected { expected, at: self.position() + blanks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fcm_documents_is_a_condition() {
        for good in [
            "'a' in topics",
            "\"a\" in topics",
            "'a' in topics && ('b' in topics || 'c' in topics)",
            "'a' in topics || 'b' in topics && 'c' in topics",
            "!('a' in topics) && !'b' in topics",
            "!!'a' in topics",
            "(('a' in topics))",
            "  'a'  in\ttopics||'b' in topics ",
            "'1' in topics || '2' in topics || '3' in topics || '4' in topics || '5' in topics",
        ] {
            assert_eq!(check_condition(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_fault_is_named_with_its_place() {
        let unexpected = |expected, at| ConditionError::Unexpected { expected, at };
        let (quoted, more, closing) = ("a topic in quotes", "&&, || or the end", "&&, || or )");
        for (bad, error) in [
            ("", unexpected(quoted, 1)),
            ("   ", unexpected(quoted, 4)),
            ("news", unexpected(quoted, 1)),
            ("'a'", unexpected("in topics", 4)),
            ("'a' in topic", unexpected("in topics", 8)),
            ("'a' intopics", unexpected("in topics", 5)),
            ("'a' in topics_", unexpected("in topics", 8)),
            ("'a' IN topics", unexpected("in topics", 5)),
            ("'a' in topics &&", unexpected(quoted, 17)),
            ("'a' in topics & 'b' in topics", unexpected(more, 15)),
            ("'a' in topics and 'b' in topics", unexpected(more, 15)),
            ("'a' in topics 'b' in topics", unexpected(more, 15)),
            ("'a' in topics)", unexpected(more, 14)),
            ("('a' in topics", unexpected(closing, 15)),
            ("()", unexpected(quoted, 2)),
            ("'a in topics", unexpected("a closing quote", 2)),
            ("'a\" in topics", unexpected("a closing quote", 2)),
            ("!('ж' in topics)", ConditionError::BadTopic { at: 4 }),
            ("'' in topics", ConditionError::BadTopic { at: 2 }),
            ("'/topics/a' in topics", ConditionError::BadTopic { at: 2 }),
        ] {
            assert_eq!(check_condition(bad), Err(error), "{bad}");
        }
    }

    #[test]
    fn a_condition_names_at_most_five_topics() {
        let of = |count: usize| vec!["'a' in topics"; count].join(" || ");
        assert_eq!(check_condition(&of(5)), Ok(()));
        assert_eq!(check_condition(&of(6)), Err(ConditionError::TooManyTopics), "the same one counts again");
    }

    #[test]
    fn a_hostile_condition_does_not_exhaust_the_stack() {
        let parentheses = format!("{}'a' in topics{}", "(".repeat(100_000), ")".repeat(100_000));
        let negations = format!("{}'a' in topics", "!".repeat(100_000));
        for deep in [parentheses, negations] {
            assert_eq!(check_condition(&deep), Err(ConditionError::TooDeep));
        }
    }
}
