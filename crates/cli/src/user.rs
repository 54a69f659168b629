//! `pushbridge user`: why a user would or would not get a push, what is stored about him, and its end.

use pushbridge_wire::Wall;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    args::{OneUserArguments, UserAction, UserArguments},
    client::{Client, segment},
    failure::Failure,
    message::counted,
};

pub(crate) async fn run(arguments: UserArguments) -> Result<(), Failure> {
    match arguments.action {
        UserAction::Explain(arguments) => explain(arguments).await,
        UserAction::Export(arguments) => export(arguments).await,
        UserAction::Erase(arguments) => erase(arguments).await,
    }
}

#[derive(Deserialize)]
struct Explanation {
    summary: String,
    installations: Vec<ExplainedInstallation>,
}

#[derive(Deserialize)]
struct ExplainedInstallation {
    installation: String,
    platform: String,
    gets_push: bool,
    because: String,
    last_seen: String,
}

fn path(arguments: &OneUserArguments) -> String {
    format!("/v1/apps/{}/users/{}", segment(&arguments.app), segment(&arguments.user))
}

async fn explain(arguments: OneUserArguments) -> Result<(), Failure> {
    let client = Client::new(&arguments.connection)?;
    let explanation: Explanation = client.get(&format!("{}/explain", path(&arguments))).await?;
    anstream::println!("user {}: {}", arguments.user, explanation.summary);
    for one in explanation.installations {
        let mark = if one.gets_push { "yes" } else { "no " };
        anstream::println!(
            "  {mark}  {} ({}, last seen {}): {}",
            one.installation,
            one.platform,
            one.last_seen,
            one.because
        );
    }
    Ok(())
}

/// Puts the server's pages together: the installations stand on each, the deliveries are spread over all.
async fn export(arguments: OneUserArguments) -> Result<(), Failure> {
    let client = Client::new(&arguments.connection)?;
    let mut deliveries = Vec::new();
    let mut query = String::new();
    loop {
        let mut page: Value = client.get(&format!("{}/export{query}", path(&arguments))).await?;
        if let Some(more) = page["deliveries"].as_array_mut() {
            deliveries.append(more);
        }
        if let Some(cursor) = page["next_cursor"].as_str() {
            query = format!("?cursor={}", segment(cursor));
            continue;
        }
        page["deliveries"] = deliveries.into();
        anstream::println!("{page:#}");
        return Ok(());
    }
}

#[derive(Deserialize)]
struct Erased {
    unbound: u64,
    deliveries: u64,
    messages: u64,
    wall: Wall,
}

async fn erase(arguments: OneUserArguments) -> Result<(), Failure> {
    let client = Client::new(&arguments.connection)?;
    let erased: Erased = client.delete(&path(&arguments)).await?;
    anstream::println!(
        "user {}: {} unbound, {} and the text of {} erased",
        arguments.user,
        counted(erased.unbound, "installation", "installations"),
        counted(erased.deliveries, "delivery", "deliveries"),
        counted(erased.messages, "message", "messages")
    );
    if erased.wall != Wall::Closed {
        return Err(Failure::check("a push to the user is still on its way to FCM and keeps his id")
            .next("repeat this command in a minute"));
    }
    Ok(())
}
