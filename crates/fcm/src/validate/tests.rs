use std::collections::BTreeMap;

use serde_json::json;

use super::*;

/// The faults of `payload`, as `field: description`.
fn faults(payload: &Value) -> Vec<String> {
    match validate(payload, 0) {
        Ok(_) => Vec::new(),
        Err(error) => error.violations().map(ToString::to_string).collect(),
    }
}

fn sound(payload: &Value) -> Message {
    validate(payload, 0).unwrap_or_else(|error| panic!("{payload}: {error}"))
}

/// What would be sent of `payload`.
fn sent(payload: &Value) -> Value {
    serde_json::to_value(sound(payload)).expect("JSON")
}

/// Every field of FCM's reference, as the SDKs write them.
fn complete() -> Value {
    let shown = json!({
        "title": "t", "body": "b", "icon": "i", "color": "#A0b1C2", "sound": "s", "tag": "g", "click_action": "c",
        "body_loc_key": "bk", "body_loc_args": ["1"], "title_loc_key": "tk", "title_loc_args": ["2"],
        "channel_id": "ch", "ticker": "ti", "sticky": false, "event_time": "2026-11-24T08:30:00.5Z",
        "local_only": true, "notification_priority": "PRIORITY_MAX", "default_sound": true,
        "default_vibrate_timings": false, "default_light_settings": false, "vibrate_timings": ["0.5s", "1s"],
        "visibility": "PUBLIC", "notification_count": 0, "image": "https://example.com/i.png",
        "light_settings": {"color": {"red": 0.1, "green": 1.0, "blue": 0.0, "alpha": 0.5},
            "light_on_duration": "3.5s", "light_off_duration": "0s"},
    });
    let mut v1 = shown.clone();
    v1["proxy"] = json!("IF_PRIORITY_LOWERED");
    v1["bypass_proxy_notification"] = json!(true);
    json!({
        "data": {"camelCase": "", "zero": "0"},
        "notification": {"title": "t", "body": "b", "image": "https://example.com/i.png"},
        "android": {"collapse_key": "k", "priority": "HIGH", "ttl": "2419200s", "restricted_package_name": "p",
            "data": {"a": "b"}, "notification": v1, "fcm_options": {"analytics_label": "a-Z_0.~%"},
            "direct_boot_ok": true, "bandwidth_constrained_ok": true, "restricted_satellite_ok": false},
        "webpush": {"headers": {"TTL": "60"}, "data": {"w": "1"},
            "notification": {"requireInteraction": true, "data": {"deepNested": [0, null]}},
            "fcm_options": {"link": "https://example.com/x", "analytics_label": "w"}},
        "apns": {"headers": {"apns-priority": "5"}, "payload": {"aps": {"contentAvailable": 1}, "myKey": 0.0},
            "fcm_options": {"analytics_label": "i", "image": "https://example.com/i.png"},
            "live_activity_token": "abc"},
        "fcm_options": {"analytics_label": "m"},
    })
}

fn complete_v2() -> Value {
    json!({"android_v2": {
        "background_sync": {}, "collapse_key": "k", "data": {"a": "b"}, "ttl": "0s", "restricted_package_name": "p",
        "remote_notification": {"notification": {"title": "t", "id": -3}, "mutable_content": true,
            "use_as_v1_data_message": false},
        "fcm_options": {"analytics_label": "a"}, "direct_boot_ok": false, "bandwidth_constrained_ok": false,
        "restricted_satellite_ok": true,
    }})
}

/// A complete FCM message comes through unchanged: no field is forgotten, and free-form keys stay as they are.
#[test]
fn a_complete_message_comes_through_unchanged() {
    for payload in [complete(), complete_v2(), json!({})] {
        assert_eq!(sent(&payload), payload);
    }
    insta::assert_json_snapshot!(sound(&complete()));
    insta::assert_json_snapshot!(sound(&complete_v2()));
}

