//! The program as a person or a script starts it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::{Answer, to_token};

pub(crate) fn program(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pushbridge-fcm-emulator"));
    command.current_dir(dir).env_remove("RUST_LOG").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts the program and reads its ready line.
pub(crate) fn start(command: &mut Command) -> (Child, BufReader<std::process::ChildStdout>, Value) {
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    (child, stdout, serde_json::from_str(&line).unwrap())
}

/// Runs the program to its end, which it must come to by itself: one that starts is stopped, and is a failure.
pub(crate) fn run(command: &mut Command) -> (Output, String) {
    let mut child = command.spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
    if !ready.is_empty() {
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("it started: {ready}");
    }
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    (output, stderr)
}

#[cfg(unix)]
#[tokio::test]
async fn the_program_says_when_it_is_ready_and_ends_at_a_signal() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    for signal in ["TERM", "INT"] {
        let (mut child, mut stdout, ready) = start(&mut program(folder.path()));
        let url = ready["url"].as_str().unwrap();
        let file = "./pushbridge-fcm-emulator-data/service-account.json";
        assert_eq!(
            ready,
            json!({"ready": "fcm-emulator", "url": url, "pid": child.id(), "control": format!("{url}/emulator/v1"),
                "project": "demo", "service_account": file})
        );
        let file = folder.path().join(file);
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let account: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(account["token_uri"], format!("{url}/token"));
        assert_eq!(account["project_id"], "demo");
        assert!(account["private_key"].as_str().unwrap().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert_eq!(
            std::fs::read_dir(file.parent().unwrap()).unwrap().count(),
            1,
            "nothing else is left there"
        );

        let killed =
            Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert_eq!(child.wait().unwrap().code(), Some(0), "SIG{signal}");
        let (mut rest, mut logged) = (String::new(), String::new());
        stdout.read_to_string(&mut rest).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut logged).unwrap();
        assert_eq!(rest, "", "stdout is the ready line and nothing else");
        assert!(!logged.contains("PRIVATE KEY") && logged.contains("stopping"), "{logged}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn flags_choose_project_folder_and_seed() {
    let folder = tempfile::tempdir().unwrap();
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let mut command = program(folder.path());
        command.args(["--project", "shop", "--dir", "elsewhere", "--seed", "7"]);
        let (mut child, _stdout, ready) = start(&mut command);
        assert_eq!(
            (&ready["project"], &ready["service_account"]),
            (&json!("shop"), &json!("elsewhere/service-account.json"))
        );
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let devices = format!("{}/devices", ready["control"].as_str().unwrap());
        let made = client.post(devices).json(&json!({"platform": "android"})).send().await.unwrap();
        tokens.push(Answer::of(made).await.body["fcm_token"].clone());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(tokens[0], tokens[1]);
}

#[cfg(unix)]
#[tokio::test]
async fn each_named_project_is_served_with_a_service_account_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    command.args(["--project", "shop", "--project", "example.com:blog", "--dir", "d"]);
    let (mut child, _stdout, ready) = start(&mut command);
    let control = ready["control"].as_str().unwrap();
    assert_eq!(
        (&ready["project"], &ready["service_account"]),
        (&json!("shop"), &json!("d/service-account.json"))
    );
    let shown = |id: &str, file: &str| json!({"id": id, "control": format!("{control}/projects/{id}"), "service_account": file});
    let second = "d/service-account-example.com_blog.json";
    let projects = [shown("shop", "d/service-account.json"), shown("example.com:blog", second)];
    assert_eq!(ready["projects"], json!(projects));
    let account: Value = serde_json::from_slice(&std::fs::read(folder.path().join(second)).unwrap()).unwrap();
    assert_eq!(account["project_id"], "example.com:blog");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn with_tls_the_ready_line_names_the_url_and_the_authority() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, _stdout, ready) = start(program(folder.path()).args(["--tls", "--dir", "d"]));
    assert_eq!(ready["ca"], "d/ca.pem");
    let authority = std::fs::read(folder.path().join("d/ca.pem")).unwrap();
    let authority = reqwest::Certificate::from_pem(&authority).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([authority]).build().unwrap();
    let stats = format!("{}/emulator/v1/stats", ready["tls_url"].as_str().unwrap());
    assert_eq!(client.get(stats).send().await.unwrap().status(), 200);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// On an address of its own, so that no test beside this one takes the port in between, and in a process of its own,
/// since every process that this one starts holds its sockets for a moment.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_restart_takes_the_same_port_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut listen = "127.0.0.2:0".to_owned();
    for _ in 0..3 {
        // A client of its own each time: a pooled connection would be one to the process that has ended.
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let (mut child, _stdout, ready) = start(program(folder.path()).args(["--listen", &listen]));
        let url = ready["url"].as_str().unwrap();
        listen = url.strip_prefix("http://").unwrap().to_owned();
        let stats = client.get(format!("{url}/emulator/v1/stats")).send().await.unwrap();
        assert_eq!(stats.status(), 200, "and leaves a connection open");
        assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn a_wrong_flag_or_configuration_ends_with_2_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (output, stderr) = run(program(folder.path()).args(["--listen", "nowhere"]));
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    let (output, stderr) = run(program(folder.path()).args(["--project", "My Project"]));
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr.contains("My Project") && stderr.contains("hint: pass another id with --project"),
        "{stderr}"
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (output, stderr) = run(program(folder.path()).args(["--listen", &address]));
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains(&address) && stderr.contains("hint: choose another address"), "{stderr}");
    std::fs::write(folder.path().join("file"), "").unwrap();
    let (output, stderr) = run(program(folder.path()).args(["--dir", "file"]));
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains("hint: choose a folder"), "{stderr}");
    assert!(output.stdout.is_empty(), "nothing was ready");
}

