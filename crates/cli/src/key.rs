//! `pushbridge key`: makes and lists API keys.

use pushbridge_wire::{KeyRequest, KeyResponse, Scope};
use serde::Deserialize;

use crate::{
    args::{KeyAction, KeyArguments, KeyCreateArguments, KeyListArguments, ScopeArgument},
    client::{Client, segment},
    failure::Failure,
};

pub(crate) async fn run(arguments: KeyArguments) -> Result<(), Failure> {
    match arguments.action {
        KeyAction::Create(arguments) => create(arguments).await,
        KeyAction::List(arguments) => list(arguments).await,
    }
}

async fn create(arguments: KeyCreateArguments) -> Result<(), Failure> {
    let client = Client::new(&arguments.connection)?;
    let scopes = arguments.scope.into_iter().map(|scope| match scope {
        ScopeArgument::Send => Scope::Send,
        ScopeArgument::Read => Scope::Read,
        ScopeArgument::Manage => Scope::Manage,
    });
    let request = KeyRequest { scopes: scopes.collect() };
    let path = format!("/v1/admin/apps/{}/keys", segment(&arguments.app));
    let made: KeyResponse = client.post(&path, &request).await?;
    // The one moment at which a key may be seen; stdout, so that it can go straight into a file.
    anstream::eprintln!("key {} for app {}: shown once, keep it now", made.key_id, arguments.app);
    anstream::println!("{}", made.key.unwrap_or_default());
    Ok(())
}

#[derive(Deserialize)]
struct KeyList {
    keys: Vec<KeyResponse>,
}

async fn list(arguments: KeyListArguments) -> Result<(), Failure> {
    let client = Client::new(&arguments.connection)?;
    let list: KeyList = client.get(&format!("/v1/admin/apps/{}/keys", segment(&arguments.app))).await?;
    for key in list.keys {
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        anstream::println!("{}  {}  made {}", key.key_id, scopes.join(","), key.created_at);
    }
    Ok(())
}
