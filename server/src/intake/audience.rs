//! Whom a message is for: what the backend wrote, checked.

use std::collections::HashSet;

use pushbridge_fcm::{TopicName, check_condition};
use pushbridge_wire::{Address, AddressKind, InstallationId, To, UserId, UserTarget, limits};

use super::{IntakeError, SegmentRule};

/// Ours: five topics of the longest name and what stands between them.
const CONDITION_BYTES: usize = 5_000;

/// Whom a message is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Every installation bound to one of these users.
    Users(Vec<UserId>),
    /// One installation, whoever is logged in.
    Installation(InstallationId),
    /// A bare address.
    Address(Address),
    /// Who subscribed to the topic.
    Topic(String),
    /// Whom the expression over topics selects.
    Condition(String),
    /// Every installation of the app that the rule matches, whoever is logged in.
    Segment(SegmentRule),
    /// Every installation of the app, whoever is logged in.
    Everyone,
}

impl Audience {
    /// Checks what the backend wrote.
    ///
    /// # Errors
    /// The field that is wrong.
    pub(crate) fn read(to: &To) -> Result<Self, IntakeError> {
        match to {
            To::User(user) => Ok(Self::Users(vec![user.clone()])),
            To::Users(targets) => read_users(targets),
            To::Installation(id) => Ok(Self::Installation(*id)),
            To::Address(address) => read_address(address),
            To::Topic(topic) => read_topic(topic),
            To::Condition(condition) => read_condition(condition),
            To::Segment(segment) => SegmentRule::read(segment).map(Self::Segment),
            To::Everyone(true) => Ok(Self::Everyone),
            To::Everyone(false) => {
                Err(IntakeError::field("to.everyone", "is true, or another target is named"))
            }
        }
    }

    /// Whether its deliveries are for a login.
    pub(super) fn is_personal(&self) -> bool {
        matches!(self, Self::Users(_))
    }

    /// Whether its deliveries go to installations, of which a time zone is known.
    pub(super) fn has_zones(&self) -> bool {
        match self {
            Self::Users(_) | Self::Installation(_) | Self::Segment(_) | Self::Everyone => true,
            Self::Address(_) | Self::Topic(_) | Self::Condition(_) => false,
        }
    }

    /// Whether it is looked up when its time comes, not when it is accepted: the backend names nobody.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Segment(_) | Self::Everyone)
    }
}

fn read_users(targets: &[UserTarget]) -> Result<Audience, IntakeError> {
    if targets.is_empty() || targets.len() > limits::USERS_PER_MESSAGE {
        let detail = format!("1 to {} users in one message", limits::USERS_PER_MESSAGE);
        return Err(IntakeError::field("to.users", detail));
    }
    let mut seen = HashSet::new();
    let mut users = Vec::with_capacity(targets.len());
    for target in targets {
        let user = match target {
            UserTarget::Id(user) => user,
            // His parameters concern the template, not whom it is for.
            UserTarget::WithParams { id, .. } => id,
        };
        // Who is named twice gets one.
        if seen.insert(user) {
            users.push(user.clone());
        }
    }
    Ok(Audience::Users(users))
}

fn read_address(address: &Address) -> Result<Audience, IntakeError> {
    match &address.kind {
        AddressKind::FcmToken | AddressKind::FcmFid => Ok(Audience::Address(address.clone())),
        AddressKind::WebPush => Err(IntakeError::field("to.address.kind", "is not supported yet")),
        AddressKind::Other(_) => Err(IntakeError::field("to.address.kind", "expected fcm_token or fcm_fid")),
    }
}

fn read_topic(topic: &str) -> Result<Audience, IntakeError> {
    let topic =
        TopicName::try_from(topic).map_err(|wrong| IntakeError::field("to.topic", wrong.to_string()))?;
    Ok(Audience::Topic(topic.to_string()))
}

fn read_condition(condition: &str) -> Result<Audience, IntakeError> {
    if condition.len() > CONDITION_BYTES {
        let detail = "a condition names at most 5 topics, in at most 5,000 characters";
        return Err(IntakeError::field("to.condition", detail));
    }
    check_condition(condition).map_err(|wrong| IntakeError::field("to.condition", wrong.to_string()))?;
    Ok(Audience::Condition(condition.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(to: &str) -> Result<Audience, String> {
        Audience::read(&serde_json::from_str(to).unwrap()).map_err(|error| match error {
            IntakeError::Field { field, .. } => field,
            other => other.to_string(),
        })
    }

    #[test]
    fn whom_a_message_is_for_is_checked() {
        let users = Audience::Users(vec!["a".parse().unwrap(), "b".parse().unwrap()]);
        assert_eq!(read(r#"{"users":["a","b","a"]}"#), Ok(users.clone()));
        assert_eq!(read(r#"{"users":["a",{"id":"b","params":{"n":1}}]}"#), Ok(users));
        assert_eq!(read(r#"{"everyone":true}"#), Ok(Audience::Everyone));
        assert!(matches!(read(r#"{"segment":{"platform":["ios"]}}"#), Ok(Audience::Segment(_))));
        assert_eq!(read(r#"{"topic":"news"}"#), Ok(Audience::Topic("news".to_owned())));
        assert!(read(r#"{"condition":"'a' in topics || 'b' in topics"}"#).is_ok());
        assert!(read(r#"{"address":{"kind":"fcm_fid","value":"x"}}"#).is_ok());
    }

    #[test]
    fn what_cannot_be_sent_to_is_refused_by_its_field() {
        let six = ["'a' in topics"; 6].join(" || ");
        for (to, field) in [
            (r#"{"segment":{}}"#.to_owned(), "to.segment"),
            (r#"{"everyone":false}"#.to_owned(), "to.everyone"),
            (r#"{"users":[]}"#.to_owned(), "to.users"),
            (r#"{"address":{"kind":"web_push","value":"x"}}"#.to_owned(), "to.address.kind"),
            (r#"{"address":{"kind":"pigeon","value":"x"}}"#.to_owned(), "to.address.kind"),
            (r#"{"topic":"/topics/news"}"#.to_owned(), "to.topic"),
            (r#"{"topic":""}"#.to_owned(), "to.topic"),
            (r#"{"condition":"news"}"#.to_owned(), "to.condition"),
            (r#"{"condition":"'a' in topics and 'b' in topics"}"#.to_owned(), "to.condition"),
            (format!(r#"{{"condition":"'a' in topics{}"}}"#, " ".repeat(5_000)), "to.condition"),
            (format!(r#"{{"condition":"{six}"}}"#), "to.condition"),
        ] {
            assert_eq!(read(&to), Err(field.to_owned()), "{to}");
        }
    }
}
