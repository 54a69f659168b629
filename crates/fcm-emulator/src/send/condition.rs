//! Conditions over topics: `'a' in topics && ('b' in topics || !('c' in topics))`. In: text. Out: whether FCM would
//! take it. Next: `rules`.

use crate::send::rules::is_word;

const TOPICS_AT_MOST: usize = 5;
/// Nobody nests five topics deeper; without a bound a hostile text would exhaust the stack.
const DEEPEST: usize = 50;

pub(crate) fn is_condition(text: &str) -> bool {
    let mut parser = Parser { rest: text, topics: 0 };
    parser.expression(0).is_some() && parser.rest.trim_start().is_empty() && parser.topics <= TOPICS_AT_MOST
}

struct Parser<'a> {
    rest: &'a str,
    topics: usize,
}

impl Parser<'_> {
    fn expression(&mut self, depth: usize) -> Option<()> {
        self.term(depth)?;
        while self.eat("&&") || self.eat("||") {
            self.term(depth)?;
        }
        Some(())
    }

    fn term(&mut self, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        if self.eat("!") {
            return self.term(depth + 1);
        }
        if self.eat("(") {
            self.expression(depth + 1)?;
            return self.eat(")").then_some(());
        }
        self.topic()
    }

    fn topic(&mut self) -> Option<()> {
        let quote = if self.eat("'") { '\'' } else { self.eat("\"").then_some('"')? };
        let (topic, rest) = self.rest.split_once(quote)?;
        self.rest = rest;
        self.topics += 1;
        (is_word(topic, 900) && self.eat_word("in") && self.eat_word("topics")).then_some(())
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
            assert!(is_condition(good), "{good}");
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
            assert!(!is_condition(bad), "{bad:.60}");
        }
    }
}
