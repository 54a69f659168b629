//! The online part of `pushbridge check`: a dry run that goes all the way to FCM and delivers nothing.

use pushbridge_fcm::{Message, Target, Verdict, request_body};

use crate::{config::Config, dispatcher::Senders, store::NewApp};

/// Well-formed and nobody's: FCM answers that it is unknown, after it has accepted project and credentials.
const NOBODY: &str = "cAAAAAAAAAAAAAAAAAAAAA:APA91bPushbridgeProbe";

/// Asks FCM for a dry run with the app's credentials. Says what was seen.
///
/// # Errors
/// What is wrong with project, credentials or network.
pub async fn probe(config: &Config, app: &NewApp) -> Result<String, String> {
    let sender = Senders::new(config).make_one(app.clone()).await.map_err(|error| error.to_string())?;
    let target = Target::Token(NOBODY.to_owned());
    let body = request_body(&target, &Message::default(), true).map_err(|error| error.to_string())?;
    match sender.fcm.send(&target, body).await {
        Ok(_) => Ok("FCM accepted a dry run".to_owned()),
        Err(error) if error.verdict() == Verdict::AddressDead => {
            Ok(format!("FCM accepted the credentials for project {}", sender.project))
        }
        Err(error) => Err(format!("FCM refused a dry run: {error}")),
    }
}
