//! PUTs that run at the same time, over as many connections: of one installation, of one address, of one user.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::{sync::Barrier, task::JoinSet};

use crate::fixture::{Answer, Fixture, Phone};

const PHONES: usize = 12;

/// Sends every request at the same moment. Answers in the order of the requests.
async fn at_once(requests: Vec<reqwest::RequestBuilder>) -> Vec<Value> {
    let barrier = std::sync::Arc::new(Barrier::new(requests.len()));
    let mut running = JoinSet::new();
    for (number, request) in requests.into_iter().enumerate() {
        let barrier = barrier.clone();
        running.spawn(async move {
            barrier.wait().await;
            (number, Answer::of(request).await.expect(200))
        });
    }
    let answers: BTreeMap<usize, Value> = running.join_all().await.into_iter().collect();
    answers.into_values().collect()
}

fn request(fixture: &Fixture, phone: &Phone, state: &Value, proof: Option<&str>) -> reqwest::RequestBuilder {
    let request = fixture.http.request("PUT", &phone.path()).bearer_auth(&phone.secret).json(state);
    match proof {
        Some(proof) => request.header("pushbridge-user", format!("Bearer {proof}")),
        None => request,
    }
}

fn count(answers: &[Value], field: &str, value: &str) -> usize {
    answers.iter().filter(|answer| answer[field] == value).count()
}

/// I3: the newest revision is what stays, whoever comes first; each is answered for itself.
#[tokio::test(flavor = "multi_thread")]
async fn puts_of_one_installation_end_with_its_newest_revision() {
    let fixture = Fixture::start().await;
    let phone = Phone::new(&fixture);
    let states: Vec<Value> = (1..=PHONES as u64)
        .map(|revision| {
            let value = format!("token-{revision:02}-of-one-installation");
            json!({"revision": revision, "platform": "android", "address": {"kind": "fcm_token", "value": value}})
        })
        .collect();
    // Twice each, as after a time-out.
    let requests = states.iter().chain(&states).map(|state| request(&fixture, &phone, state, None));
    let answers = at_once(requests.collect()).await;
    for (answer, revision) in answers.iter().zip((1..=PHONES).chain(1..=PHONES)) {
        let is_stale = answer["outcome"] == "stale";
        let truth = answer["revision"].as_u64().unwrap();
        assert!(truth == revision as u64 || is_stale && truth > revision as u64, "{revision}: {answer}");
    }
    let newest = states.last().unwrap();
    let last = Answer::of(request(&fixture, &phone, newest, None)).await.expect(200);
    assert_eq!((&last["outcome"], &last["revision"]), (&json!("unchanged"), &json!(PHONES)));
    assert_eq!(last["address_state"], "live");
    fixture.end().await;
}

/// I1: of a value that nobody held, one becomes the holder, and the others are asked for proof.
#[tokio::test(flavor = "multi_thread")]
async fn puts_of_one_address_make_one_holder() {
    let fixture = Fixture::start().await;
    let phones: Vec<Phone> = (0..PHONES).map(|_| Phone::new(&fixture)).collect();
    let mut state = phones[0].state.clone();
    state["revision"] = 1.into();
    let requests = phones.iter().map(|phone| request(&fixture, phone, &state, None));
    let answers = at_once(requests.collect()).await;
    assert_eq!(
        (count(&answers, "address_state", "live"), count(&answers, "address_state", "contested")),
        (1, PHONES - 1)
    );
    fixture.end().await;
}

/// I2: whoever comes last stays, and the policy holds at the end.
#[tokio::test(flavor = "multi_thread")]
async fn puts_of_one_user_leave_as_many_phones_as_the_policy_allows() {
    for (policy, limit) in [(json!({"mode": "single"}), 1), (json!({"mode": "multi", "max_devices": 3}), 3)] {
        let fixture = Fixture::start().await;
        let changed = json!({"policy": policy});
        fixture.http.call("PATCH", "/v1/admin/apps/shop", &fixture.operator, &changed).await.expect(200);
        let proof = fixture.user_token("anna").await;
        let phones: Vec<Phone> = (0..PHONES).map(|_| Phone::new(&fixture)).collect();
        let requests = phones.iter().enumerate().map(|(number, phone)| {
            let mut state = phone.state.clone();
            (state["revision"], state["user"]) = (1.into(), "anna".into());
            state["login_id"] = format!("login-{number}").into();
            request(&fixture, phone, &state, Some(&proof))
        });
        let answers = at_once(requests.collect()).await;
        assert_eq!(count(&answers, "user_state", "bound"), PHONES, "each was bound at its moment");
        let evicted: u64 = answers.iter().map(|answer| answer["unbound_others"].as_u64().unwrap()).sum();
        assert_eq!(evicted, (PHONES - limit) as u64, "{policy}");
        let listed = fixture.get("/v1/apps/shop/users/anna/installations").await;
        assert_eq!(listed["installations"].as_array().unwrap().len(), limit, "{policy}");
        fixture.end().await;
    }
}
