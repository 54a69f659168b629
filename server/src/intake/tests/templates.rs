//! Messages that fill a template, from the request to what a claim brings.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use pushbridge_fcm::Target;
use serde_json::{Value, json};

use super::{DAY, field, rows};
use crate::{
    outbox::{Claim, Content, OutgoingMessage, Payload},
    testing::{Bench, Kill, Phone},
};

mod refusals;

/// In three languages.
fn shipped() -> Value {
    let title = |title: &str| json!({"notification": {"title": title}});
    json!({"default": title("{{ name }}, {{ n }} shipped"), "locales": {
        "ru": title("{{ name }}, отправлено: {{ n }}"), "pt-BR": title("{{ name }}, {{ n }} enviado")}})
}

fn to_two() -> Value {
    let users = json!([{"id": "anna", "params": {"name": "Анна"}}, {"id": "bob", "params": {"name": "Bob"}}]);
    json!({"to": {"users": users}, "template": {"id": "shipped", "params": {"n": 2}}})
}

/// Anna's phones speak Russian and Danish, Bob's Brazilian.
async fn three_phones(bench: &Bench) {
    bench.phone_in(1, "anna", "ru-RU").await;
    bench.phone_in(2, "anna", "da").await;
    bench.phone_in(3, "bob", "pt_BR").await;
}

fn outgoing(claim: &Claim) -> &Arc<OutgoingMessage> {
    let Content::Message { message, .. } = &claim.content else { panic!("no message") };
    message
}

fn title(claim: &Claim) -> String {
    let Payload::Template(variant) = &outgoing(claim).payload else { panic!("no template") };
    variant.message().unwrap().notification.unwrap().title.unwrap()
}

fn token(claim: &Claim) -> String {
    let Target::Token(token) = &claim.target else { panic!("no token") };
    token.clone()
}

/// Titles of what is due, by token.
async fn titles(bench: &Bench) -> BTreeMap<String, String> {
    let claims = bench.claim(100).await.claims;
    claims.iter().map(|claim| (token(claim), title(claim))).collect()
}

fn three_titles() -> BTreeMap<String, String> {
    [("token-1", "Анна, отправлено: 2"), ("token-2", "Анна, 2 shipped"), ("token-3", "Bob, 2 enviado")]
        .map(|(token, title)| (token.to_owned(), title.to_owned()))
        .into()
}

#[tokio::test]
async fn each_phone_gets_its_language_and_its_users_parameters() {
    let bench = Bench::new().await;
    three_phones(&bench).await;
    bench.put_template("shipped", &shipped()).await;
    assert_eq!(bench.accept(to_two()).await.unwrap().deliveries, 3);
    assert_eq!(titles(&bench).await, three_titles());
}

/// What was accepted is what is sent, whatever becomes of the template; parameters survive a restart.
#[tokio::test]
async fn an_accepted_message_keeps_its_version_and_parameters() {
    let bench = Bench::new().await;
    three_phones(&bench).await;
    assert_eq!(bench.put_template("shipped", &shipped()).await, 1);
    let mut request = to_two();
    request["send_at"] = json!(bench.now().plus(DAY));
    bench.accept(request).await.unwrap();
    let edited = json!({"default": {"notification": {"title": "another text"}}});
    assert_eq!(bench.put_template("shipped", &edited).await, 2);
    let id = || "shipped".parse().unwrap();
    assert!(bench.app.store.delete_template(bench.shop.no, id(), bench.now()).await.unwrap());
    let refused = bench.accept(to_two()).await.unwrap_err();
    assert_eq!(field(&refused), "template.id");
    let bench = bench.restart().await;
    bench.pass(DAY);
    assert_eq!(titles(&bench).await, three_titles());
}

/// I5: message and parameters are one commit.
#[tokio::test]
async fn a_kill_leaves_a_message_with_its_parameters_or_neither() {
    for kill in [Kill::BeforeCommit, Kill::AfterCommit] {
        let bench = Bench::new().await;
        three_phones(&bench).await;
        bench.put_template("shipped", &shipped()).await;
        let before = bench.outbox().await;
        let (accepted, killed) = bench.kill_at(kill, bench.accept(to_two())).await;
        accepted.unwrap();
        match kill {
            Kill::BeforeCommit => assert_eq!(killed.outbox().await, before),
            Kill::AfterCommit => assert_eq!(titles(&killed).await, three_titles()),
        }
    }
}

