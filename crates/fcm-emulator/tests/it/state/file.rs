//! The file of the state: one that cannot be read, and one that cannot be written.

use pushbridge_fcm_emulator::{Clock, FcmEmulator, Platform};
use reqwest::Client;
use serde_json::{Value, json};

use super::{Run, emulator, send};
use crate::program::{program, run};
use crate::support::{SOON, START, to_token};

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_cannot_be_used_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let one = Run::start(folder.path(), &["--seed", "7"]);
    one.post("/devices", json!({"platform": "android"})).await;
    one.kill();
    let whole = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777,
        0o600
    );
    let key = serde_json::from_str::<Value>(&whole).unwrap()["projects"][0]["private_key"].clone();
    let bad_key = whole.replace(&key.to_string(), "\"none\"");
    let newer = whole.replace("\"version\":1", "\"version\":2");
    let foreign = whole.replace("pushbridge-fcm-emulator\"", "something-else\"");
    let saved: Value = serde_json::from_str(&whole).unwrap();
    // Secrets where serde would quote them: as a value of the wrong type, as a name, and in an id.
    let token = saved["projects"][0]["devices"][0]["token"].as_str().unwrap();
    let text = whole.replace("\"last_seq\":0", &format!("\"last_seq\":\"{token}\""));
    let field = whole.replace("\"last_seq\":0", &format!("\"{token}\":0"));
    let project = whole.replace("\"id\":\"demo\"", &format!("\"id\":\"{token}\""));
    for changed in [&bad_key, &newer, &foreign, &text, &field, &project] {
        assert_ne!(*changed, whole);
    }
    let broken = "move it away to begin with nothing";
    for (case, content, seed, hint) in [
        ("garbage", "\0\0\0", "7", broken),
        ("half of it", &whole[..whole.len() / 2], "7", broken),
        ("empty", "", "7", broken),
        ("other JSON", "{}", "7", broken),
        ("another program's", &foreign, "7", broken),
        ("a key that is none", &bad_key, "7", broken),
        ("text where a number belongs", &text, "7", broken),
        ("a field that nobody knows", &field, "7", broken),
        ("a project's id that is none", &project, "7", broken),
        ("of a newer emulator", &newer, "7", "start the emulator that wrote it"),
        ("of another seed", &whole, "8", "leave out --seed"),
    ] {
        std::fs::write(&file, content).unwrap();
        let (output, stderr) = run(program(folder.path()).args(["--state", "state.json", "--seed", seed]));
        assert_eq!(output.status.code(), Some(2), "{case}: {stderr}");
        assert!(
            stderr.contains("state.json") && stderr.contains(&format!("hint: {hint}")),
            "{case}: {stderr}"
        );
        assert!(output.stdout.is_empty() && !stderr.contains("PRIVATE KEY"), "{case}");
        assert!(!stderr.contains(&token[..20]), "{case}: {stderr}");
        assert_eq!(std::fs::read(&file).unwrap(), content.as_bytes(), "{case}");
    }
    std::fs::write(&file, &whole).unwrap();
    Run::start(folder.path(), &["--seed", "7"]).kill();
    // Where nothing can be written: no folder, none for the lock, and for the file itself.
    for (state, in_the_way) in
        [("state.json/under-a-file", None), ("s/f", Some("s/f.lock")), ("t/f", Some("t/f.new"))]
    {
        if let Some(in_the_way) = in_the_way {
            std::fs::create_dir_all(folder.path().join(in_the_way)).unwrap();
        }
        let (output, stderr) = run(program(folder.path()).args(["--state", state]));
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        let said = format!("error: the state {state} cannot be used: cannot write the state: ");
        assert!(
            stderr.contains(&said) && stderr.contains("hint: let this user write to its folder"),
            "{stderr}"
        );
    }
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    let (output, stderr) = run(program(folder.path()).args(["--state", "folder"]));
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("hint: let it be read by this user, or name another file"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_second_emulator_is_refused_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let one = Run::start(folder.path(), &[]);
    let (output, stderr) = run(program(folder.path()).args(["--state", "state.json"]));
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("hint: stop the other emulator"), "{stderr}");
    one.kill();
    Run::start(folder.path(), &[]).kill();
}

