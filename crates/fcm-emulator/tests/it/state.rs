//! State that outlives the emulator.

mod file;

use std::path::Path;
use std::process::Child;
use std::time::Duration;

use pushbridge_fcm_emulator::{Clock, DeviceChange, FcmEmulator, Options, Platform};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::program::{program, start};
use crate::support::{START, to_token};

/// The real program with a file of state, until it is killed.
struct Run {
    child: Child,
    client: Client,
    control: String,
    url: String,
}

impl Run {
    fn start(folder: &Path, flags: &[&str]) -> Self {
        let mut command = program(folder);
        let (child, _stdout, ready) = start(command.args(["--state", "state.json"]).args(flags));
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { child, client, control: text("control"), url: text("url") }
    }

    async fn get(&self, path: &str) -> Value {
        self.client.get(format!("{}{path}", self.control)).send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.client.post(format!("{}{path}", self.control)).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// Sends and returns the status and the message's name.
    async fn send(&self, project: &str, message: Value) -> (u16, Value) {
        let url = format!("{}/v1/projects/{project}/messages:send", self.url);
        let body = json!({"message": message});
        let answer = self.client.post(url).bearer_auth("owner").json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["name"].take())
    }

    /// SIGKILL, at once.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Everything of one project that a person can see.
async fn seen(run: &Run, project: &str) -> Value {
    let own = format!("/projects/{project}");
    let mut seen = json!({"devices": run.get(&format!("{own}/devices")).await["devices"]});
    for device in seen["devices"].as_array().unwrap().clone() {
        let id = device["id"].as_str().unwrap();
        seen[id] = json!([
            run.get(&format!("{own}/devices/{id}/inbox")).await,
            run.get(&format!("{own}/devices/{id}/topics")).await
        ]);
    }
    seen["key"] = run.get(&format!("{own}/service-account")).await["private_key"].take();
    seen
}

#[cfg(unix)]
#[tokio::test]
async fn what_was_answered_outlives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--seed", "7", "--project", "shop", "--project", "blog"];
    let run = Run::start(folder.path(), &flags);
    let android = json!({"platform": "android"});
    let phone = run.post("/devices", android.clone()).await;
    let id = phone["id"].as_str().unwrap();
    let rotated = run.post(&format!("/devices/{id}/rotate"), Value::Null).await;
    run.client.put(format!("{}/devices/{id}/topics/news", run.control)).send().await.unwrap();
    let reader = run.post("/projects/blog/devices", json!({"platform": "web", "package": "org.blog"})).await;
    run.post(&format!("/projects/blog/devices/{}/uninstall", reader["id"].as_str().unwrap()), Value::Null)
        .await;
    assert_eq!(run.send("shop", json!({"topic": "news", "data": {"from topic": "yes"}})).await.0, 200);
    let away = run.post("/devices", android.clone()).await;
    run.post(&format!("/devices/{}/offline", away["id"].as_str().unwrap()), Value::Null).await;
    for (key, data) in [("score", "1:0"), ("score", "2:0"), ("weather", "rain")] {
        let message =
            json!({"token": away["fcm_token"], "data": {"is": data}, "android": {"collapse_key": key}});
        assert_eq!(run.send("shop", message).await.0, 200);
    }
    run.post(&format!("/devices/{}/doze", away["id"].as_str().unwrap()), Value::Null).await;
    let before = [seen(&run, "shop").await, seen(&run, "blog").await];
    run.kill();

    // In the other order: which project is the first is no matter of the file.
    let run = Run::start(folder.path(), &["--project", "blog"]);
    assert_eq!([seen(&run, "shop").await, seen(&run, "blog").await], before);
    assert_eq!(run.send("shop", json!({"token": phone["fcm_token"]})).await.0, 404, "rotated away");
    assert_eq!(run.send("shop", json!({"token": rotated["fcm_token"]})).await.0, 200);
    assert_eq!(run.send("blog", json!({"token": rotated["fcm_token"]})).await.0, 403);
    assert_eq!(run.send("shop", json!({"topic": "news"})).await.0, 200);
    let inbox = run.get(&format!("/projects/shop/devices/{id}/inbox?after=1")).await;
    let seqs: Vec<_> = inbox["messages"].as_array().unwrap().iter().map(|message| &message["seq"]).collect();
    assert_eq!(seqs, [2, 3]);
    let away_id = away["id"].as_str().unwrap();
    run.post(&format!("/projects/shop/devices/{away_id}/online"), Value::Null).await;
    let nothing = run.get(&format!("/projects/shop/devices/{away_id}/inbox")).await;
    assert_eq!(nothing, json!({"messages": []}), "it dozes still");
    run.post(&format!("/projects/shop/devices/{away_id}/wake"), Value::Null).await;
    let arrived = run.get(&format!("/projects/shop/devices/{away_id}/inbox")).await;
    let arrived: Vec<_> =
        arrived["messages"].as_array().unwrap().iter().map(|it| &it["message"]["data"]["is"]).collect();
    assert_eq!(arrived, ["2:0", "rain"]);

    // The seed's sequences go on, as in a run that nobody killed.
    let next = run.post("/projects/shop/devices", android).await;
    run.kill();
    let whole = FcmEmulator::start(Options { seed: Some(7), ..Options::default() }).await.unwrap();
    let one = whole.control().add_device(Platform::Android);
    assert_eq!(phone["fcm_token"], one.fcm_token.expose());
    whole.control().change(&one.id, DeviceChange::Rotate).unwrap();
    whole.control().add_device(Platform::Android);
    assert_eq!(next["fcm_token"], whole.control().add_device(Platform::Android).fcm_token.expose());
}