#[test]
fn camel_case_names_mean_the_same() {
    /// Free-form maps keep their keys.
    fn camel(value: &Value) -> Value {
        let Value::Object(fields) = value else { return value.clone() };
        let free = ["data", "headers", "payload"];
        let rename = |(name, value): (&String, &Value)| {
            let mut words = name.split('_');
            let mut renamed = words.next().unwrap_or_default().to_owned();
            for word in words {
                let (first, rest) = word.split_at(1);
                renamed.push_str(&(first.to_uppercase() + rest));
            }
            let free = free.contains(&name.as_str()) || value.get("requireInteraction").is_some();
            (renamed, if free { value.clone() } else { camel(value) })
        };
        Value::Object(fields.iter().map(rename).collect())
    }
    for payload in [complete(), complete_v2()] {
        let camel = camel(&payload);
        assert!(camel != payload && !camel.to_string().contains("_key\""));
        assert_eq!(sound(&camel), sound(&payload));
    }
}

#[test]
fn enums_are_read_in_any_case_and_written_as_in_the_reference() {
    for written in ["high", "HIGH", "High"] {
        assert_eq!(
            sent(&json!({"android": {"priority": written}})),
            json!({"android": {"priority": "HIGH"}})
        );
    }
    let shown = |field: &str, value: Value| json!({"android": {"notification": {field: value}}});
    assert_eq!(sent(&shown("visibility", json!("secret"))), shown("visibility", json!("SECRET")));
    // By their numbers too.
    assert_eq!(sent(&shown("visibility", json!(3))), shown("visibility", json!("SECRET")));
    assert_eq!(sent(&json!({"android": {"priority": 1}})), json!({"android": {"priority": "HIGH"}}));
    for wrong in [json!(4), json!(-1), json!(0.5), json!(true)] {
        assert!(validate(&shown("visibility", wrong.clone()), 0).is_err(), "{wrong}");
    }
}

#[test]
fn a_ttl_is_compared_in_whole_seconds() {
    assert_eq!(faults(&json!({"android": {"ttl": "2419200.5s"}})), Vec::<String>::new());
}

#[test]
fn the_last_of_two_equal_keys_wins_and_null_is_absent() {
    let payload: Value = serde_json::from_str(
        r#"{"data":{"k":"1","k":"2"},"notification":{"title":"a"},"notification":{"title":"b"},"android":null}"#,
    )
    .expect("JSON");
    assert_eq!(sent(&payload), json!({"data": {"k": "2"}, "notification": {"title": "b"}}));
}

/// Whoever called writes the fault into a log.
#[test]
fn a_fault_of_the_schema_quotes_no_value() {
    let card = "4111 1111, expected a card";
    for (payload, said) in [
        (json!({"android": {"direct_boot_ok": card}}), "invalid type: string, expected a boolean"),
        (json!({"android": {"notification": card}}), "invalid type: string, expected struct"),
        (json!({"android": {"notification": 4_111_111}}), "invalid type: integer, expected struct"),
        (json!({"android": {"ttl": card}}), "such as \"3.5s\""),
        (json!({"data": {"a": 4_111_111}}), "invalid type: integer, expected a string"),
    ] {
        let faults = faults(&payload).join(" ");
        assert!(faults.contains(said) && !faults.contains("4111"), "{payload}: {faults}");
    }
}

