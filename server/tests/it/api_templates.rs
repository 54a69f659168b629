//! Templates, from saving one to what arrived on each phone.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, PATIENCE, Phone};

const SHIPPED: &str = "/v1/apps/shop/templates/shipped";
const HOUR: Duration = Duration::from_secs(3_600);

/// In two languages.
fn shipped() -> Value {
    json!({
        "default": {"notification": {"title": "{{ name }}", "body": "{{ n }} shipped"}, "data": {"order": "{{ order.id }}"}},
        "locales": {"ru": {"notification": {"title": "{{ name }}", "body": "отправлено: {{ n }}"}}},
    })
}

fn to_two() -> Value {
    let users = json!([{"id": "anna", "params": {"name": "Анна <3"}}, {"id": "boris", "params": {"name": "\"Boris\"", "n": 7}}]);
    json!({"to": {"users": users}, "template": {"id": "shipped", "params": {"n": 2, "order": {"id": "o-1"}}}})
}

async fn send(fixture: &Fixture, body: &Value) -> Answer {
    fixture.http.call("POST", "/v1/apps/shop/messages", &fixture.shop, body).await
}

async fn phone_in(fixture: &Fixture, user: &str, locale: &str) -> Phone {
    let mut phone = fixture.phone_of(user).await;
    phone.put(fixture, &json!({"locale": locale}), None).await.expect(200);
    phone
}

/// Anna's Russian and German phones, and Boris's Russian one.
async fn three_phones(fixture: &Fixture) -> [Phone; 3] {
    [
        phone_in(fixture, "anna", "ru-RU").await,
        phone_in(fixture, "anna", "de").await,
        phone_in(fixture, "boris", "ru").await,
    ]
}

/// Title, body and data of the only message that the phone got.
async fn got(fixture: &Fixture, phone: &Phone) -> [Value; 3] {
    let inbox = fixture.control().wait_for_inbox(&phone.device.id, 1, PATIENCE).await.unwrap();
    assert_eq!(inbox.len(), 1, "{inbox:?}");
    let message = &inbox[0].message;
    ["/notification/title", "/notification/body", "/data/order"]
        .map(|place| message.pointer(place).cloned().unwrap_or_default())
}

async fn assert_arrived(fixture: &Fixture, [anna, annas_german, boris]: &[Phone; 3]) {
    assert_eq!(got(fixture, anna).await, [json!("Анна <3"), json!("отправлено: 2"), Value::Null]);
    assert_eq!(got(fixture, annas_german).await, [json!("Анна <3"), json!("2 shipped"), json!("o-1")]);
    assert_eq!(got(fixture, boris).await, [json!("\"Boris\""), json!("отправлено: 7"), Value::Null]);
}

/// B9: two users with parameters of their own, three phones in two languages; the server's keys as ever.
#[tokio::test]
async fn each_phone_gets_its_language_and_its_users_parameters() {
    let fixture = Fixture::start().await;
    let phones = three_phones(&fixture).await;
    fixture.put_template("shipped", shipped()).await;
    let accepted = send(&fixture, &to_two()).await.expect(202);
    assert_eq!(accepted["deliveries"], 3, "{accepted}");
    assert_arrived(&fixture, &phones).await;
    for phone in &phones {
        let inbox = fixture.control().inbox(&phone.device.id, 0).unwrap();
        assert_eq!(inbox[0].message["data"]["pb_msg"], accepted["message_id"]);
        assert_eq!(inbox[0].message["data"]["pb_login"], phone.state["login_id"]);
    }
    fixture.end().await;
}

/// B9: what was accepted is what is sent: neither an edit, nor a delete, nor a restart changes it.
#[tokio::test]
async fn what_becomes_of_a_template_does_not_change_an_accepted_message() {
    let mut fixture = Fixture::start().await;
    let phones = three_phones(&fixture).await;
    fixture.put_template("shipped", shipped()).await;
    let mut later = to_two();
    later["send_at"] = json!("2026-11-24T09:00:00Z");
    assert_eq!(send(&fixture, &later).await.expect(202)["deliveries"], 3);
    assert_eq!(fixture.put_template("shipped", json!({"default": {"data": {"a": "edited"}}})).await, 2);
    assert_eq!(fixture.http.call("DELETE", SHIPPED, &fixture.shop, &json!({})).await.status, 204);
    assert_eq!(send(&fixture, &to_two()).await.refusal().2.as_deref(), Some("template.id"));
    fixture.restart().await;
    fixture.clock.advance(HOUR);
    assert_arrived(&fixture, &phones).await;
    fixture.end().await;
}