/// What `GET stats` and the page say of the state.
async fn told(emulator: &FcmEmulator, client: &Client) -> (Value, bool) {
    let url = emulator.url();
    let stats = client.get(format!("{url}/emulator/v1/stats")).send().await.unwrap();
    let page = client.get(format!("{url}/page/board")).send().await.unwrap().text().await.unwrap();
    (stats.json::<Value>().await.unwrap()["state"].take(), page.contains("The state cannot be written"))
}

#[tokio::test]
async fn a_write_that_fails_is_told_and_made_up_for() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let first = emulator(folder.path(), &clock).await;
    let client = Client::builder().no_proxy().build().unwrap();
    let add = || {
        client.post(format!("{}/emulator/v1/devices", first.url())).json(&json!({"platform": "web"})).send()
    };
    let mut events = client.get(format!("{}/emulator/v1/events", first.url())).send().await.unwrap();
    // Nobody can write a file where a folder is.
    let in_the_way = folder.path().join("state.json.new");
    std::fs::create_dir(&in_the_way).unwrap();
    for _ in 0..2 {
        assert_eq!(add().await.unwrap().status(), 201, "it goes on all the same");
    }
    let (state, on_page) = told(&first, &client).await;
    assert_eq!((&state["unwritten"], &state["writes"]), (&json!(2), &json!(0)), "{state}");
    assert!(state["failure"].as_str().unwrap().contains("directory") && on_page, "{state}");
    assert!(state["file"].as_str().unwrap().ends_with("state.json"));
    std::fs::remove_dir(&in_the_way).unwrap();
    add().await.unwrap();
    let (state, on_page) = told(&first, &client).await;
    assert_eq!((&state["unwritten"], &state["failure"], on_page), (&json!(0), &Value::Null, false));
    let written: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("state.json")).unwrap()).unwrap();
    assert_eq!(written["projects"][0]["devices"].as_array().unwrap().len(), 3);
    let heard_twice = async {
        let mut heard = String::new();
        while heard.matches("\"kind\":\"state\"").count() < 2 {
            heard.push_str(std::str::from_utf8(&events.chunk().await.unwrap().unwrap()).unwrap());
        }
    };
    tokio::time::timeout(SOON, heard_twice).await.expect("an event when it began, and one when it was over");
    first.shutdown().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_whose_state_stays_unwritten_says_so_once_and_ends_with_1() {
    use std::io::Read;
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::start(folder.path(), &[]);
    let in_the_way = folder.path().join("state.json.new");
    std::fs::create_dir(&in_the_way).unwrap();
    for _ in 0..5 {
        run.post("/devices", json!({"platform": "web"})).await;
    }
    let stop = std::process::Command::new("kill").arg(run.child.id().to_string()).status().unwrap();
    assert!(stop.success());
    assert_eq!(run.child.wait().unwrap().code(), Some(1));
    let mut stderr = String::new();
    run.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(stderr.matches("THE STATE CANNOT BE WRITTEN").count(), 1, "{stderr}");
    assert!(stderr.contains("error: the state state.json lacks the latest changes: "), "{stderr}");
}

#[tokio::test]
async fn a_burst_of_changes_costs_one_or_two_writes() {
    let folder = tempfile::tempdir().unwrap();
    let first = emulator(folder.path(), &Clock::manual(START)).await;
    // By the library; the clock stands still, so that nothing is due before somebody asks.
    for _ in 0..200 {
        first.control().add_device(Platform::Android);
        tokio::task::yield_now().await;
    }
    assert_eq!(first.control().state().unwrap().writes, 0);
    let phone = first.control().add_device(Platform::Android);
    assert_eq!(send(&first, &to_token(&phone)).await, 200);
    let state = first.control().state().unwrap();
    assert!(state.writes <= 2 && state.unwritten == 0, "{state:?}");
    let control = first.control().clone();
    control.add_device(Platform::Ios);
    first.shutdown().await;
    assert_eq!(control.state().unwrap().unwritten, 0, "a stop writes what is left");
}
