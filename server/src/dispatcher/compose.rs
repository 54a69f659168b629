//! What goes to FCM: the kept message with the server's own keys, or one of the server's own data messages.

use std::collections::BTreeMap;

use bytes::Bytes;
use pushbridge_fcm::{Message, PreparedRequest, SendError, request_body, stamp};
use pushbridge_wire::{AppId, LoginId};
use serde_json::json;

use crate::{
    outbox::{Claim, Content, OutgoingMessage, Payload},
    template::Unfilled,
};

/// Why what was kept cannot be sent. serde's text may quote the message, so nothing is said.
#[derive(Debug)]
pub(super) struct Unreadable;

impl From<serde_json::Error> for Unreadable {
    fn from(_: serde_json::Error) -> Self {
        Self
    }
}

impl From<Unfilled> for Unreadable {
    fn from(_: Unfilled) -> Self {
        Self
    }
}

impl From<SendError> for Unreadable {
    fn from(_: SendError) -> Self {
        Self
    }
}

/// Composes the request of `claim`. A message to many is written once, with a blank for the login.
///
/// # Errors
/// Where what was kept is not a message of this version.
pub(super) fn compose(claim: &Claim, app: &AppId) -> Result<Bytes, Unreadable> {
    match &claim.content {
        Content::Message { message, login } => {
            let login = login.as_ref().map(LoginId::as_str);
            Ok(prepared(message, app, login.is_some())?.body_for(&claim.target, login.unwrap_or_default()))
        }
        Content::System { data } => {
            let mut message = system_message(data, claim)?;
            stamp(&mut message, &BTreeMap::from([app_key(app)]));
            Ok(request_body(&claim.target, &message, false)?)
        }
    }
}

/// The request of `message` to everybody, written by whoever comes first.
fn prepared<'a>(
    message: &'a OutgoingMessage,
    app: &AppId,
    with_login: bool,
) -> Result<&'a PreparedRequest, Unreadable> {
    let place = &message.prepared[usize::from(with_login)];
    if let Some(prepared) = place.get() {
        return Ok(prepared);
    }
    let prepared = prepare(message, app, with_login)?;
    Ok(place.get_or_init(|| prepared))
}

fn prepare(outgoing: &OutgoingMessage, app: &AppId, with_login: bool) -> Result<PreparedRequest, Unreadable> {
    let mut message: Message = match &outgoing.payload {
        Payload::Message(json) => serde_json::from_str(json)?,
        Payload::Template(variant) => variant.message()?,
    };
    stamp(&mut message, &BTreeMap::from([app_key(app), key("pb_msg", outgoing.id.as_str())]));
    let blank = if with_login { Some(absent_text(&message)?) } else { None };
    if let Some(blank) = &blank {
        stamp(&mut message, &BTreeMap::from([key("pb_login", blank)]));
    }
    Ok(PreparedRequest::new(&message, outgoing.validate_only, blank.as_deref())?)
}

/// A text that does not occur in `message`, to stand where the login will.
fn absent_text(message: &Message) -> Result<String, Unreadable> {
    let text = serde_json::to_string(message)?;
    let mut number = 0_u64;
    loop {
        let blank = format!("pb-blank-{number}-");
        if !text.contains(&blank) {
            return Ok(blank);
        }
        number += 1;
    }
}

fn app_key(app: &AppId) -> (String, String) {
    key("pb_app", app.as_str())
}

