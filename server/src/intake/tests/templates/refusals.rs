//! What is refused, each by its field.

use pushbridge_wire::limits;
use serde_json::{Value, json};

use super::{field, rows, shipped, three_phones, to_two};
use crate::{intake::IntakeError, testing::Bench};

#[tokio::test]
async fn what_cannot_be_filled_is_refused_by_its_field() {
    let bench = Bench::new().await;
    bench.put_template("shipped", &shipped()).await;
    bench
        .put_template(
            "picky",
            &json!({"default": {"data": {"a": "{{ a }}"}},
                "locales": {"ru": {"data": {"a": "{{ a }}", "b": "{{ b.c }}"}}}}),
        )
        .await;
    bench
        .put_template(
            "slow",
            &json!({"default": {"data": {"a": "{% for i in range(100000) %}{% endfor %}"}}}),
        )
        .await;
    bench.put_template("odd", &json!({"default": {"android": {"ttl": "{{ ttl }}"}}})).await;
    let to = json!({"user": "anna"});
    let own = |params: Value| json!({"users": ["bob", {"id": "anna", "params": params}]});
    let message = json!({"data": {}});
    let long = "x".repeat(limits::PARAMS_BYTES);
    for (request, name, says) in [
        (json!({"to": to, "template": {"id": "nothing"}}), "template.id", "no template"),
        (json!({"to": to, "template": {"id": "shipped"}, "message": message}), "template", "not both"),
        (json!({"to": to, "message": null}), "message", "template"),
        (json!({"to": own(json!({})), "message": message}), "to.users[1].params", "template"),
        (
            json!({"to": to, "template": {"id": "shipped", "params": {"n": 1}}}),
            "template.params.name",
            "variant default at notification.title",
        ),
        (
            json!({"to": to, "template": {"id": "picky", "params": {"a": "1"}}}),
            "template.params.b.c",
            "variant ru at data.b",
        ),
        (
            json!({"to": to, "template": {"id": "picky", "params": {"a": "1", "b": {"c": null}}}}),
            "template.params.b.c",
            "variant ru",
        ),
        (
            json!({"to": own(json!({"b": {"c": 1}})), "template": {"id": "picky", "params": {"a": "1", "b": {"c": 1}}}, "lane": "slow"}),
            "lane",
            "",
        ),
        (
            json!({"to": own(json!({"b": null})), "template": {"id": "picky", "params": {"a": "1", "b": {"c": 1}}}}),
            "to.users[1].params.b.c",
            "variant ru",
        ),
        (
            json!({"to": own(json!({"a": "x".repeat(4_000)})), "template": {"id": "picky", "params": {"a": "1", "b": {"c": 1}}}}),
            "to.users[1].params",
            "variant default",
        ),
        (
            json!({"to": to, "template": {"id": "picky", "params": {"a": "x".repeat(4_000), "b": {"c": 1}}}}),
            "template.params",
            "too large",
        ),
        (
            json!({"to": to, "template": {"id": "picky", "params": {"a": [1], "b": {"c": 1}}}}),
            "template.params",
            "data.a",
        ),
        (
            json!({"to": to, "template": {"id": "odd", "params": {"ttl": "soon"}}}),
            "template.params",
            "message.android.ttl",
        ),
        (json!({"to": to, "template": {"id": "slow"}}), "template.params", "too much"),
        (
            json!({"to": to, "template": {"id": "picky", "params": {"a": long}}}),
            "template.params",
            "8192 bytes",
        ),
        (
            json!({"to": own(json!({"a": long})), "template": {"id": "picky"}}),
            "to.users[1].params",
            "8192 bytes",
        ),
        (
            json!({"to": {"users": ["anna", {"id": "anna", "params": {}}]}, "template": {"id": "picky"}}),
            "to.users[1].params",
            "once",
        ),
        (
            json!({"to": {"users": [{"id": "anna", "params": {"a": 1}}, {"id": "anna", "params": {"a": 2}}]}, "template": {"id": "picky"}}),
            "to.users[1].params",
            "once",
        ),
        (
            json!({"to": {"users": [{"id": "anna", "params": {}}, "anna"]}, "template": {"id": "picky"}}),
            "to.users[1]",
            "once",
        ),
    ] {
        let shown: String = request.to_string().chars().take(200).collect();
        let refused = bench.accept(request).await.expect_err(&shown);
        assert_eq!(field(&refused), name, "{shown}: {refused}");
        assert!(refused.to_string().contains(says), "{shown}: {refused}");
    }
    assert_eq!(rows(&bench).await, "0 0");
    assert_eq!(bench.text("SELECT count(*) || '' FROM message_params").await, "0");
    // The same twice is once, and who has all of his own needs nothing of the others'.
    let users = json!([{"id": "anna", "params": {"name": "A", "n": 1}}, {"id": "anna", "params": {"n": 1, "name": "A"}}]);
    bench.accept(json!({"to": {"users": users}, "template": {"id": "shipped"}})).await.unwrap();
}

