//! Conditions over topics: `'a' in topics && ('b' in topics || !('c' in topics))`. In: text. Out: an expression, if FCM
//! would take it, that says whether a device with certain topics is meant. Next: `rules` asks, `deliver` evaluates.

use crate::send::rules::is_word;

const TOPICS_AT_MOST: usize = 5;
/// Nobody nests five topics deeper; without a bound a hostile text would exhaust the stack.
const DEEPEST: usize = 50;

/// A well-formed condition.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    Topic(Box<str>),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
}

impl Expression {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parser = Parser { rest: text, topics: 0 };
        let expression = parser.expression(0)?;
        (parser.rest.trim_start().is_empty() && parser.topics <= TOPICS_AT_MOST).then_some(expression)
    }

    /// Whether it holds for a device that `has` certain topics.
    pub(crate) fn holds(&self, has: &impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Topic(topic) => has(topic),
            Self::Not(inner) => !inner.holds(has),
            Self::And(left, right) => left.holds(has) && right.holds(has),
            Self::Or(left, right) => left.holds(has) || right.holds(has),
        }
    }

    /// The topics that it names.
    pub(crate) fn topics(&self) -> Vec<&str> {
        match self {
            Self::Topic(topic) => vec![topic],
            Self::Not(inner) => inner.topics(),
            Self::And(left, right) | Self::Or(left, right) => [left.topics(), right.topics()].concat(),
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
    topics: usize,
}

impl Parser<'_> {
    /// Left to right: FCM gives `&&` no precedence over `||`.
    fn expression(&mut self, depth: usize) -> Option<Expression> {
        let mut left = self.term(depth)?;
        loop {
            left = if self.eat("&&") {
                Expression::And(Box::new(left), Box::new(self.term(depth)?))
            } else if self.eat("||") {
                Expression::Or(Box::new(left), Box::new(self.term(depth)?))
            } else {
                return Some(left);
            };
            // A longer one is refused anyway, and must not grow a deep tree first.
            if self.topics > TOPICS_AT_MOST {
                return None;
            }
        }
    }

    fn term(&mut self, depth: usize) -> Option<Expression> {
        if depth > DEEPEST {
            return None;
        }
        if self.eat("!") {
            return Some(Expression::Not(Box::new(self.term(depth + 1)?)));
        }
        if self.eat("(") {
            let inner = self.expression(depth + 1)?;
            return self.eat(")").then_some(inner);
        }
        self.topic()
    }

    fn topic(&mut self) -> Option<Expression> {
        let quote = if self.eat("'") { '\'' } else { self.eat("\"").then_some('"')? };
        let (topic, rest) = self.rest.split_once(quote)?;
        self.rest = rest;
        self.topics += 1;
        let well_formed = is_word(topic, 900) && self.eat_word("in") && self.eat_word("topics");
        well_formed.then(|| Expression::Topic(topic.into()))
    }

    fn eat(&mut self, expected: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(expected);
        rest.inspect(|rest| self.rest = rest).is_some()
    }

    /// Like `eat`, but `intopics` is not two words.
    fn eat_word(&mut self, expected: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(expected);
        let ends = |rest: &&str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        rest.filter(ends).inspect(|rest| self.rest = rest).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_conditions_are_taken() {
        for good in [
            "'a' in topics",
            "'a' in topics && ('b' in topics || 'c' in topics)",
            "!('a' in topics) && !'b' in topics",
            "  'a'  in  topics||'b' in topics ",
            "\"a\" in topics",
            "'1' in topics || '2' in topics || '3' in topics || '4' in topics || '5' in topics",
        ] {
            assert!(Expression::parse(good).is_some(), "{good}");
        }
    }

    #[test]
    fn malformed_conditions_are_not() {
        let deep = format!("{}'a' in topics{}", "(".repeat(100_000), ")".repeat(100_000));
        for bad in [
            "",
            "a in topics",
            "'a'",
            "'a' in topic",
            "'a' intopics",
            "'a' in topics &&",
            "'a' in topics & 'b' in topics",
            "('a' in topics",
            "'a' in topics)",
            "'a' in topics 'b' in topics",
            "'/topics/a' in topics",
            "'a in topics",
            "'1' in topics || '2' in topics || '3' in topics || '4' in topics || '5' in topics || '6' in topics",
            &deep,
        ] {
            assert!(Expression::parse(bad).is_none(), "{bad:.60}");
        }
    }

    #[test]
    fn an_expression_is_evaluated_from_left_to_right() {
        let holds = |text: &str, topics: &[&str]| {
            Expression::parse(text).unwrap().holds(&|topic| topics.contains(&topic))
        };
        let both = "'a' in topics && 'b' in topics";
        assert!(holds(both, &["a", "b"]) && !holds(both, &["a"]) && !holds(both, &[]));
        let nested = "'a' in topics && ('b' in topics || 'c' in topics)";
        assert!(holds(nested, &["a", "c"]) && !holds(nested, &["b", "c"]));
        let not = "!('a' in topics)";
        assert!(holds(not, &[]) && holds(not, &["b"]) && !holds(not, &["a", "b"]));
        let no_precedence = "'a' in topics || 'b' in topics && 'c' in topics";
        assert!(!holds(no_precedence, &["a"]), "(a or b) and c");
        assert_eq!(Expression::parse(no_precedence).unwrap().topics(), ["a", "b", "c"]);
    }
}