/// I11: neither Debug nor an error shows a token or the key.
#[tokio::test]
async fn nothing_secret_is_shown() {
    let bench = crate::support::Bench::start().await;
    let phone = bench.control().add_device(pushbridge_fcm_emulator::Platform::Android);
    let shown = format!("{:?} {phone:?}", bench.emulator);
    assert!(!shown.contains("APA91b") && !shown.contains(phone.fcm_fid.expose()), "{shown}");
    assert!(!shown.contains("PRIVATE KEY"));
    let dead = bench.control().change(&phone.id, pushbridge_fcm_emulator::DeviceChange::Uninstall).unwrap();
    let answer = bench.send(&to_token(&dead)).await;
    assert!(!answer.body.to_string().contains(phone.fcm_fid.expose()));
}

/// I11: whatever is asked of it, and at any level, the program writes down no address, no bearer and no key.
#[cfg(unix)]
#[tokio::test]
async fn nothing_secret_is_logged_at_any_level() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    command.env("RUST_LOG", "debug,pushbridge_fcm_emulator=trace");
    let (mut child, mut stdout, ready) = start(&mut command);
    let mut pipe = child.stderr.take().unwrap();
    // Read all the time, else the program would wait for somebody to read.
    let logged = std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    });
    let (url, control) = (ready["url"].as_str().unwrap(), ready["control"].as_str().unwrap());
    let account = std::fs::read_to_string(folder.path().join(ready["service_account"].as_str().unwrap()));
    let account = account.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |url: String, bearer: &str, body: Value| {
        Answer::of(client.post(url).bearer_auth(bearer).json(&body).send().await.unwrap()).await
    };

    let sender = gcp_auth::CustomServiceAccount::from_json(&account).unwrap();
    let scopes = ["https://www.googleapis.com/auth/firebase.messaging"];
    let bearer = gcp_auth::TokenProvider::token(&sender, &scopes).await.unwrap();
    let (bearer, refused) = (bearer.as_str().to_owned(), "a-bearer-of-nobody-0123456789");
    let assertion = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJub2JvZHkifQ.c2lnbmVkLWJ5LW5vYm9keQ";
    let grant = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)];
    assert_eq!(client.post(format!("{url}/token")).form(&grant).send().await.unwrap().status(), 400);
    let devices = format!("{control}/devices");
    let before = post(devices.clone(), "", json!({"platform": "android"})).await.body;
    let device = format!("{devices}/{}", before["id"].as_str().unwrap());
    let after = post(format!("{device}/rotate"), "", json!({})).await.body;
    let mut statuses = Vec::new();
    for bearer in [bearer.as_str(), refused] {
        for target in [
            json!({"token": before["fcm_token"]}),
            json!({"token": after["fcm_token"]}),
            json!({"fid": after["fcm_fid"]}),
            json!({"token": format!("no token, but {}", after["fcm_token"])}),
        ] {
            let to = format!("{url}/v1/projects/demo/messages:send");
            statuses.push(post(to, bearer, json!({"message": target})).await.status);
        }
    }
    assert_eq!(statuses, [404, 200, 200, 400, 401, 401, 401, 401]);
    for page in [format!("{device}/inbox"), format!("{control}/requests"), format!("{url}/")] {
        assert_eq!(client.get(page).send().await.unwrap().status(), 200);
    }

    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    let written = format!("{ready}{rest}{}", logged.join().unwrap());
    assert!(written.contains("a send has ended") && written.contains("refused an assertion"), "{written}");
    let key: Value = serde_json::from_str(&account).unwrap();
    let key = key["private_key"].as_str().unwrap().lines().filter(|line| line.len() > 40);
    let devices = [&before, &after].into_iter().flat_map(|device| [&device["fcm_token"], &device["fcm_fid"]]);
    let secrets = devices.map(|value| value.as_str().unwrap()).chain(key);
    for secret in secrets.chain([bearer.as_str(), refused, assertion]) {
        let line = written.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{} of {} characters", &secret[..4], secret.len());
    }
}