#[tokio::test]
async fn saving_is_idempotent_and_every_version_can_be_read() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.http.get(SHIPPED, &fixture.shop).await.refusal().0, 404);
    assert_eq!(fixture.put_template("shipped", shipped()).await, 1);
    assert_eq!(fixture.put_template("shipped", shipped()).await, 1);
    let edited = json!({"default": {"data": {"a": "{{ a }}"}}});
    assert_eq!(fixture.put_template("shipped", edited.clone()).await, 2);
    let newest = fixture.get(SHIPPED).await;
    assert_eq!((&newest["version"], &newest["template"]), (&json!(2), &edited));
    let first = fixture.get(&format!("{SHIPPED}?version=1")).await;
    assert_eq!((&first["version"], &first["template"]), (&json!(1), &shipped()));
    assert_eq!(fixture.http.get(&format!("{SHIPPED}?version=3"), &fixture.shop).await.refusal().0, 404);
    fixture.put_template("a", edited.clone()).await;
    let list = fixture.get("/v1/apps/shop/templates").await;
    let listed: Vec<_> =
        list["templates"].as_array().unwrap().iter().map(|one| (&one["id"], &one["version"])).collect();
    assert_eq!(listed, [(&json!("a"), &json!(1)), (&json!("shipped"), &json!(2))]);
    let delete = || fixture.http.call("DELETE", SHIPPED, &fixture.shop, &Value::Null);
    assert_eq!((delete().await.status, delete().await.status), (204, 404));
    assert_eq!(fixture.http.get(SHIPPED, &fixture.shop).await.refusal().0, 404);
    assert_eq!(fixture.get("/v1/apps/shop/templates").await["templates"].as_array().unwrap().len(), 1);
    // It is another one, though its words are those of before.
    assert_eq!(fixture.put_template("shipped", edited).await, 3);
    fixture.end().await;
}

#[tokio::test]
async fn a_preview_shows_the_message_and_names_the_variant() {
    let fixture = Fixture::start().await;
    fixture.put_template("shipped", shipped()).await;
    let path = format!("{SHIPPED}/preview");
    let preview = |body: Value| {
        let (http, path, key) = (&fixture.http, &path, &fixture.shop);
        async move { http.call("POST", path, key, &body).await }
    };
    let params = json!({"name": "A", "n": 1, "order": {"id": "o"}});
    for (locale, variant, body) in [
        (json!("RU_ru"), "ru", "отправлено: 1"),
        (json!("de-AT"), "default", "1 shipped"),
        (Value::Null, "default", "1 shipped"),
    ] {
        let shown = preview(json!({"locale": locale, "params": params})).await.expect(200);
        assert_eq!((&shown["variant"], &shown["version"]), (&json!(variant), &json!(1)));
        assert_eq!(shown["message"]["notification"], json!({"title": "A", "body": body}), "{shown}");
    }
    for (body, code, field) in [
        (json!({"params": {"name": "A", "n": 1}}), "invalid_field", "params.order.id"),
        (
            json!({"params": {"name": "x".repeat(5_000), "n": 1, "order": {"id": 1}}}),
            "payload_rejected",
            "params",
        ),
        (json!({"params": [], "locale": "ru"}), "invalid_field", "params"),
        (json!({"user": "anna"}), "invalid_field", "user"),
    ] {
        let refusal = preview(body.clone()).await.refusal();
        assert_eq!(refusal, (400, code.to_owned(), Some(field.to_owned())), "{body}");
    }
    fixture.end().await;
}

