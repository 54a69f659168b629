//! Several Firebase projects in one emulator: nothing of one is seen, reached or used up from another.

use pushbridge_fcm_emulator::{Control, DeviceChange, FaultSpec, Options, Platform, Quotas, TokenEndpoint};
use reqwest::Response;
use serde_json::{Value, json};

use crate::assertion::Signer;
use crate::support::{Answer, Bench, SOON, to_token};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// An emulator of the projects `shop` and `blog`, and the control of each.
async fn two_projects() -> (Bench, Control, Control) {
    let bench =
        Bench::with(Options { projects: vec!["shop".into(), "blog".into()], ..Options::default() }).await;
    let [shop, blog] = bench.emulator.projects().try_into().ok().unwrap();
    (bench, shop, blog)
}

async fn send_as(bench: &Bench, bearer: &str, project: &str, body: &Value) -> Answer {
    let url = bench.url(&format!("/v1/projects/{project}/messages:send"));
    Answer::of(bench.http2.post(url).bearer_auth(bearer).json(body).send().await.unwrap()).await
}

async fn send(bench: &Bench, project: &str, body: &Value) -> Answer {
    send_as(bench, "owner", project, body).await
}

async fn ask(bench: &Bench, control: &Control) -> reqwest::Result<Response> {
    let signer = Signer::new(control.service_account_json());
    let assertion = signer.sign(&signer.claims());
    let form = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
    bench.http1.post(bench.url("/token")).form(&form).send().await
}

