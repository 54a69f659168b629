//! Topics from both ends: subscriptions as Google's SDKs make them, and what a send to a topic or condition reaches.

use std::time::Duration;

use pushbridge_fcm_emulator::{Device, DeviceChange, NewDevice, Platform};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Bench};

/// One call of the topic API; `path` is what follows `topicSubscriptions`.
async fn call(bench: &Bench, method: Method, registration: &str, path: &str) -> Answer {
    let registration = registration.replace(':', "%3A");
    let url = bench.url(&format!("/v1/projects/demo/registrations/{registration}/topicSubscriptions{path}"));
    Answer::of(bench.http2.request(method, url).bearer_auth("owner").body("{}").send().await.unwrap()).await
}

async fn subscribe(bench: &Bench, registration: &str, topic: &str) -> Answer {
    call(bench, Method::POST, registration, &format!("?topic_name={topic}")).await
}

async fn send(bench: &Bench, target: Value) {
    let mut message = target;
    message["data"] = json!({"k": "v"});
    assert_eq!(bench.send(&json!({"message": message})).await.status, 200);
}

fn received(bench: &Bench, device: &Device) -> usize {
    bench.control().inbox(&device.id, 0).unwrap().len()
}

fn phones<const N: usize>(bench: &Bench) -> [Device; N] {
    std::array::from_fn(|_| bench.control().add_device(Platform::Android))
}

#[tokio::test]
async fn a_subscription_is_made_shown_listed_and_ended() {
    let bench = Bench::start().await;
    let [phone] = phones(&bench);
    let token = phone.fcm_token.expose();
    let made = subscribe(&bench, token, "news").await;
    let shown = json!({"name": format!("projects/demo/registrations/{token}/topicSubscriptions/news"),
        "topicName": "news", "createTime": "2026-11-24T00:00:00Z"});
    assert_eq!((made.status, &made.body), (200, &shown));
    let again = subscribe(&bench, token, "news").await;
    assert_eq!((again.status, &again.body["error"]["status"]), (409, &json!("ALREADY_EXISTS")));
    assert_eq!(call(&bench, Method::GET, token, "/news").await.body, shown);
    assert_eq!(call(&bench, Method::PATCH, token, "/news?allowMissing=true").await.body, shown);
    assert_eq!(
        call(&bench, Method::GET, phone.fcm_fid.expose(), "").await.body["topicSubscriptions"][0]["topicName"],
        "news"
    );
    let ended = call(&bench, Method::DELETE, token, "/news").await;
    assert_eq!((ended.status, ended.body), (200, json!({})));
    assert_eq!(call(&bench, Method::GET, token, "/news").await.status, 404);
    assert_eq!(call(&bench, Method::DELETE, token, "/news").await.status, 404);
    assert_eq!(call(&bench, Method::DELETE, token, "/news?allow_missing=true").await.status, 200);
    assert_eq!(call(&bench, Method::PATCH, token, "/news").await.status, 404);
    assert_eq!(call(&bench, Method::PATCH, token, "/news?allow_missing=true").await.status, 200);
    assert_eq!(bench.control().topics(&phone.id).unwrap(), ["news"]);
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    let bench = Bench::start().await;
    let [phone] = phones(&bench);
    for topic in ["c", "a", "b"] {
        bench.control().subscribe(&phone.id, topic).unwrap();
    }
    let token = phone.fcm_token.expose();
    let names = |page: &Answer| -> Vec<Value> {
        let listed = page.body["topicSubscriptions"].as_array().unwrap();
        listed.iter().map(|subscription| subscription["topicName"].clone()).collect()
    };
    let first = call(&bench, Method::GET, token, "?pageSize=2").await;
    assert_eq!((names(&first), &first.body["nextPageToken"]), (vec![json!("a"), json!("b")], &json!("b")));
    let second = call(&bench, Method::GET, token, "?page_size=2&page_token=b").await;
    assert_eq!((names(&second), &second.body["nextPageToken"]), (vec![json!("c")], &Value::Null));
    assert_eq!(call(&bench, Method::GET, token, "?page_size=-1").await.status, 400);
}

