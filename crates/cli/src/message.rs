//! `pushbridge message`: where a message stands.

use std::time::Duration;

use pushbridge_wire::{DeliveryPage, DeliveryState, MessageStatus};

use crate::{
    app::AppList,
    args::MessageArguments,
    client::{Client, segment},
    failure::Failure,
    progress::Progress,
};

/// How often a followed message is asked for. Ours: quick enough for a person.
const POLL: Duration = Duration::from_millis(250);

pub(crate) async fn run(arguments: MessageArguments) -> Result<(), Failure> {
    let client = Client::new(&arguments.connection)?;
    let app = match arguments.app {
        Some(app) => app,
        None => only_app(&client).await?,
    };
    let status = if arguments.follow {
        follow(&client, &app, &arguments.id, true).await?
    } else {
        let status = client.get(&path(&app, &arguments.id)).await?;
        show(&status);
        status
    };
    if status.counts.failed + status.counts.cancelled > 0 {
        show_reasons(&client, &app, &arguments.id).await?;
    }
    Ok(())
}

async fn only_app(client: &Client) -> Result<String, Failure> {
    let list: AppList = client.get("/v1/admin/apps").await?;
    match &list.apps[..] {
        [only] => Ok(only.id.to_string()),
        [] => Err(Failure::usage("there is no app").next("register one with `pushbridge app create`")),
        several => {
            let ids: Vec<_> = several.iter().map(|app| app.id.to_string()).collect();
            Err(Failure::usage(format!("there are several apps: {}", ids.join(", ")))
                .next("name one with --app or PUSHBRIDGE_APP"))
        }
    }
}

fn path(app: &str, id: &str) -> String {
    format!("/v1/apps/{}/messages/{}", segment(app), segment(id))
}

/// Asks until the last delivery has ended. Shows a bar on a terminal; elsewhere each change, or only the last state.
pub(crate) async fn follow(
    client: &Client,
    app: &str,
    id: &str,
    every_change: bool,
) -> Result<MessageStatus, Failure> {
    let mut progress = Progress::new(every_change);
    loop {
        let status: MessageStatus = client.get(&path(app, id)).await?;
        progress.update(&status);
        if status.finished_at.is_some() {
            progress.finish(&status);
            return Ok(status);
        }
        tokio::time::sleep(POLL).await;
    }
}

pub(crate) fn show(status: &MessageStatus) {
    let counts = &status.counts;
    let parts = [
        ("pending", counts.pending),
        ("leased", counts.leased),
        ("sent", counts.sent),
        ("failed", counts.failed),
        ("expired", counts.expired),
        ("cancelled", counts.cancelled),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(_, count)| *count > 0).map(|(name, count)| format!("{count} {name}")).collect();
    let colon = if parts.is_empty() { "" } else { ": " };
    anstream::println!(
        "{}  {}  {}{colon}{}",
        status.message_id,
        status.state,
        counted(status.deliveries, "delivery", "deliveries"),
        parts.join(", ")
    );
}

/// `1 delivery`, `2 deliveries`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

async fn show_reasons(client: &Client, app: &str, id: &str) -> Result<(), Failure> {
    let page: DeliveryPage = client.get(&format!("{}/deliveries?limit=100", path(app, id))).await?;
    for delivery in page.deliveries {
        if matches!(delivery.state, DeliveryState::Failed | DeliveryState::Cancelled) {
            let installation = delivery.installation.map(|id| id.to_string()).unwrap_or_default();
            let reason = delivery.reason.unwrap_or_default();
            anstream::println!("  {}  {}  {installation}", delivery.state, reason);
        }
    }
    Ok(())
}