#[test]
fn a_payload_that_does_not_fit_the_schema_is_refused_with_fcms_path() {
    let unknown = |name: &str, at: &str| {
        format!("{at}: Invalid JSON payload received. Unknown name \"{name}\" at '{at}': Cannot find field.")
    };
    for (payload, fault) in [
        (json!({"foo": 1}), unknown("foo", "message")),
        (json!({"android": {"foo": 1}}), unknown("foo", "message.android")),
        (json!({"fcmOptions": {"foo": 1}}), unknown("foo", "message.fcm_options")),
        (json!({"android_v2": {"priority": "HIGH"}}), unknown("priority", "message.android_v2")),
        (
            json!({"android_v2": {"background_sync": {"x": 1}}}),
            unknown("x", "message.android_v2.background_sync"),
        ),
    ] {
        assert_eq!(faults(&payload), [fault]);
    }
    for (payload, field) in [
        (json!([]), "message"),
        (json!({"data": []}), "message.data"),
        (json!({"data": {"a": "1", "b": 12}}), "message.data[1].value"),
        (json!({"data": {"a": null}}), "message.data[0].value"),
        (json!({"data": {"a": true}}), "message.data[0].value"),
        (json!({"apns": {"headers": {"apns-priority": 5}}}), "message.apns.headers[0].value"),
        (json!({"webpush": {"data": {"k": {}}}}), "message.webpush.data[0].value"),
        (json!({"notification": "hello"}), "message.notification"),
        (json!({"notification": {"title": 1}}), "message.notification.title"),
        (json!({"android": {"collapseKey": 1}}), "message.android.collapse_key"),
        (json!({"android": {"ttl": 3600}}), "message.android.ttl"),
        (json!({"android": {"ttl": "3600"}}), "message.android.ttl"),
        (json!({"android": {"ttl": "-1s"}}), "message.android.ttl"),
        (json!({"androidV2": {"ttl": "1h"}}), "message.android_v2.ttl"),
        (json!({"android": {"priority": "urgent"}}), "message.android.priority"),
        (json!({"android": {"directBootOk": "yes"}}), "message.android.direct_boot_ok"),
        (
            json!({"android": {"notification": {"event_time": "now"}}}),
            "message.android.notification.event_time",
        ),
        (
            json!({"android": {"notification": {"body_loc_key": "k", "body_loc_args": ["a", 1]}}}),
            "message.android.notification.body_loc_args[1]",
        ),
        (
            json!({"android": {"notification": {"notification_count": 1.5}}}),
            "message.android.notification.notification_count",
        ),
    ] {
        let error = validate(&payload, 0).expect_err(field);
        assert_eq!(error.first.field, field, "{payload}: {error}");
    }
}

#[test]
fn a_wrong_value_in_data_is_named_by_its_key() {
    let faults = faults(&json!({"data": {"a": "1", "count": 12}}));
    assert!(faults[0].ends_with("expected a string (key \"count\")"), "{faults:?}");
}

#[test]
fn the_target_is_no_part_of_a_payload() {
    for target in ["token", "fid", "topic", "condition", "name"] {
        let error = validate(&json!({target: "x"}), 0).expect_err(target);
        assert_eq!(error.first.field, format!("message.{target}"));
    }
}

#[test]
fn keys_of_fcm_and_of_the_server_are_refused() {
    let (fcms, ours) = (["from", "message_type", "google.x", "gcm.notification.x"], ["pb_", "pb_login"]);
    let data = |key: &str| json!({key: "v"});
    let payloads = |key: &str| {
        [
            ("message.data", json!({"data": data(key)})),
            ("message.android.data", json!({"android": {"data": data(key)}})),
            ("message.android_v2.data", json!({"android_v2": {"data": data(key)}})),
            ("message.webpush.data", json!({"webpush": {"data": data(key)}})),
        ]
    };
    for key in fcms.into_iter().chain(ours) {
        for (field, payload) in payloads(key) {
            assert_eq!(faults(&payload), [format!("{field}: Invalid data payload key: {key}")]);
        }
    }
    for key in ours {
        let payload = json!({"apns": {"payload": data(key)}});
        assert_eq!(faults(&payload), [format!("message.apns.payload: Invalid data payload key: {key}")]);
    }
    for key in ["From", "fromage", "googly", "gcm", "google", "collapse_key", "gcm.x", "pb", "xpb_"] {
        for (_, payload) in payloads(key) {
            assert_eq!(faults(&payload), Vec::<String>::new(), "{key}");
        }
    }
}