#[cfg(unix)]
#[tokio::test]
async fn a_kill_amid_sends_loses_no_answered_message_and_repeats_no_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered: Vec<Value> = Vec::new();
    let mut phone = Value::Null;
    for round in 0..3 {
        let run = std::sync::Arc::new(Run::start(folder.path(), &[]));
        if round == 0 {
            phone = run.post("/devices", json!({"platform": "android"})).await;
        }
        let mut senders = JoinSet::new();
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..8 {
            let (client, url, tell) = (run.client.clone(), run.url.clone(), tell.clone());
            let body = json!({"message": {"token": phone["fcm_token"], "data": {"k": "v"}}});
            senders.spawn(async move {
                let url = format!("{url}/v1/projects/demo/messages:send");
                // Three rounds of eight times forty fit into an inbox.
                for _ in 0..40 {
                    let Ok(answer) = client.post(&url).bearer_auth("owner").json(&body).send().await else {
                        return;
                    };
                    let Ok(answer) = answer.json::<Value>().await else { return };
                    tell.send(answer["name"].clone()).unwrap();
                }
            });
        }
        drop(tell);
        for _ in 0..30 {
            answered.push(told.recv().await.unwrap());
        }
        std::process::Command::new("kill").args(["-KILL", &run.child.id().to_string()]).status().unwrap();
        while let Some(name) = told.recv().await {
            answered.push(name);
        }
        senders.join_all().await;
        std::sync::Arc::into_inner(run).unwrap().kill();
    }
    let run = Run::start(folder.path(), &[]);
    let inbox = run.get(&format!("/devices/{}/inbox", phone["id"].as_str().unwrap())).await;
    let inbox = inbox["messages"].as_array().unwrap();
    let arrived: Vec<&Value> = inbox.iter().map(|message| &message["name"]).collect();
    let lost = answered.iter().filter(|name| !arrived.contains(name)).count();
    assert_eq!(lost, 0, "of {}", answered.len());
    let mut names: Vec<&str> = arrived.iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), inbox.len());
    run.kill();
}

#[cfg(unix)]
#[tokio::test]
async fn without_a_file_nothing_remains() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let (mut child, _stdout, ready) = start(&mut program(folder.path()));
        let devices = format!("{}/devices", ready["control"].as_str().unwrap());
        let client = Client::builder().no_proxy().build().unwrap();
        let listed: Value = client.get(&devices).send().await.unwrap().json().await.unwrap();
        assert_eq!(listed["devices"], json!([]));
        client.post(&devices).json(&json!({"platform": "ios"})).send().await.unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// An emulator in this process on `clock`, its state in `folder`.
async fn emulator(folder: &Path, clock: &Clock) -> FcmEmulator {
    let state = Some(folder.join("state.json"));
    FcmEmulator::start(Options { state, clock: clock.clone(), ..Options::default() }).await.unwrap()
}

async fn send(emulator: &FcmEmulator, body: &Value) -> u16 {
    let client = Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/v1/projects/demo/messages:send", emulator.url());
    client.post(url).bearer_auth("owner").json(body).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_time_between_two_runs_counts() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let first = emulator(folder.path(), &clock).await;
    let phone = first.control().add_device(Platform::Android);
    assert_eq!(send(&first, &to_token(&phone)).await, 200);
    first.control().change(&phone.id, DeviceChange::Offline).unwrap();
    for (ttl, data) in [("60s", "a minute"), ("3600s", "an hour")] {
        let body = json!({"message": {"token": phone.fcm_token.expose(), "data": {"for": data}, "android": {"ttl": ttl}}});
        assert_eq!(send(&first, &body).await, 200);
    }
    first.shutdown().await;

    // Another machine's clock: only what it says of the day is the same.
    let clock = Clock::manual(START + Duration::from_secs(60));
    let second = emulator(folder.path(), &clock).await;
    assert!(!second.control().device(&phone.id).unwrap().online);
    second.control().change(&phone.id, DeviceChange::Online).unwrap();
    let inbox = second.control().inbox(&phone.id, 0).unwrap();
    let shown: Vec<_> = inbox.iter().map(|it| (it.at_us, it.message["data"]["for"].as_str())).collect();
    assert_eq!(shown, [(0, None), (60_000_000, Some("an hour"))]);
    // A change by the library alone is written too, at the latest at the end.
    second.control().add_device(Platform::Ios);
    second.shutdown().await;

    // Set back by a day: what was read on the monotonic clock still never goes back.
    let third = emulator(folder.path(), &Clock::manual(START - Duration::from_secs(86_400))).await;
    assert_eq!(third.control().devices().len(), 2);
    assert_eq!(send(&third, &to_token(&phone)).await, 200);
    assert_eq!(third.control().inbox(&phone.id, 2).unwrap()[0].at_us, 60_000_000);
    third.control().reset();
    third.shutdown().await;
    assert!(emulator(folder.path(), &clock).await.control().devices().is_empty(), "a reset is kept as well");
}

#[tokio::test]
async fn a_project_that_was_added_later_is_served_again() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let first = emulator(folder.path(), &clock).await;
    first.add_project("blog").await.unwrap().add_device(Platform::Ios);
    first.shutdown().await;
    let second = emulator(folder.path(), &clock).await;
    let blog = second.control().of_project("blog").unwrap();
    assert_eq!((second.project(), blog.devices().len()), ("demo", 1));
    let fresh = second.add_project("news").await.unwrap().add_device(Platform::Ios);
    assert_ne!(fresh.fcm_token, blog.devices()[0].fcm_token);
    second.shutdown().await;
}
