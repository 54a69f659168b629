//! The page as a browser without scripts gets it, and the stream that its script listens to. `page-test.sh` opens it in
//! a real one.

use pushbridge_fcm_emulator::{DeviceChange, FcmEmulator, Platform};
use reqwest::{Client, Response, redirect};
use serde_json::{Value, json};

use crate::support::{Bench, to_token};

async fn page(bench: &Bench) -> String {
    bench.http1.get(bench.url("/")).send().await.unwrap().text().await.unwrap()
}

/// Presses a button and does not follow to the page.
async fn press(emulator: &FcmEmulator, path: &str, form: &[(&str, &str)]) -> Response {
    let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
    client.post(format!("{}{path}", emulator.url())).form(form).send().await.unwrap()
}

#[tokio::test]
async fn the_page_shows_what_each_device_received() {
    let bench = Bench::start().await;
    assert!(page(&bench).await.contains("No devices."));
    let phone = bench.control().add_device(Platform::Android);
    bench.control().subscribe(&phone.id, "news").unwrap();
    let notification =
        json!({"title": "Your order", "body": "is on its way", "image": "https://example.com/p.png"});
    bench.send(&json!({"message": {"token": phone.fcm_token.expose(), "notification": notification}})).await;
    bench.send_to(&phone).await;
    let html = page(&bench).await;
    for part in [
        phone.id.as_str(),
        "<strong>Your order</strong><p>is on its way</p>",
        "src=\"https://example.com/p.png\"",
        "data message",
        "<dt>k</dt><dd>v</dd>",
        "<span class=\"topic\">news</span>",
        "<b>2</b> sends",
        phone.fcm_token.expose(),
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
}

#[tokio::test]
async fn everything_that_others_wrote_is_escaped() {
    let bench = Bench::start().await;
    let new = pushbridge_fcm_emulator::NewDevice {
        package: "<script>package</script>".into(),
        ..pushbridge_fcm_emulator::NewDevice::of(Platform::Web)
    };
    let phone = bench.control().add(&new);
    let evil = "\"><script>alert(1)</script>";
    bench
        .send(&json!({"message": {"token": phone.fcm_token.expose(), "data": {evil: evil},
            "notification": {"title": evil, "body": evil, "image": format!("https://x/{evil}")}}}))
        .await;
    assert_eq!(bench.control().inbox(&phone.id, 0).unwrap().len(), 1);
    let html = page(&bench).await;
    assert_eq!(html.matches("<script").count(), 1, "our own file alone: {html}");
    assert_eq!(html.matches("&lt;script&gt;alert(1)").count(), 5);
    let answer = bench.http1.get(bench.url("/")).send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'; script-src 'self'"), "{policy}");
}

#[tokio::test]
async fn buttons_change_devices_and_faults() {
    let bench = Bench::start().await;
    let added = press(&bench.emulator, "/page/devices", &[("platform", "ios")]).await;
    assert_eq!((added.status().as_u16(), &added.headers()["location"]), (303, &"/".parse().unwrap()));
    let phone = bench.control().devices().remove(0);
    let button = |change: &str| format!("/page/devices/{}/{change}", phone.id);
    for change in ["rotate", "offline", "uninstall"] {
        assert!(page(&bench).await.contains(&button(change)));
        assert_eq!(press(&bench.emulator, &button(change), &[]).await.status(), 303);
    }
    let now = bench.control().device(&phone.id).unwrap();
    assert!(
        !now.online && now.fcm_token != phone.fcm_token && page(&bench).await.contains(&button("reinstall"))
    );
    let refused = press(&bench.emulator, &button("rotate"), &[]).await;
    assert_eq!(refused.status(), 409);
    assert!(refused.text().await.unwrap().contains("an uninstalled app cannot rotate its token"));
    let fault = [("fault", "429"), ("times", "1")];
    assert_eq!(press(&bench.emulator, "/page/faults", &fault).await.status(), 303);
    assert_eq!(
        (bench.control().faults()[0].spec.status, bench.control().faults()[0].spec.times),
        (Some(429), Some(1))
    );
    assert!(page(&bench).await.contains("struck 0"));
    press(&bench.emulator, "/page/faults/clear", &[]).await;
    assert!(bench.control().faults().is_empty());
}

#[tokio::test]
async fn a_page_of_another_site_presses_no_button() {
    let bench = Bench::start().await;
    let (url, own) = (bench.url("/page/devices"), bench.emulator.url());
    for (origin, status) in [("http://evil.example", 403), ("null", 403), (own, 200)] {
        let request = bench.http1.post(&url).header("origin", origin).form(&[("platform", "web")]);
        assert_eq!(request.send().await.unwrap().status(), status, "{origin}");
    }
    assert_eq!(bench.control().devices().len(), 1);
}

/// Reads from a stream of server-sent events until `count` have come.
async fn read_events(stream: &mut Response, count: usize) -> Vec<Value> {
    let (mut text, mut events) = (String::new(), Vec::new());
    while events.len() < count {
        text.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
        while let Some((event, rest)) = text.split_once("\n\n") {
            events.push(serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap());
            text = rest.to_owned();
        }
    }
    events
}

#[tokio::test]
async fn the_event_stream_tells_everything_and_no_address() {
    let bench = Bench::start().await;
    let mut stream = bench.http1.get(bench.control_url("/events")).send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let phone = bench.control().add_device(Platform::Android);
    bench.control().subscribe(&phone.id, "news").unwrap();
    bench.try_send(&bench.http2, &to_token(&phone)).await.unwrap();
    bench.control().change(&phone.id, DeviceChange::Offline).unwrap();
    bench.send(&json!({"message": {"topic": "news"}})).await;
    bench.control().clear_faults();
    bench.control().reset();
    let request = |seq: u64, device: Value| {
        json!({"kind": "request", "seq": seq, "started_us": 0, "ended_us": 0,
        "device": device, "status": 200, "accepted": true})
    };
    let events = read_events(&mut stream, 9).await;
    assert_eq!(
        events,
        [
            json!({"kind": "added", "device": phone.id}),
            json!({"kind": "topics", "device": phone.id}),
            json!({"kind": "received", "device": phone.id, "seq": 1}),
            request(1, json!(phone.id)),
            json!({"kind": "changed", "device": phone.id, "change": "offline"}),
            json!({"kind": "held", "device": phone.id}),
            request(2, Value::Null),
            json!({"kind": "faults"}),
            json!({"kind": "reset"}),
        ]
    );
}