#[tokio::test]
async fn a_wrong_registration_topic_project_or_bearer_is_refused() {
    let bench = Bench::start().await;
    let [phone, gone, elsewhere] = phones(&bench);
    bench.control().change(&gone.id, DeviceChange::Uninstall).unwrap();
    bench.control().change(&elsewhere.id, DeviceChange::OtherProject).unwrap();
    for (registration, status, code) in [
        ("not-a-token", 400, "INVALID_ARGUMENT"),
        (gone.fcm_token.expose(), 404, "UNREGISTERED"),
        (elsewhere.fcm_token.expose(), 403, "SENDER_ID_MISMATCH"),
    ] {
        let refused = subscribe(&bench, registration, "news").await;
        assert_eq!((refused.status, refused.fcm_code()), (status, Some(code)));
    }
    for topic in ["", "a%20b", "a%2Fb"] {
        let refused = subscribe(&bench, phone.fcm_token.expose(), topic).await;
        assert_eq!((refused.status, refused.fcm_code()), (400, Some("INVALID_ARGUMENT")), "{topic}");
    }
    let url = bench.url(&format!(
        "/v1/projects/other/registrations/{}/topicSubscriptions?topic_name=news",
        phone.fcm_fid.expose()
    ));
    assert_eq!(bench.http1.post(&url).bearer_auth("owner").send().await.unwrap().status(), 403);
    assert_eq!(bench.http1.post(url.replace("other", "demo")).send().await.unwrap().status(), 401);
    assert_eq!(bench.control().topics(&phone.id).unwrap(), [""; 0]);
}

#[tokio::test]
async fn the_two_thousand_and_first_topic_is_too_many() {
    let bench = Bench::start().await;
    let [phone] = phones(&bench);
    for number in 0..2_000 {
        bench.control().subscribe(&phone.id, &format!("t{number}")).unwrap();
    }
    assert_eq!(subscribe(&bench, phone.fcm_token.expose(), "more").await.fcm_code(), Some("TOO_MANY_TOPICS"));
    assert_eq!(subscribe(&bench, phone.fcm_token.expose(), "t7").await.status, 409);
}

#[tokio::test]
async fn a_topic_reaches_its_subscribers_and_nobody_else() {
    let bench = Bench::start().await;
    let [one, two, other] = phones(&bench);
    subscribe(&bench, one.fcm_token.expose(), "news").await;
    subscribe(&bench, two.fcm_fid.expose(), "news").await;
    subscribe(&bench, other.fcm_token.expose(), "sport").await;
    send(&bench, json!({"topic": "news"})).await;
    assert_eq!([&one, &two, &other].map(|phone| received(&bench, phone)), [1, 1, 0]);
    let inbox = bench.control().inbox(&one.id, 0).unwrap();
    assert_eq!(inbox[0].message, json!({"topic": "news", "data": {"k": "v"}}));
    assert_eq!(inbox[0].name, bench.control().inbox(&two.id, 0).unwrap()[0].name, "one message, one name");
    call(&bench, Method::DELETE, one.fcm_token.expose(), "/news").await;
    send(&bench, json!({"topic": "news"})).await;
    assert_eq!([&one, &two, &other].map(|phone| received(&bench, phone)), [1, 2, 0]);
    let dry = json!({"validate_only": true, "message": {"topic": "news"}});
    assert_eq!(bench.send(&dry).await.status, 200);
    assert_eq!(received(&bench, &two), 2, "a dry run reaches nobody");
}

#[tokio::test]
async fn a_condition_reaches_those_for_whom_it_holds() {
    let bench = Bench::start().await;
    let [both, sport, nothing] = phones(&bench);
    bench.control().subscribe(&both.id, "news").unwrap();
    bench.control().subscribe(&both.id, "sport").unwrap();
    bench.control().subscribe(&sport.id, "sport").unwrap();
    for (condition, reached) in [
        ("'news' in topics && 'sport' in topics", [1, 0, 0]),
        ("'news' in topics || 'sport' in topics", [1, 1, 0]),
        ("'sport' in topics && !('news' in topics)", [0, 1, 0]),
        ("!('news' in topics)", [0, 1, 1]),
        ("'nobody' in topics", [0, 0, 0]),
    ] {
        let before = [&both, &sport, &nothing].map(|phone| received(&bench, phone));
        send(&bench, json!({"condition": condition})).await;
        let after = [&both, &sport, &nothing].map(|phone| received(&bench, phone));
        assert_eq!([0, 1, 2].map(|at| after[at] - before[at]), reached, "{condition}");
    }
}

#[tokio::test]
async fn subscriptions_end_with_the_address() {
    let bench = Bench::start().await;
    for change in
        [DeviceChange::Rotate, DeviceChange::Uninstall, DeviceChange::Expire, DeviceChange::OtherProject]
    {
        let [phone] = phones(&bench);
        bench.control().subscribe(&phone.id, "news").unwrap();
        bench.control().change(&phone.id, change).unwrap();
        assert_eq!(bench.control().topics(&phone.id).unwrap(), [""; 0], "{change:?}");
        bench.control().change(&phone.id, DeviceChange::Reinstall).unwrap();
        send(&bench, json!({"topic": "news"})).await;
        assert_eq!(received(&bench, &phone), 0, "{change:?}");
    }
}