fn key(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// A data message that wakes the app and shows nothing. A newer one of the same kind replaces it, and one that comes
/// after its time is of no use.
fn system_message(data: &str, claim: &Claim) -> Result<Message, serde_json::Error> {
    let data: BTreeMap<String, String> = serde_json::from_str(data)?;
    let kind = if data.contains_key("pb_challenge") { "pb_challenge" } else { "pb_sync" };
    let expires_s = claim.expires.as_ms() / 1_000;
    let life_s = claim.expires.since(claim.first_attempt).as_secs();
    serde_json::from_value(json!({
        "data": data,
        "android": {"priority": "high", "collapse_key": kind, "ttl": format!("{life_s}s")},
        // What Apple asks of a message that only wakes the app.
        "apns": {
            "headers": {
                "apns-push-type": "background",
                "apns-priority": "5",
                "apns-collapse-id": kind,
                "apns-expiration": expires_s.to_string(),
            },
            "payload": {"aps": {"content-available": 1}},
        },
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pushbridge_fcm::{Target, validate::reserved_bytes};
    use pushbridge_wire::Timestamp;
    use serde_json::Value;

    use super::*;
    use crate::{
        outbox::{Concerns, DeliveryNo, Lease, OutgoingMessage, WorkerId},
        store::AppNo,
    };

    fn claim(content: Content) -> Claim {
        let now = Timestamp::from_ms(1_000_000);
        Claim {
            lease: Lease {
                delivery: DeliveryNo(1),
                owner: WorkerId::new(1, now),
                attempt: 1,
                until: now,
                concerns: Concerns { app: AppNo(1), message: None, address: None },
            },
            app: AppNo(1),
            target: Target::Token("token".to_owned()),
            content,
            generation: Some(1),
            first_attempt: now,
            expires: Timestamp::from_ms(1_600_000),
        }
    }

    fn composed(content: Content) -> Value {
        let body = compose(&claim(content), &"shop".parse().unwrap()).unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()["message"].take()
    }

    fn outgoing(payload: &str) -> Arc<OutgoingMessage> {
        let (id, payload) = ("msg_1".parse().unwrap(), Payload::Message(payload.to_owned()));
        Arc::new(OutgoingMessage { id, payload, validate_only: false, prepared: Default::default() })
    }

    #[test]
    fn the_reserved_keys_are_written_wherever_a_platform_looks() {
        let message = outgoing(r#"{"data":{"a":"1"},"android":{"data":{"b":"2"}}}"#);
        let sent = composed(Content::Message { message, login: Some("login-1".parse().unwrap()) });
        let own = json!({"pb_app": "shop", "pb_msg": "msg_1", "pb_login": "login-1"});
        for (place, key) in [("/data", "a"), ("/android/data", "b")] {
            let mut data = sent.pointer(place).unwrap().as_object().unwrap().clone();
            assert!(data.remove(key).is_some(), "{place}");
            assert_eq!(Value::Object(data), own, "{place}");
        }
    }

    /// The text that stands for the login is none that the backend wrote.
    #[test]
    fn a_message_goes_to_each_with_his_own_login() {
        let message = outgoing(r#"{"data":{"a":"pb-blank-0-","b":"pb-blank-1-"}}"#);
        for login in ["login-1", "login-2"] {
            let login = Some(login.parse().unwrap());
            let sent = composed(Content::Message { message: message.clone(), login: login.clone() });
            assert_eq!(sent["token"], "token");
            assert_eq!(
                sent["data"],
                json!({"a": "pb-blank-0-", "b": "pb-blank-1-", "pb_app": "shop", "pb_msg": "msg_1", "pb_login": login})
            );
        }
        let sent = composed(Content::Message { message, login: None });
        assert_eq!(sent["data"].get("pb_login"), None);
    }

    #[test]
    fn a_message_that_is_for_nobody_in_particular_has_no_login() {
        let message = outgoing(r#"{"notification":{"title":"hello"}}"#);
        let sent = composed(Content::Message { message, login: None });
        assert_eq!(sent["data"], json!({"pb_app": "shop", "pb_msg": "msg_1"}));
    }

    #[test]
    fn the_servers_own_messages_wake_the_app_and_collapse() {
        let data = r#"{"pb_challenge":"nonce","pb_installation":"i"}"#.to_owned();
        let sent = composed(Content::System { data });
        assert_eq!(sent["data"], json!({"pb_app": "shop", "pb_challenge": "nonce", "pb_installation": "i"}));
        assert_eq!(sent.pointer("/android/collapse_key"), Some(&json!("pb_challenge")));
        assert_eq!(sent.pointer("/android/ttl"), Some(&json!("600s")));
        assert_eq!(sent.pointer("/apns/payload/aps/content-available"), Some(&json!(1)));
        assert_eq!(sent.pointer("/apns/headers/apns-expiration"), Some(&json!("1600")));
        assert_eq!(
            composed(Content::System { data: r#"{"pb_sync":"1"}"#.to_owned() })["android"]["collapse_key"],
            "pb_sync"
        );
    }

    #[test]
    fn what_is_no_message_is_not_sent() {
        let content = Content::Message { message: outgoing(r#"{"unknown":1}"#), login: None };
        assert!(compose(&claim(content), &"shop".parse().unwrap()).is_err());
    }

    #[test]
    fn the_stamped_keys_are_those_that_intake_leaves_room_for() {
        let login = "x".repeat(pushbridge_wire::limits::LOGIN_ID_BYTES);
        let content = Content::Message { message: outgoing("{}"), login: Some(login.parse().unwrap()) };
        let data = serde_json::from_value(composed(content)["data"].take()).unwrap();
        let stamped = reserved_bytes(&data);
        assert_eq!(stamped, "pb_app".len() + 4 + "pb_msg".len() + 5 + "pb_login".len() + 64);
    }
}
