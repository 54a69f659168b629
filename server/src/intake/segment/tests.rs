use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn rule(segment: &Value) -> Result<SegmentRule, String> {
    SegmentRule::read(&serde_json::from_value(segment.clone()).unwrap()).map_err(|error| match error {
        IntakeError::Field { field, .. } => field,
        other => panic!("{other:?}"),
    })
}

fn anna(tags: &[String]) -> Traits<'_> {
    Traits { platform: "android", locale: Some("ru-RU"), app_version: Some("2.10.0"), tags }
}

#[test]
fn all_that_is_given_must_match_and_of_a_list_one() {
    let tags = ["vip".to_owned(), "beta".to_owned()];
    for (segment, matches) in [
        (json!({"platform": ["android"]}), true),
        (json!({"platform": ["ios", "android"]}), true),
        (json!({"platform": ["ios"]}), false),
        (json!({"locale": ["ru"]}), true),
        (json!({"locale": ["RU_ru"]}), true),
        (json!({"locale": ["r"]}), false),
        (json!({"locale": ["ru-RU-x"]}), false),
        (json!({"locale": ["de", "ru"]}), true),
        (json!({"tags": ["vip"]}), true),
        (json!({"tags": ["gold", "beta"]}), true),
        (json!({"tags": ["gold"]}), false),
        (json!({"platform": ["android"], "locale": ["ru"], "app_version": ">=2.1", "tags": ["vip"]}), true),
        (json!({"platform": ["android"], "locale": ["de"], "app_version": ">=2.1", "tags": ["vip"]}), false),
        (json!({"platform": ["android"], "locale": ["ru"], "app_version": "<2.1", "tags": ["vip"]}), false),
    ] {
        assert_eq!(rule(&segment).unwrap().matches(anna(&tags)), matches, "{segment}");
    }
}

#[test]
fn versions_compare_as_numbers() {
    for (wanted, has, holds) in [
        (">=2.1", "2.10", true),
        (">=2.1", "2.1", true),
        (">=2.1", "2.1.0", true),
        (">=2.1", "2.0.99", false),
        (">2.1", "2.1.0", false),
        ("<2.1", "2.0", true),
        ("<= 2.1", "2.1", true),
        ("=2.1", "2.1.0", true),
        ("=2.1", "2.1.1", false),
        (">=2.1", "2.1.0-beta3", true),
        (">=2.1", "2.1+build7", true),
        (">=2.1", "beta", false),
        (">=2.1", "", false),
        (">=2.1", "2..1", false),
    ] {
        let rule = rule(&json!({"app_version": wanted})).unwrap();
        let traits = Traits { platform: "ios", locale: None, app_version: Some(has), tags: &[] };
        assert_eq!(rule.matches(traits), holds, "{has} {wanted}");
    }
}

#[test]
fn what_a_phone_does_not_tell_matches_nothing() {
    let silent = Traits { platform: "web", locale: None, app_version: None, tags: &[] };
    for segment in [json!({"locale": ["ru"]}), json!({"app_version": "<9"}), json!({"tags": ["vip"]})] {
        assert!(!rule(&segment).unwrap().matches(silent), "{segment}");
    }
}

#[test]
fn a_segment_that_cannot_be_meant_is_refused_by_its_field() {
    for (segment, field) in [
        (json!({}), "to.segment"),
        (json!({"platform": []}), "to.segment"),
        (json!({"platform": ["android", "pager"]}), "to.segment.platform[1]"),
        (json!({"locale": [""]}), "to.segment.locale[0]"),
        (json!({"locale": ["ru RU"]}), "to.segment.locale[0]"),
        (json!({"tags": ["a", "b\n"]}), "to.segment.tags[1]"),
        (json!({"tags": vec!["a"; 101]}), "to.segment.tags"),
        (json!({"app_version": "2.1"}), "to.segment.app_version"),
        (json!({"app_version": ">="}), "to.segment.app_version"),
        (json!({"app_version": ">=2.x"}), "to.segment.app_version"),
        (json!({"app_version": "~2"}), "to.segment.app_version"),
    ] {
        assert_eq!(rule(&segment), Err(field.to_owned()), "{segment}");
    }
}

fn version() -> impl Strategy<Value = String> {
    prop::collection::vec(0_u64..20, 1..4)
        .prop_map(|parts| parts.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

proptest! {
    /// Of `<`, `=` and `>` exactly one holds, and `>=` and `<=` are what they say.
    #[test]
    fn the_comparisons_agree(has in version(), wanted in version()) {
        let holds = |sign: &str| {
            let rule = rule(&json!({"app_version": format!("{sign}{wanted}")})).unwrap();
            rule.matches(Traits { platform: "ios", locale: None, app_version: Some(&has), tags: &[] })
        };
        let (less, equal, more) = (holds("<"), holds("="), holds(">"));
        prop_assert_eq!(u8::from(less) + u8::from(equal) + u8::from(more), 1);
        prop_assert_eq!(holds("<="), less || equal);
        prop_assert_eq!(holds(">="), more || equal);
    }

    /// Whatever a phone reports, nothing panics and an empty list says nothing.
    #[test]
    fn any_report_can_be_looked_at(platform: String, locale: Option<String>, version: Option<String>) {
        let traits = Traits { platform: &platform, locale: locale.as_deref(), app_version: version.as_deref(), tags: &[] };
        let tagged = rule(&json!({"tags": ["vip"]})).unwrap();
        prop_assert!(!tagged.matches(traits));
        let reported = rule(&json!({"locale": ["ru"], "app_version": ">1"})).unwrap();
        prop_assert!(!reported.matches(traits) || locale.is_some());
    }
}
