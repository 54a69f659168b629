//! `pushbridge user`: why a user would or would not get a push.

use serde::Deserialize;

use crate::{
    args::{UserAction, UserArguments, UserExplainArguments},
    client::{Client, segment},
    failure::Failure,
};

pub(crate) async fn run(arguments: UserArguments) -> Result<(), Failure> {
    match arguments.action {
        UserAction::Explain(arguments) => explain(arguments).await,
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

async fn explain(arguments: UserExplainArguments) -> Result<(), Failure> {
    let client = Client::new(&arguments.connection)?;
    let (app, user) = (segment(&arguments.app), segment(&arguments.user));
    let explanation: Explanation = client.get(&format!("/v1/apps/{app}/users/{user}/explain")).await?;
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