#[test]
fn what_fits_the_schema_and_is_refused_all_the_same() {
    let shown = |fields: Value| json!({"android": {"notification": fields}});
    let label = |label: &str| json!({"fcm_options": {"analytics_label": label}});
    let light = json!({"color": {"red": 1.5}});
    let block = "message.android.notification";
    let settings = format!("{block}.light_settings");
    for (payload, fields) in [
        (json!({"android": {"ttl": "2419201.000000001s"}}), vec!["message.android.ttl".to_owned()]),
        (json!({"android_v2": {"ttl": "2419201s"}}), vec!["message.android_v2.ttl".into()]),
        (json!({"android": {}, "android_v2": {}}), vec!["message.android_v2".into()]),
        (label(""), vec!["message.fcm_options.analytics_label".into()]),
        (label("a b"), vec!["message.fcm_options.analytics_label".into()]),
        (label(&"x".repeat(51)), vec!["message.fcm_options.analytics_label".into()]),
        (json!({"apns": label("ä")}), vec!["message.apns.fcm_options.analytics_label".into()]),
        (json!({"android": label("ä")}), vec!["message.android.fcm_options.analytics_label".into()]),
        (json!({"android_v2": label("ä")}), vec!["message.android_v2.fcm_options.analytics_label".into()]),
        (json!({"webpush": label("ä")}), vec!["message.webpush.fcm_options.analytics_label".into()]),
        (shown(json!({"color": "red"})), vec![format!("{block}.color")]),
        (shown(json!({"color": "#12345g"})), vec![format!("{block}.color")]),
        (shown(json!({"color": "#12345678"})), vec![format!("{block}.color")]),
        (shown(json!({"body_loc_args": ["a"]})), vec![format!("{block}.body_loc_args")]),
        (shown(json!({"title_loc_args": ["a"]})), vec![format!("{block}.title_loc_args")]),
        (
            shown(json!({"light_settings": light})),
            vec![
                format!("{settings}.color"),
                format!("{settings}.light_on_duration"),
                format!("{settings}.light_off_duration"),
            ],
        ),
        (
            json!({"android_v2": {"remote_notification": {"notification": {"color": ""}}}}),
            vec!["message.android_v2.remote_notification.notification.color".into()],
        ),
        (
            json!({"webpush": {"fcm_options": {"link": "http://example.com"}}}),
            vec!["message.webpush.fcm_options.link".into()],
        ),
        (
            json!({"webpush": {"fcm_options": {"link": "/x"}}}),
            vec!["message.webpush.fcm_options.link".into()],
        ),
    ] {
        let error = validate(&payload, 0).expect_err("refused");
        let found: Vec<_> = error.violations().map(|violation| violation.field.clone()).collect();
        assert_eq!(found, fields, "{payload}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let payload = json!({"data": {"from": "x", "pb_x": "y"}, "android": {"ttl": "9999999s"}});
    let fields: Vec<_> = validate(&payload, 0)
        .expect_err("refused")
        .violations()
        .map(|violation| violation.field.clone())
        .collect();
    assert_eq!(fields, ["message.data", "message.data", "message.android.ttl"]);
}

#[test]
fn four_thousand_and_ninety_six_bytes_fit_and_one_more_does_not() {
    // A key of one byte and a value of the rest; a letter of two bytes counts as two.
    let data = |size_bytes: usize| json!({"k": format!("é{}", "x".repeat(size_bytes - 3))});
    for payload in [
        |data: Value| json!({"data": data}),
        |data: Value| json!({"android": {"data": data}}),
        |data: Value| json!({"android_v2": {"data": data}}),
        |data: Value| json!({"webpush": {"data": data}}),
        |data: Value| json!({"webpush": {"notification": data}}),
        |data: Value| json!({"apns": {"payload": data}}),
    ] {
        assert_eq!(payload_bytes(&sound(&payload(data(4096)))), 4096);
        assert_eq!(validate(&payload(data(4097)), 0).expect_err("too large").first.field, "message");
        assert!(validate(&payload(data(4000)), 96).is_ok());
        assert!(validate(&payload(data(4000)), 97).is_err());
    }
}

#[test]
fn a_platforms_own_content_is_counted_instead_of_the_shared_one() {
    let size = |payload: Value| payload_bytes(&sound(&payload));
    for (payload, size_bytes) in [
        (json!({}), 0),
        (json!({"notification": {"title": "abc"}}), 8),
        (json!({"data": {"k": "123"}, "android": {"data": {"k": "1"}}}), 4),
        (json!({"data": {"k": "123"}, "android": {"data": {}}}), 4),
        (json!({"data": {"k": "123"}, "android": {"data": {"k": "12345"}}}), 6),
        (json!({"notification": {"title": "abc"}, "android": {"notification": {"title": "abcde"}}}), 10),
        (json!({"notification": {"title": "abc"}, "android": {"notification": {"tag": "x"}}}), 12),
        (json!({"notification": {"title": "abc"}, "apns": {"payload": {"aps": {"badge": 12}}}}), 18),
        (json!({"notification": {"title": "a"}, "apns": {"payload": {"aps": {"alert": "abcd"}}}}), 12),
        (json!({"webpush": {"notification": {"a": [true, "b", {"c": null}]}}}), 11),
    ] {
        assert_eq!(size(payload.clone()), size_bytes, "{payload}");
    }
}

fn keys() -> BTreeMap<String, String> {
    BTreeMap::from([("pb_app".to_owned(), "demo".to_owned()), ("pb_msg".to_owned(), "msg_1".to_owned())])
}

#[test]
fn the_servers_keys_reach_every_platform_and_hide_nothing() {
    let stamped = |payload: Value| {
        let mut message = sound(&payload);
        stamp(&mut message, &keys());
        serde_json::to_value(message).expect("JSON")
    };
    let own = json!({"pb_app": "demo", "pb_msg": "msg_1"});
    let with_a = json!({"a": "b", "pb_app": "demo", "pb_msg": "msg_1"});
    let data = json!({"a": "b"});

    assert_eq!(stamped(json!({})), json!({"data": own}));
    let platforms = ["android", "android_v2", "webpush"];
    for platform in platforms {
        let payload = json!({"data": data, platform: {"data": data}});
        assert_eq!(stamped(payload), json!({"data": with_a, platform: {"data": with_a}}));
        // Keys in an empty map would make it replace message.data.
        let payload = json!({"data": data, platform: {"data": {}}});
        assert_eq!(stamped(payload), json!({"data": with_a, platform: {"data": {}}}));
        assert_eq!(stamped(json!({platform: {}})), json!({"data": own, platform: {}}));
    }
}

#[test]
fn what_the_servers_keys_take_is_what_was_reserved() {
    for payload in [
        json!({}),
        json!({"data": {"a": "b"}}),
        json!({"data": {"a": "b"}, "webpush": {"data": {"c": "dd"}}}),
    ] {
        let mut message = sound(&payload);
        let before = payload_bytes(&message);
        stamp(&mut message, &keys());
        assert_eq!(payload_bytes(&message), before + reserved_bytes(&keys()), "{payload}");
    }
}

/// I11: the push token of a Live Activity is an address too.
#[test]
fn a_live_activity_token_is_not_printed() {
    let message = sound(&json!({"apns": {"live_activity_token": "abc"}}));
    let shown = format!("{message:?}");
    assert!(shown.contains("fp:ba7816bf") && !shown.contains("\"abc\""), "{shown}");
}

#[test]
fn a_long_value_does_not_make_a_long_fault() {
    let faults = faults(&json!({"notification": "x y".repeat(10_000), }));
    assert!(faults[0].len() < 1000);
}