/// Nothing of a refused message is kept, and each refusal names the field and says what to do.
#[tokio::test]
async fn what_cannot_be_filled_is_refused_over_http_as_everything_else() {
    let fixture = Fixture::start().await;
    fixture.put_template("shipped", shipped()).await;
    let with = |pointer: &str, value: Value| {
        let mut body = to_two();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    let both = json!({"to": {"user": "anna"}, "template": {"id": "shipped"}, "message": {"data": {}}});
    for (body, code, field) in [
        (with("/template/id", json!("nothing")), "invalid_field", "template.id"),
        (with("/template/id", json!("No Id")), "invalid_field", "template.id"),
        (with("/template/params", json!({"n": 1})), "invalid_field", "to.users[0].params.order.id"),
        (with("/template/params", json!([])), "invalid_field", "template.params"),
        (with("/template", json!({"id": "shipped", "version": 1})), "invalid_field", "template.version"),
        (with("/to/users/1/params", json!({})), "invalid_field", "to.users[1].params.name"),
        (
            with("/to/users/1", json!({"id": "boris", "params": {}, "locale": "ru"})),
            "invalid_field",
            "to.users[1]",
        ),
        (with("/to/users/1/id", json!("anna")), "invalid_field", "to.users[1].params"),
        (with("/to/users/1/params/name", json!("x".repeat(4_096))), "payload_rejected", "to.users[1].params"),
        (json!({"to": to_two()["to"], "message": {"data": {}}}), "invalid_field", "to.users[0].params"),
        (both, "invalid_field", "template"),
        (json!({"to": {"user": "anna"}}), "invalid_field", "message"),
    ] {
        let answer = send(&fixture, &body).await;
        assert_eq!(answer.refusal(), (400, code.to_owned(), Some(field.to_owned())), "{body}: {answer:?}");
    }
    // FCM is asked whether it would take it, and delivers nothing.
    let phones = three_phones(&fixture).await;
    let mut checked = to_two();
    checked["validate_only"] = json!(true);
    let accepted = send(&fixture, &checked).await.expect(202);
    let path = format!("/v1/apps/shop/messages/{}", accepted["message_id"].as_str().unwrap());
    let done = async { while fixture.get(&path).await["counts"]["sent"] != 3 {} };
    tokio::time::timeout(PATIENCE, done).await.unwrap();
    for phone in &phones {
        assert!(fixture.control().inbox(&phone.device.id, 0).unwrap().is_empty());
    }
    fixture.end().await;
}

#[tokio::test]
async fn a_template_that_is_none_is_not_saved() {
    let fixture = Fixture::start().await;
    for (template, field) in [
        (json!({"default": {"notification": {"title": "{{ name"}}}), "default.notification.title"),
        (json!({"default": {}, "locales": {"ru": {"data": {"a": "{{ a|uper }}"}}}}), "locales.ru.data.a"),
        (json!({"default": {"token": "x"}}), "default.token"),
        (json!({"default": {}, "locales": {"english": {}}}), "locales.english"),
        (json!({"default": {}, "locals": {}}), "locals"),
        (json!({"locales": {}}), "default"),
        (json!({"default": "text"}), "default"),
        (json!({"default": {}, "locales": {"ru": 1}}), "locales.ru"),
    ] {
        let answer = fixture.http.call("PUT", SHIPPED, &fixture.shop, &template).await;
        assert_eq!(
            answer.refusal(),
            (400, "invalid_field".to_owned(), Some(field.to_owned())),
            "{template}: {answer:?}"
        );
    }
    assert_eq!(fixture.http.get(SHIPPED, &fixture.shop).await.status, 404);
    fixture.end().await;
}

/// A user's parameters are shown to him, and leave with him; nobody else's do.
#[tokio::test]
async fn an_export_shows_the_users_parameters_and_an_erasure_takes_them() {
    let fixture = Fixture::start().await;
    let phones = three_phones(&fixture).await;
    fixture.put_template("shipped", shipped()).await;
    send(&fixture, &to_two()).await.expect(202);
    assert_arrived(&fixture, &phones).await;
    let export = |user: &'static str| {
        let fixture = &fixture;
        async move { fixture.get(&format!("/v1/apps/shop/users/{user}/export")).await }
    };
    let shown = export("boris").await;
    let params = json!({"name": "\"Boris\"", "n": 7, "order": {"id": "o-1"}});
    assert_eq!(shown["deliveries"][0]["template"], json!({"id": "shipped", "version": 1, "params": params}));
    assert!(!shown.to_string().contains("Анна"), "{shown}");
    fixture.http.call("DELETE", "/v1/apps/shop/users/boris", &fixture.shop, &json!({})).await.expect(200);
    assert_eq!(export("boris").await["deliveries"], json!([]));
    assert_eq!(export("anna").await["deliveries"][0]["template"]["params"]["name"], "Анна <3");
    fixture.end().await;
}
