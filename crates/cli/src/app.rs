//! `pushbridge app`: registers and lists apps.

use std::path::Path;

use pushbridge_wire::{AppRequest, AppResponse, IdentityConfig, IdentityMode, PolicyConfig, PolicyMode};
use serde::Deserialize;

use crate::{
    args::{AppAction, AppArguments, AppCreateArguments, IdentityArgument, PolicyArgument},
    client::Client,
    failure::Failure,
};

pub(crate) async fn run(arguments: AppArguments) -> Result<(), Failure> {
    match arguments.action {
        AppAction::Create(arguments) => create(arguments).await,
        AppAction::List(connection) => list(&Client::new(&connection)?).await,
    }
}

async fn create(arguments: AppCreateArguments) -> Result<(), Failure> {
    let client = Client::new(&arguments.connection)?;
    let id = arguments.id.clone();
    let app: AppResponse = client.post("/v1/admin/apps", &request(arguments)?).await?;
    anstream::println!("app {} registered for Firebase project {}", app.id, app.firebase_project);
    if app.identity_mode == IdentityMode::Trusted {
        anstream::println!("  identity is `trusted`: any phone may claim any user. For development only");
    }
    anstream::println!("  next: pushbridge key create --app {id} --scope send,read,manage");
    Ok(())
}

fn request(arguments: AppCreateArguments) -> Result<AppRequest, Failure> {
    let mode = match arguments.policy {
        PolicyArgument::Single => PolicyMode::Single,
        PolicyArgument::Multi => PolicyMode::Multi,
    };
    let identity = match arguments.identity {
        IdentityArgument::Jwt => IdentityMode::Jwt,
        IdentityArgument::Trusted => IdentityMode::Trusted,
    };
    Ok(AppRequest {
        id: arguments.id.parse().map_err(|error| Failure::usage(format!("{error}")))?,
        firebase_project: arguments.project,
        service_account: read_account(&arguments.service_account)?,
        fcm_endpoint: arguments.fcm_endpoint,
        policy: PolicyConfig { mode, max_devices: arguments.max_devices },
        identity: Some(IdentityConfig { mode: identity, keys: Vec::new() }),
    })
}

fn read_account(path: &Path) -> Result<serde_json::Value, Failure> {
    let shown = path.display();
    let next = "download it in the Firebase console under Project settings, Service accounts, Generate new private key";
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read {shown}: {error}")).next(next))?;
    serde_json::from_str(&text).map_err(|_| Failure::usage(format!("{shown} is not JSON")).next(next))
}

#[derive(Deserialize)]
pub(crate) struct AppList {
    pub(crate) apps: Vec<AppResponse>,
}

async fn list(client: &Client) -> Result<(), Failure> {
    let list: AppList = client.get("/v1/admin/apps").await?;
    for app in &list.apps {
        let policy = match (app.policy.mode, app.policy.max_devices) {
            (PolicyMode::Single, _) => "single".to_owned(),
            (PolicyMode::Multi, Some(number)) => format!("multi, at most {number} devices"),
            (PolicyMode::Multi, None) => "multi".to_owned(),
        };
        anstream::println!("{}  project {}  policy {policy}", app.id, app.firebase_project);
    }
    if list.apps.is_empty() {
        anstream::println!("no app yet; next: pushbridge app create ID --project P --service-account F");
    }
    Ok(())
}
