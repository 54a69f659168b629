//! Reading an inbox: pages, the event stream, and waiting.

use std::time::Duration;

use pushbridge_fcm_emulator::{Options, Platform, WaitError};
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{Bench, SOON, to_token};

/// Reads events until `count` have come; returns their ids and data.
async fn events(response: &mut Response, count: usize) -> Vec<(String, Value)> {
    let mut text = String::new();
    let read = async {
        while text.matches("\n\n").count() < count {
            let chunk = response.chunk().await.unwrap().expect("the stream stays open");
            text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    };
    tokio::time::timeout(SOON, read).await.unwrap();
    let line = |event: &str, name: &str| -> String {
        event.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned()
    };
    let blocks = text.split_terminator("\n\n");
    blocks.map(|event| (line(event, "id:"), serde_json::from_str(&line(event, "data:")).unwrap())).collect()
}

#[tokio::test]
async fn pages_begin_after_the_number_given() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(bench.send_to(&phone).await.body["name"].clone());
    }
    let path = format!("/devices/{}/inbox", phone.id);
    let all = bench.get_control(&path).await.body;
    let message = to_token(&phone)["message"].clone();
    assert_eq!(all["messages"][0], json!({"seq": 1, "at_us": 0, "name": names[0], "message": message}));
    assert_eq!(all["messages"].as_array().unwrap().len(), 3);
    let page = bench.get_control(&format!("{path}?after=2")).await.body;
    assert_eq!(page["messages"][0]["seq"], 3);
    assert_eq!(page["messages"][0]["name"], names[2]);
    assert_eq!(bench.get_control(&format!("{path}?after=3")).await.body, json!({"messages": []}));
    assert_eq!(bench.get_control(&format!("{path}?after=x")).await.body["field"], "after");
    assert_eq!(bench.get_control("/devices/dev_0/inbox").await.status, 404);
}

#[tokio::test]
async fn the_stream_gives_what_is_there_and_then_what_comes() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    bench.send_to(&phone).await;
    bench.send_to(&phone).await;
    let url = bench.control_url(&format!("/devices/{}/inbox/stream", phone.id));
    let mut stream = bench.http1.get(&url).send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let there = events(&mut stream, 2).await;
    assert_eq!((there[0].0.as_str(), there[1].0.as_str()), ("1", "2"));
    let sent = bench.send_to(&phone).await;
    let came = events(&mut stream, 1).await;
    assert_eq!(came[0].1["name"], sent.body["name"]);
    assert_eq!(came[0].1["message"], to_token(&phone)["message"]);

    let mut resumed = bench.http2.get(&url).header("last-event-id", "2").send().await.unwrap();
    assert_eq!(events(&mut resumed, 1).await[0].0, "3");
    let mut paged = bench.http2.get(format!("{url}?after=1")).send().await.unwrap();
    assert_eq!(events(&mut paged, 2).await[0].0, "2");

    bench.emulator.shutdown().await;
    while let Ok(Some(_)) = stream.chunk().await {}
}

#[tokio::test]
async fn waiting_ends_with_the_message_or_with_the_deadline() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let wait = bench.control().wait_for_inbox(&phone.id, 2, SOON);
    let send = async {
        bench.send_to(&phone).await;
        bench.send_to(&phone).await;
    };
    let (inbox, ()) = tokio::join!(wait, send);
    assert_eq!(inbox.unwrap().len(), 2);
    let late = bench.control().wait_for_inbox(&phone.id, 3, Duration::ZERO).await;
    assert_eq!(late, Err(WaitError::TimeUp { wanted: 3, found: 2 }));
}

#[tokio::test]
async fn a_bounded_inbox_and_log_forget_the_oldest() {
    let bench = Bench::with(Options { inbox_limit: 2, request_log_limit: 3, ..Options::default() }).await;
    let phone = bench.control().add_device(Platform::Android);
    for _ in 0..5 {
        bench.send_to(&phone).await;
    }
    let seqs: Vec<u64> = bench.control().inbox(&phone.id, 0).unwrap().iter().map(|m| m.seq).collect();
    assert_eq!(seqs, [4, 5]);
    let logged: Vec<u64> = bench.control().requests(1).iter().map(|request| request.seq).collect();
    assert_eq!(logged, [3, 4, 5]);
    assert_eq!(bench.control().wait_for_inbox(&phone.id, 5, Duration::ZERO).await.unwrap().len(), 2);
}