async fn access_token(bench: &Bench, control: &Control) -> String {
    let answer = Answer::of(ask(bench, control).await.unwrap()).await;
    answer.body["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn devices_topics_faults_log_and_counters_are_each_projects_own() {
    let (bench, shop, blog) = two_projects().await;
    assert_eq!((shop.project(), blog.project()), ("shop", "blog"));
    let [buyer, reader] = [&shop, &blog].map(|control| {
        let phone = control.add_device(Platform::Android);
        control.subscribe(&phone.id, "news").unwrap();
        phone
    });
    assert_eq!((buyer.project.as_str(), reader.project.as_str()), ("shop", "blog"));
    for message in [json!({"topic": "news"}), json!({"condition": "!('weather' in topics)"})] {
        let answer = send(&bench, "blog", &json!({"message": message})).await;
        assert!(answer.body["name"].as_str().unwrap().starts_with("projects/blog/messages/"), "{answer:?}");
    }
    blog.add_fault(FaultSpec::status(503)).unwrap();
    assert_eq!(send(&bench, "blog", &to_token(&reader)).await.status, 503);
    assert_eq!(send(&bench, "shop", &to_token(&buyer)).await.status, 200);
    assert_eq!(shop.inbox(&buyer.id, 0).unwrap().len(), 1);
    assert_eq!(blog.inbox(&reader.id, 0).unwrap().len(), 2);
    assert!(shop.inbox(&reader.id, 0).is_err() && shop.faults().is_empty());

    let counted = [&shop, &blog].map(|control| (control.requests(0).len(), control.stats().connections));
    assert_eq!(counted, [(1, 1), (3, 1)], "both over one connection");
    blog.reset();
    assert!(blog.devices().is_empty() && blog.faults().is_empty());
    assert_eq!((shop.devices().len(), shop.stats().requests), (1, 1));
}

#[tokio::test]
async fn quotas_are_each_projects_own() {
    let (bench, shop, blog) = two_projects().await;
    blog.set_quotas(Quotas { project_per_minute: Some(1), ..Quotas::default() });
    let [buyer, reader] = [&shop, &blog].map(|control| control.add_device(Platform::Android));
    for expected in [200, 429] {
        assert_eq!(send(&bench, "shop", &to_token(&buyer)).await.status, 200);
        assert_eq!(send(&bench, "blog", &to_token(&reader)).await.status, expected);
    }
    assert_eq!(shop.quotas(), Quotas::default());
}

#[tokio::test]
async fn an_address_of_another_project_is_a_mismatch_while_it_lives() {
    let (bench, shop, blog) = two_projects().await;
    let reader = blog.add_device(Platform::Android);
    let to_fid = json!({"message": {"fid": reader.fcm_fid.expose()}});
    for body in [to_token(&reader), to_fid] {
        let answer = send(&bench, "shop", &body).await;
        assert_eq!((answer.status, answer.fcm_code()), (403, Some("SENDER_ID_MISMATCH")));
    }
    assert!(blog.inbox(&reader.id, 0).unwrap().is_empty());
    let registration = reader.fcm_token.expose().replace(':', "%3A");
    let subscriptions = |project: &str| {
        let path = format!("/v1/projects/{project}/registrations/{registration}/topicSubscriptions");
        bench.http1.post(bench.url(&format!("{path}?topic_name=news"))).bearer_auth("owner").send()
    };
    assert_eq!(subscriptions("shop").await.unwrap().status(), 403);
    assert_eq!(subscriptions("blog").await.unwrap().status(), 200);
    blog.change(&reader.id, DeviceChange::Uninstall).unwrap();
    let gone = send(&bench, "shop", &to_token(&reader)).await;
    assert_eq!((gone.status, gone.fcm_code()), (404, Some("UNREGISTERED")));
    assert!(shop.devices().is_empty());
}

#[tokio::test]
async fn the_legacy_calls_find_the_project_by_bearer_or_token() {
    let (bench, shop, blog) = two_projects().await;
    let [buyer, reader] = [&shop, &blog].map(|control| control.add_device(Platform::Android));
    let tokens = [buyer.fcm_token.expose(), reader.fcm_token.expose()];
    let batch = |bearer: String| {
        let request = bench.http1.post(bench.url("/iid/v1:batchAdd")).bearer_auth(bearer);
        request
            .header("access_token_auth", "true")
            .json(&json!({"to": "/topics/t", "registration_tokens": tokens}))
    };
    let of_shop = Answer::of(batch(access_token(&bench, &shop).await).send().await.unwrap()).await;
    assert_eq!(of_shop.body, json!({"results": [{}, {"error": "PERMISSION_DENIED"}]}));
    assert!(blog.topics(&reader.id).unwrap().is_empty());
    let of_owner = Answer::of(batch("owner".into()).send().await.unwrap()).await;
    assert_eq!(of_owner.body, json!({"results": [{}, {}]}));
    let info = bench.http1.get(bench.url(&format!("/iid/info/{}", tokens[1]))).bearer_auth("owner");
    let info = Answer::of(info.header("access_token_auth", "true").send().await.unwrap()).await;
    assert_eq!(info.body["authorizedEntity"], "blog");
}

#[tokio::test]
async fn an_account_has_no_rights_in_another_project() {
    let (bench, shop, blog) = two_projects().await;
    let [buyer, reader] = [&shop, &blog].map(|control| control.add_device(Platform::Android));
    let token = access_token(&bench, &blog).await;
    assert_eq!((shop.token_requests(), blog.token_requests()), (0, 1));
    assert_eq!(send_as(&bench, &token, "blog", &to_token(&reader)).await.status, 200);
    for project in ["shop", "nobodys"] {
        let refused = send_as(&bench, &token, project, &to_token(&buyer)).await;
        assert_eq!((refused.status, refused.fcm_code()), (403, None), "{project}");
        assert_eq!(refused.body["error"]["details"][0]["reason"], "IAM_PERMISSION_DENIED");
    }
    blog.expire_access_tokens();
    for project in ["shop", "blog"] {
        let refused = send_as(&bench, &token, project, &to_token(&buyer)).await;
        assert_eq!(refused.body["error"]["details"][0]["reason"], "ACCESS_TOKEN_EXPIRED", "{project}");
    }
}

#[tokio::test]
async fn the_token_endpoint_hangs_for_one_project_alone() {
    let (bench, shop, blog) = two_projects().await;
    blog.set_token_endpoint(TokenEndpoint::Hanging);
    let client = bench.http1.clone();
    let signer = Signer::new(blog.service_account_json());
    let assertion = signer.sign(&signer.claims());
    let url = bench.url("/token");
    let hanging = async {
        client.post(url).form(&[("grant_type", JWT_BEARER), ("assertion", &assertion)]).send().await
    };
    let others = async {
        blog.wait_for_token_requests(1, SOON).await.unwrap();
        assert_eq!(ask(&bench, &shop).await.unwrap().status(), 200);
        bench.emulator.shutdown().await;
    };
    let (hung, ()) = tokio::join!(hanging, others);
    assert!(hung.is_err());
}

#[tokio::test]
async fn the_control_api_lists_adds_and_chooses_projects() {
    let bench = Bench::start().await;
    let added = bench.post_control("/projects", json!({"id": "example.com:blog"})).await;
    let blog = json!({"id": "example.com:blog", "service_account": null});
    assert_eq!((added.status, &added.body), (201, &blog));
    let first = json!({"id": "demo", "service_account": null});
    assert_eq!(bench.get_control("/projects").await.body, json!({"projects": [first, blog]}));
    for (id, status, field) in [("example.com:blog", 409, Value::Null), ("A B", 400, json!("id"))] {
        let refused = bench.post_control("/projects", json!({"id": id})).await;
        assert_eq!((refused.status, &refused.body["field"]), (status, &field), "{refused:?}");
    }
    // The same calls, plain and with the colon encoded.
    let made = bench.post_control("/projects/example.com:blog/devices", json!({"platform": "android"})).await;
    assert_eq!((made.status, &made.body["project"]), (201, &json!("example.com:blog")));
    let own = "/projects/example.com%3Ablog";
    let inbox = format!("{own}/devices/{}/inbox?after=0", made.body["id"].as_str().unwrap());
    assert_eq!(bench.get_control(&inbox).await.body, json!({"messages": []}));
    assert_eq!(bench.get_control(&format!("{own}/devices")).await.body["devices"][0], made.body);
    assert_eq!(bench.get_control("/projects/demo/devices").await.body["devices"], json!([]));
    assert_eq!(bench.get_control("/devices").await.body["devices"], json!([]), "no name means the first");

    let account = bench.get_control(&format!("{own}/service-account")).await.body;
    assert_eq!(account["project_id"], "example.com:blog");
    assert_eq!(bench.get_control("/service-account").await.body["project_id"], "demo");
    let control = bench.control().of_project("example.com:blog").unwrap();
    assert_eq!(account, serde_json::from_str::<Value>(control.service_account_json()).unwrap());

    let unknown = bench.get_control("/projects/none/stats").await;
    assert_eq!((unknown.status, &unknown.body["code"]), (404, &json!("not_found")));
    assert_eq!(bench.get_control(&format!("{own}/phones")).await.status, 404);
    let misplaced = json!({"platform": "android", "project": "example.com:blog"});
    let misplaced = bench.post_control("/devices", misplaced).await;
    assert_eq!((misplaced.status, &misplaced.body["field"]), (400, &json!("project")));
    assert!(
        misplaced.body["detail"]
            .as_str()
            .unwrap()
            .contains("POST /emulator/v1/projects/example.com:blog/devices")
    );
}

#[tokio::test]
async fn the_page_shows_one_project_and_leads_to_the_others() {
    let (bench, shop, blog) = two_projects().await;
    let [buyer, reader] = [&shop, &blog].map(|control| control.add_device(Platform::Android));
    let page =
        async |path: &str| bench.http1.get(bench.url(path)).send().await.unwrap().text().await.unwrap();
    for (path, own, other, link) in
        [("/", &buyer, &reader, "href=\"/?project=blog\""), ("/?project=blog", &reader, &buyer, "href=\"/\"")]
    {
        let html = page(path).await;
        assert!(html.contains(own.id.as_str()) && !html.contains(other.id.as_str()), "{path}: {html}");
        assert!(html.contains(&format!("<b>{}</b>", own.project)) && html.contains(link), "{path}: {html}");
        assert!(html.contains(&format!("data-events=\"/emulator/v1/projects/{}/events\"", own.project)));
    }
    assert!(page("/page/board?project=blog").await.contains(reader.id.as_str()));
    assert!(page("/?project=none").await.contains("there is no project none"));

    let html = page("/?project=blog").await;
    let press = format!("/page/devices/{}/offline?project=blog", reader.id);
    assert!(html.contains(&format!("action=\"{press}\"")), "{html}");
    let pressed = bench.http1.post(bench.url(&press)).form(&[("", "")]).send().await.unwrap();
    assert_eq!(
        (pressed.status().as_u16(), pressed.url().query()),
        (200, Some("project=blog")),
        "back to the same page"
    );
    assert!(!blog.device(&reader.id).unwrap().online);
    let elsewhere = format!("/page/devices/{}/offline", reader.id);
    assert_eq!(bench.http1.post(bench.url(&elsewhere)).send().await.unwrap().status(), 409);
}

#[tokio::test]
async fn a_seed_repeats_each_project_and_makes_no_two_alike() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let options = Options {
            seed: Some(7),
            projects: vec!["shop".into(), "blog".into(), "news".into()],
            ..Options::default()
        };
        let bench = Bench::with(options).await;
        let projects = bench.emulator.projects();
        runs.push(projects.iter().map(|it| it.add_device(Platform::Android).fcm_token).collect::<Vec<_>>());
    }
    assert_eq!(runs[0], runs[1]);
    let mut distinct = runs[0].iter().map(|token| token.expose()).collect::<Vec<_>>();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 3);
    let alone = Bench::with(Options { seed: Some(7), ..Options::default() }).await;
    assert_eq!(
        alone.control().add_device(Platform::Android).fcm_token,
        runs[0][0],
        "whatever the first one's name"
    );
}

#[tokio::test]
async fn a_project_named_twice_is_refused() {
    let options = Options { projects: vec!["shop".into(), "shop".into()], ..Options::default() };
    let refused = pushbridge_fcm_emulator::FcmEmulator::start(options).await.unwrap_err();
    assert_eq!(
        (refused.to_string().as_str(), refused.hint()),
        ("the project `shop` is there already", "name each project once")
    );
    let bench = Bench::start().await;
    assert!(bench.emulator.add_project("demo").await.is_err());
    assert_eq!(bench.emulator.add_project("blog").await.unwrap().project(), "blog");
    // Two at once: one of them is the project, the other is refused.
    let (one, two) = tokio::join!(bench.emulator.add_project("late"), bench.emulator.add_project("late"));
    assert!(one.is_ok() != two.is_ok());
    assert_eq!(bench.emulator.projects().len(), 3);
}
