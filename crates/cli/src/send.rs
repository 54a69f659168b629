//! `pushbridge send`: a notification, or a template, to a user.

use pushbridge_wire::{MessageAccepted, MessageRequest, TemplateRef, To};
use serde_json::{Map, Value, json};

use crate::{
    args::SendArguments,
    client::{Client, segment},
    failure::Failure,
    message::{counted, follow},
    template::read_params,
};

pub(crate) async fn run(arguments: SendArguments) -> Result<(), Failure> {
    let client = Client::new(&arguments.connection)?;
    let request = request(&arguments)?;
    let path = format!("/v1/apps/{}/messages", segment(&arguments.app));
    let accepted: MessageAccepted = match &arguments.idempotency_key {
        Some(key) => client.post_once(&path, key, &request).await?,
        None => client.post(&path, &request).await?,
    };
    let deliveries = counted(accepted.deliveries, "delivery", "deliveries");
    anstream::println!("{}  accepted, {deliveries}", accepted.message_id);
    if accepted.deliveries == 0 {
        let (app, user) = (&arguments.app, &arguments.user);
        anstream::println!("  nobody is reachable; why: pushbridge user explain --app {app} {user}");
    }
    if !arguments.wait {
        return Ok(());
    }
    let status = follow(&client, &arguments.app, accepted.message_id.as_str(), false).await?;
    if status.counts.sent == status.deliveries {
        return Ok(());
    }
    Err(Failure::check(format!(
        "{} of {} were sent",
        status.counts.sent,
        counted(status.deliveries, "delivery", "deliveries")
    )))
}

fn request(arguments: &SendArguments) -> Result<MessageRequest, Failure> {
    let user = arguments.user.parse().map_err(|error| Failure::usage(format!("{error}")))?;
    let (message, template) = match &arguments.template {
        Some(template) => (None, Some(template_ref(template, arguments.params.as_deref())?)),
        None => (Some(message(arguments)?), None),
    };
    Ok(MessageRequest {
        to: To::User(user),
        message,
        template,
        send_at: None,
        send_at_local: None,
        expires_at: None,
        lane: None,
        validate_only: false,
    })
}

fn template_ref(id: &str, params: Option<&str>) -> Result<TemplateRef, Failure> {
    let id = id.parse().map_err(|error| Failure::usage(format!("{error}")))?;
    Ok(TemplateRef { id, params: params.map(read_params).transpose()?.unwrap_or_default() })
}

fn message(arguments: &SendArguments) -> Result<Map<String, Value>, Failure> {
    let mut message = Map::new();
    message.insert("notification".to_owned(), json!({"title": arguments.title, "body": arguments.body}));
    let mut data = Map::new();
    for pair in &arguments.data {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(
                Failure::usage(format!("--data {pair} has no =")).next("write it as --data key=value")
            );
        };
        data.insert(key.to_owned(), Value::String(value.to_owned()));
    }
    if !data.is_empty() {
        message.insert("data".to_owned(), Value::Object(data));
    }
    Ok(message)
}