#[tokio::test]
async fn a_topic_waits_for_an_offline_phone_and_passes_by_the_dead_and_other_apps() {
    let bench = Bench::start().await;
    let [offline] = phones(&bench);
    let dead = bench.control().add_device(Platform::Ios);
    let other_app = NewDevice { package: "com.example.other".into(), ..NewDevice::of(Platform::Android) };
    let other_app = bench.control().add(&other_app);
    for phone in [&offline, &dead, &other_app] {
        bench.control().subscribe(&phone.id, "news").unwrap();
    }
    bench.control().change(&offline.id, DeviceChange::Offline).unwrap();
    bench.control().change(&dead.id, DeviceChange::ApnsDead).unwrap();
    let android = json!({"restricted_package_name": "com.example.app", "ttl": "60s"});
    send(&bench, json!({"topic": "news", "android": android})).await;
    send(
        &bench,
        json!({"topic": "news", "android": {"restricted_package_name": "com.example.app", "ttl": "10s"}}),
    )
    .await;
    bench.clock.advance(Duration::from_secs(30));
    bench.control().change(&offline.id, DeviceChange::Online).unwrap();
    assert_eq!([&offline, &dead, &other_app].map(|phone| received(&bench, phone)), [1, 0, 0]);
}

/// The legacy calls of the SDKs, with their flag beside the bearer.
#[tokio::test]
async fn the_legacy_calls_answer_per_token() {
    let bench = Bench::start().await;
    let [phone, gone] = phones(&bench);
    bench.control().change(&gone.id, DeviceChange::Uninstall).unwrap();
    let body = json!({"to": "/topics/news",
        "registration_tokens": [phone.fcm_token.expose(), gone.fcm_token.expose(), "not-a-token"]});
    let post = async |path: &str, body: &Value, flag: &str| {
        let request =
            bench.http1.post(bench.url(path)).bearer_auth("owner").header("access_token_auth", flag);
        Answer::of(request.json(body).send().await.unwrap()).await
    };
    let added = post("/iid/v1:batchAdd", &body, "true").await;
    let results = json!({"results": [{}, {"error": "NOT_FOUND"}, {"error": "INVALID_ARGUMENT"}]});
    assert_eq!((added.status, added.body), (200, results));
    send(&bench, json!({"topic": "news"})).await;
    assert_eq!(received(&bench, &phone), 1);

    let info = bench.http1.get(bench.url(&format!("/iid/info/{}?details=true", phone.fcm_token.expose())));
    let info = info.bearer_auth("owner").header("access_token_auth", "true").send().await.unwrap();
    let expected = json!({"application": "com.example.app", "authorizedEntity": "demo", "applicationVersion": "1",
        "platform": "ANDROID", "rel": {"topics": {"news": {"addDate": "2026-11-24"}}}});
    assert_eq!(Answer::of(info).await.body, expected);

    let removed = post("/iid/v1:batchRemove", &body, "true").await;
    assert_eq!(removed.body["results"][0], json!({}));
    assert_eq!(bench.control().topics(&phone.id).unwrap(), [""; 0]);
    for (body, flag, status) in [
        (body.clone(), "false", 401),
        (json!({"to": "/topics/a b", "registration_tokens": ["x"]}), "true", 400),
        (json!({"to": "/topics/news", "registration_tokens": []}), "true", 400),
        (json!({"to": "/topics/news", "registration_tokens": vec!["x"; 1001]}), "true", 400),
        (json!([]), "true", 400),
    ] {
        let refused = post("/iid/v1:batchAdd", &body, flag).await;
        assert_eq!(refused.status, status);
        assert!(refused.body["error"].is_string(), "{}", refused.body);
    }
}

#[tokio::test]
async fn control_subscribes_too() {
    let bench = Bench::start().await;
    let [phone] = phones(&bench);
    let path = format!("/devices/{}/topics", phone.id);
    let put = bench.http1.put(bench.control_url(&format!("{path}/news"))).send().await.unwrap();
    assert_eq!(put.status(), 204);
    assert_eq!(bench.get_control(&path).await.body, json!({"topics": ["news"]}));
    assert_eq!(
        bench.http1.put(bench.control_url(&format!("{path}/a%20b"))).send().await.unwrap().status(),
        409
    );
    let delete = bench.http1.delete(bench.control_url(&format!("{path}/news"))).send().await.unwrap();
    assert_eq!(delete.status(), 204);
    assert_eq!(bench.get_control(&path).await.body, json!({"topics": []}));
    bench.control().change(&phone.id, DeviceChange::Uninstall).unwrap();
    assert!(bench.control().subscribe(&phone.id, "news").is_err());
}