/// The server's own keys have room in a filled message too.
#[tokio::test]
async fn a_filled_message_leaves_room_for_the_servers_keys() {
    let bench = Bench::new().await;
    bench.put_template("t", &json!({"default": {"data": {"k": "{{ text }}"}}})).await;
    let own = "pb_app".len() + "shop".len() + "pb_msg".len() + 36 + "pb_login".len() + 64;
    let room = 4_096 - own - 1;
    for (bytes, fits) in [(room, true), (room + 1, false)] {
        let params = json!({"text": "x".repeat(bytes)});
        let sent =
            bench.accept(json!({"to": {"user": "anna"}, "template": {"id": "t", "params": params}})).await;
        assert_eq!(sent.is_ok(), fits, "{bytes}");
    }
}

/// I6: parameters are content.
#[tokio::test]
async fn the_same_key_with_other_parameters_is_refused() {
    let bench = Bench::new().await;
    three_phones(&bench).await;
    bench.put_template("shipped", &shipped()).await;
    let first = bench.accept_with_key(Some("k"), to_two()).await.unwrap();
    assert_eq!(bench.accept_with_key(Some("k"), to_two()).await.unwrap(), first);
    for (pointer, value) in [
        ("/template/params/n", json!(3)),
        ("/to/users/1/params/name", json!("Rob")),
        ("/template/id", json!("shipped-2")),
    ] {
        let mut other = to_two();
        *other.pointer_mut(pointer).unwrap() = value;
        bench.put_template("shipped-2", &shipped()).await;
        let refused = bench.accept_with_key(Some("k"), other).await;
        assert!(matches!(refused, Err(IntakeError::KeyReused)), "{pointer}");
    }
    // Though the template could not be filled any more.
    bench.put_template("shipped", &json!({"default": {"data": {"a": "{{ new }}"}}})).await;
    assert_eq!(bench.accept_with_key(Some("k"), to_two()).await.unwrap(), first);
    assert_eq!(rows(&bench).await, "1 3");
}

#[tokio::test]
async fn a_list_that_is_too_much_work_is_refused() {
    let bench = Bench::new().await;
    let many: serde_json::Map<_, _> = (0..5).map(|n| (format!("ru-{n}"), json!({}))).collect();
    bench.put_template("six", &json!({"default": {}, "locales": many})).await;
    bench
        .put_template("one", &json!({"default": {"data": {"a": "{% for i in range(500) %}{% endfor %}"}}}))
        .await;
    let users: Vec<_> = (0..10_000).map(|n| json!({"id": format!("u{n}"), "params": {}})).collect();
    for (template, name, says) in [("six", "to.users", "50000"), ("one", "to.users[", "too many users")] {
        let request = json!({"to": {"users": users}, "template": {"id": template}});
        let refused = bench.accept(request).await.unwrap_err();
        assert!(field(&refused).starts_with(name) && refused.to_string().contains(says), "{refused}");
    }
}