#[tokio::test]
async fn a_variant_without_parameters_of_ones_own_is_made_once_for_all() {
    let bench = Bench::new().await;
    for number in 1..=4 {
        bench.phone_in(number, "anna", if number < 3 { "ru" } else { "de" }).await;
    }
    bench.put_template("shipped", &shipped()).await;
    let params = json!({"id": "shipped", "params": {"name": "all", "n": 1}});
    bench.accept(json!({"to": {"everyone": true}, "template": params})).await.unwrap();
    let claims = bench.claim(100).await.claims;
    let mut messages: Vec<_> = claims.iter().map(|claim| Arc::as_ptr(outgoing(claim))).collect();
    messages.sort_unstable();
    messages.dedup();
    assert_eq!((claims.len(), messages.len()), (4, 2));
}

/// Nor is it for each phone of a user with parameters of his own, and it is his alone.
#[tokio::test]
async fn a_variant_is_made_once_for_all_phones_of_a_user() {
    let bench = Bench::new().await;
    for (number, user) in [(1, "anna"), (2, "bob"), (3, "anna"), (4, "bob")] {
        bench.phone_in(number, user, "ru").await;
    }
    bench.put_template("shipped", &shipped()).await;
    bench.accept(to_two()).await.unwrap();
    let claims = bench.claim(100).await.claims;
    let mut made: Vec<_> = claims.iter().map(|claim| (title(claim), Arc::as_ptr(outgoing(claim)))).collect();
    made.sort_unstable();
    made.dedup();
    let titles: Vec<_> = made.iter().map(|(title, _)| title.as_str()).collect();
    assert_eq!((claims.len(), titles), (4, vec!["Bob, отправлено: 2", "Анна, отправлено: 2"]));
}

/// In whatever order they come.
#[tokio::test]
async fn who_has_no_parameters_of_his_own_gets_nobody_elses() {
    for (first, second) in [("anna", "bob"), ("bob", "anna")] {
        let bench = Bench::new().await;
        bench.phone(1, "anna").await;
        bench.phone(2, "bob").await;
        bench.put_template("shipped", &shipped()).await;
        let user = |user: &str| match user {
            "anna" => json!({"id": "anna", "params": {"name": "Anna"}}),
            other => json!(other),
        };
        let params = json!({"id": "shipped", "params": {"name": "all", "n": 1}});
        let to = json!({"users": [user(first), user(second)]});
        bench.accept(json!({"to": to, "template": params})).await.unwrap();
        let titles: Vec<_> = titles(&bench).await.into_values().collect();
        assert_eq!(titles, ["Anna, 1 shipped", "all, 1 shipped"], "{first} first");
    }
}

#[tokio::test]
async fn what_is_no_installation_gets_the_default() {
    let bench = Bench::new().await;
    // The variant cannot be filled with these, and need not be.
    bench
        .put_template(
            "t",
            &json!({"default": {"notification": {"title": "{{ a }}"}},
                "locales": {"ru": {"notification": {"title": "{{ b }}"}}}}),
        )
        .await;
    for to in [
        json!({"topic": "news"}),
        json!({"condition": "'a' in topics"}),
        json!({"address": {"kind": "fcm_token", "value": "t"}}),
    ] {
        bench.accept(json!({"to": to, "template": {"id": "t", "params": {"a": "x"}}})).await.unwrap();
        assert_eq!(title(&bench.claim_only().await), "x");
    }
}

