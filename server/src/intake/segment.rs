//! A segment: installations by what their phones report.

use std::cmp::Ordering;

use pushbridge_wire::{Platform, Segment, limits};

use super::IntakeError;
use crate::template::normal_locale;

/// A checked segment. All that was given must match; of a list, one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentRule {
    platforms: Vec<Platform>,
    locales: Vec<String>,
    app_version: Option<VersionRule>,
    tags: Vec<String>,
}

/// What a segment looks at.
#[derive(Clone, Copy, Debug)]
pub struct Traits<'a> {
    /// The system.
    pub platform: &'a str,
    /// BCP 47.
    pub locale: Option<&'a str>,
    /// Version of the app.
    pub app_version: Option<&'a str>,
    /// Free labels.
    pub tags: &'a [String],
}

/// A comparison of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
struct VersionRule {
    wanted: &'static [Ordering],
    version: Vec<u64>,
}

/// The longer signs first: `>` is also how `>=` begins.
const SIGNS: [(&str, &[Ordering]); 5] = [
    (">=", &[Ordering::Greater, Ordering::Equal]),
    ("<=", &[Ordering::Less, Ordering::Equal]),
    (">", &[Ordering::Greater]),
    ("<", &[Ordering::Less]),
    ("=", &[Ordering::Equal]),
];

impl SegmentRule {
    /// Checks what the backend wrote.
    pub(super) fn read(segment: &Segment) -> Result<Self, IntakeError> {
        if *segment == Segment::default() {
            let detail = "names nothing: give platform, locale, app_version or tags, or send to everyone";
            return Err(IntakeError::field("to.segment", detail));
        }
        let known = |platform: &Platform| !matches!(platform, Platform::Other(_));
        check_list("platform", &segment.platform, known, "one of android, ios, web")?;
        check_list("locale", &segment.locale, |locale| is_locale(locale), "such as ru or ru-RU")?;
        check_list("tags", &segment.tags, |tag| is_tag(tag), "1 to 64 bytes without control characters")?;
        let app_version = segment.app_version.as_deref().map(VersionRule::read).transpose()?;
        Ok(Self {
            platforms: segment.platform.clone(),
            locales: segment.locale.iter().map(|locale| normal_locale(locale)).collect(),
            app_version,
            tags: segment.tags.clone(),
        })
    }

    /// Whether an installation belongs to it. What a phone does not tell matches nothing.
    #[must_use]
    pub fn matches(&self, traits: Traits<'_>) -> bool {
        let any = |empty: bool, found: bool| empty || found;
        any(
            self.platforms.is_empty(),
            self.platforms.iter().any(|platform| platform.as_str() == traits.platform),
        ) && any(self.locales.is_empty(), traits.locale.is_some_and(|locale| self.speaks(locale)))
            && any(self.tags.is_empty(), self.tags.iter().any(|tag| traits.tags.contains(tag)))
            && self
                .app_version
                .as_ref()
                .is_none_or(|rule| traits.app_version.is_some_and(|has| rule.holds(has)))
    }

    fn speaks(&self, locale: &str) -> bool {
        let locale = normal_locale(locale);
        let begins = |wanted: &String| locale.strip_prefix(wanted.as_str());
        self.locales.iter().filter_map(begins).any(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}

impl VersionRule {
    fn read(text: &str) -> Result<Self, IntakeError> {
        let refused = || {
            IntakeError::field(
                "to.segment.app_version",
                "a comparison such as >=2.1: one of >= <= > < =, then numbers",
            )
        };
        let (sign, wanted) =
            SIGNS.into_iter().find(|(sign, _)| text.starts_with(sign)).ok_or_else(refused)?;
        let rest = text[sign.len()..].trim_start();
        let fine = rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let version = parse_version(rest).filter(|_| fine && rest.len() <= limits::ATTRIBUTE_BYTES);
        Ok(Self { wanted, version: version.ok_or_else(refused)? })
    }

    fn holds(&self, version: &str) -> bool {
        parse_version(version).is_some_and(|version| self.wanted.contains(&compare(&version, &self.version)))
    }
}

/// The numbers in front: `2.10.0-beta3` is 2, 10, 0. None for a version that is no row of numbers.
fn parse_version(text: &str) -> Option<Vec<u64>> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text[..end].split('.').map(|part| part.parse().ok()).collect()
}

/// Number by number; what is missing is 0, so that 2.1 equals 2.1.0.
fn compare(one: &[u64], other: &[u64]) -> Ordering {
    let part = |version: &[u64], index: usize| version.get(index).copied().unwrap_or(0);
    (0..one.len().max(other.len()))
        .map(|index| part(one, index).cmp(&part(other, index)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn is_locale(text: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    !text.is_empty() && text.len() <= limits::ATTRIBUTE_BYTES && text.bytes().all(fine)
}

fn is_tag(text: &str) -> bool {
    !text.is_empty() && text.len() <= limits::TAG_BYTES && !text.chars().any(char::is_control)
}

fn check_list<T>(
    name: &str,
    values: &[T],
    fine: impl Fn(&T) -> bool,
    expected: &str,
) -> Result<(), IntakeError> {
    if values.len() > limits::SEGMENT_VALUES {
        let detail = format!("at most {} values", limits::SEGMENT_VALUES);
        return Err(IntakeError::field(format!("to.segment.{name}"), detail));
    }
    match values.iter().position(|value| !fine(value)) {
        Some(index) => {
            Err(IntakeError::field(format!("to.segment.{name}[{index}]"), format!("expected {expected}")))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