/// What is kept about a user stands with his deliveries, so that it is shown, erased and forgotten with them.
#[tokio::test]
async fn parameters_are_kept_only_for_whom_the_message_reaches() {
    let bench = Bench::new().await;
    bench.phone_in(1, "anna", "ru").await;
    bench.put_template("shipped", &shipped()).await;
    bench.accept(to_two()).await.unwrap();
    let kept = "SELECT group_concat(user || params) FROM message_params";
    assert_eq!(bench.text(kept).await, r#"anna{"name":"Анна"}"#);
    let audience = bench.text("SELECT audience FROM messages").await;
    assert_eq!(audience, r#"{"users":["anna","bob"]}"#, "not in the list either");
}

/// Of an audience that is expanded in chunks, too.
#[tokio::test]
async fn parameters_wait_for_their_users_turn() {
    let bench = Bench::new().await;
    bench.crowd(2_500).await;
    bench.sql("UPDATE installations SET user = 'u' || installation, login = 'l' || installation, epoch = installation, bound_ms = 0").await;
    bench.put_template("t", &json!({"default": {"notification": {"title": "{{ n }}"}}})).await;
    let users: Vec<_> = (1..=3_000).map(|n| json!({"id": format!("u{n}"), "params": {"n": n}})).collect();
    bench.accept(json!({"to": {"users": users}, "template": {"id": "t"}})).await.unwrap();
    let count = "SELECT count(*) || '' FROM message_params";
    assert_eq!(bench.text(count).await, "3000");
    let bench = bench.restart().await;
    bench.expand().await;
    assert_eq!(bench.text(count).await, "2500");
    let claims = bench.claim(3_000).await.claims;
    assert_eq!(claims.len(), 2_500);
    for claim in &claims {
        assert_eq!(format!("crowd-{}", title(claim)), token(claim));
    }
}

/// An erased user's parameters leave at once, those of the others stay.
#[tokio::test]
async fn an_erased_users_parameters_leave() {
    let bench = Bench::new().await;
    three_phones(&bench).await;
    bench.put_template("shipped", &shipped()).await;
    let mut request = to_two();
    request["send_at"] = json!(bench.now().plus(DAY));
    bench.accept(request).await.unwrap();
    let anna = || "anna".parse().unwrap();
    bench.app.store.erase_user(bench.shop.no, anna(), "test".to_owned(), bench.now()).await.unwrap();
    assert_eq!(bench.text("SELECT group_concat(user) FROM message_params").await, "bob");
    bench.pass(DAY);
    assert_eq!(titles(&bench).await.values().collect::<Vec<_>>(), ["Bob, 2 enviado"]);
}

/// Nor does he get what is for the others, should he come back while the list is still being worked off.
#[tokio::test]
async fn who_was_erased_before_his_turn_gets_nothing_when_he_comes_back() {
    let bench = Bench::new().await;
    bench.crowd(1_500).await;
    bench.sql("UPDATE installations SET user = 'u' || installation, login = 'l' || installation, epoch = installation, bound_ms = 0").await;
    bench.put_template("t", &json!({"default": {"notification": {"title": "{{ n }}"}}})).await;
    let users: Vec<_> = (1..=1_500).map(|n| json!({"id": format!("u{n}"), "params": {"n": n}})).collect();
    let template = json!({"id": "t", "params": {"n": "for everybody"}});
    bench.accept(json!({"to": {"users": users}, "template": template})).await.unwrap();
    // The first is on the wire, and keeps its user's id for the wall.
    assert_eq!(title(&bench.claim(1).await.claims[0]), "1");
    let erase = |user: &str| {
        let user = user.parse().unwrap();
        bench.app.store.erase_user(bench.shop.no, user, "test".to_owned(), bench.now())
    };
    for user in ["u1", "u1400", "u1400"] {
        erase(user).await.unwrap();
    }
    let kept = "SELECT group_concat(params, '|') FROM message_params WHERE user IN ('u1', 'u1400', 'u1399')";
    assert_eq!(bench.text(kept).await, "|{\"n\":1399}|", "marks and nothing else");
    bench.sql("UPDATE installations SET user = 'u' || installation, login = 'again', epoch = 9999, bound_ms = 0 WHERE user IS NULL").await;
    bench.expand().await;
    assert_eq!(bench.text(kept).await, "{\"n\":1399}", "no mark stays");
    let claims = bench.claim(3_000).await.claims;
    // The phones of the erased are also told, by the server's own messages.
    let ours = claims.iter().filter(|claim| matches!(claim.content, Content::Message { .. }));
    let titles: Vec<_> = ours.map(title).collect();
    assert_eq!(titles.len(), 1_498);
    assert!(titles.iter().all(|title| !["for everybody", "1", "1400"].contains(&title.as_str())));
}

/// A phone that has a variant of its own by the time of sending gets that one.
#[tokio::test]
async fn the_language_is_that_of_the_moment_of_sending() {
    let bench = Bench::new().await;
    let mut phone = Phone::new(1, "anna");
    bench.put(&mut phone).await;
    bench.put_template("shipped", &shipped()).await;
    let mut request = to_two();
    request["send_at"] = json!(bench.now().plus(DAY));
    bench.accept(request).await.unwrap();
    phone.locale = Some("ru".to_owned());
    bench.put(&mut phone).await;
    bench.pass(DAY + Duration::from_secs(1));
    assert_eq!(title(&bench.claim_only().await), "Анна, отправлено: 2");
}

/// It should not happen; it ends that delivery and no other.
#[tokio::test]
async fn a_template_that_cannot_be_read_ends_its_delivery() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    bench.put_template("shipped", &shipped()).await;
    let params = json!({"id": "shipped", "params": {"name": "a", "n": 1}});
    let accepted = bench.accept(json!({"to": {"user": "anna"}, "template": params})).await.unwrap();
    bench.sql("UPDATE templates SET body = '[]'").await;
    bench.send("anna").await;
    assert_eq!(bench.claim(10).await.claims.len(), 1);
    assert_eq!(bench.fate(&accepted).await, ("cancelled".to_owned(), Some("unreadable".to_owned())));
}
