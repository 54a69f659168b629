//! The backend's side: a message, its deliveries and their states.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Address, AddressKind, InstallationId, LocalTime, MessageId, Platform, ReceiptCounts, TemplateId,
    Timestamp, UserId, open_enum::open_enum,
};

/// Whom a message is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// Every installation bound to the user.
    User(UserId),
    /// Every installation of each of the users.
    Users(Vec<UserTarget>),
    /// One installation, whoever is logged in.
    Installation(InstallationId),
    /// A bare address that the registry need not know.
    Address(Address),
    /// An FCM topic, without `/topics/`.
    Topic(String),
    /// An FCM condition over topics.
    Condition(String),
    /// Installations by their attributes.
    Segment(Segment),
    /// Every installation of the app; the value is always `true`.
    Everyone(bool),
}

/// A user of a list, with parameters of his own for the template where given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum UserTarget {
    /// Only the user.
    Id(UserId),
    /// The user and what the template says to him.
    WithParams {
        /// The user.
        id: UserId,
        /// Parameters of the template.
        params: Map<String, Value>,
    },
}

/// Installations by attributes: all that are given must match; of a list, one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Segment {
    /// Any of these platforms.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub platform: Vec<Platform>,
    /// Any of these locales; `ru` matches `ru-RU`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locale: Vec<String>,
    /// A comparison such as `>=2.1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// Any of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// A template stored on the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateRef {
    /// Its id.
    pub id: TemplateId,
    /// Its parameters.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub params: Map<String, Value>,
}

open_enum! {
    /// How urgent a message is. A lane never waits for a slower one.
    Lane {
        /// First, always.
        Urgent => "urgent",
        /// The default.
        Normal => "normal",
        /// What is left.
        Bulk => "bulk",
    }
}

/// What the backend asks for once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageRequest {
    /// Whom it is for.
    pub to: To,
    /// The FCM v1 Message without its target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Map<String, Value>>,
    /// A template of the server instead of `message`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateRef>,
    /// Not before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Timestamp>,
    /// Not before this time of each installation's own zone; instead of `send_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at_local: Option<LocalTime>,
    /// No attempt after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// How urgent; `normal` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// FCM checks everything and delivers nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub validate_only: bool,
}

/// 202: the message and its deliveries are on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageAccepted {
    /// The message.
    pub message_id: MessageId,
    /// How many deliveries it has so far. A large audience is turned into deliveries afterwards, as is one that is
    /// looked up only when its time comes: the message's status has the number then.
    pub deliveries: u64,
}

open_enum! {
    /// Where a message stands.
    MessageState {
        /// Waits for `send_at`.
        Scheduled => "scheduled",
        /// Its audience is being turned into deliveries.
        Expanding => "expanding",
        /// Some delivery is not final.
        Sending => "sending",
        /// Every delivery is final.
        Done => "done",
        /// Cancelled by the backend.
        Cancelled => "cancelled",
    }
}

open_enum! {
    /// Where a delivery stands.
    DeliveryState {
        /// Waits for its time.
        Pending => "pending",
        /// A sender has it.
        Leased => "leased",
        /// FCM took it at least once. That is not delivery to the phone.
        Sent => "sent",
        /// FCM refused it for good; `reason` says why.
        Failed => "failed",
        /// Its time passed.
        Expired => "expired",
        /// It must not be sent any more; `reason` says why.
        Cancelled => "cancelled",
    }
}

/// Deliveries of a message by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryCounts {
    /// Waiting.
    pub pending: u64,
    /// With a sender.
    pub leased: u64,
    /// Taken by FCM.
    pub sent: u64,
    /// Refused for good.
    pub failed: u64,
    /// Too late.
    pub expired: u64,
    /// Not to be sent any more.
    pub cancelled: u64,
}

/// Where a message stands, with its counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageStatus {
    /// The message.
    pub message_id: MessageId,
    /// Where it stands.
    pub state: MessageState,
    /// How many deliveries it has, so far while it is `scheduled` or `expanding`.
    pub deliveries: u64,
    /// Them by state.
    pub counts: DeliveryCounts,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// Not before. With `send_at_local`: when its first zone's time comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Timestamp>,
    /// Not before this time of each installation's own zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at_local: Option<LocalTime>,
    /// No attempt after.
    pub expires_at: Timestamp,
    /// When the last of its deliveries had ended. It is forgotten some time after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// How urgent.
    pub lane: Lane,
    /// What the phones saw of it.
    #[serde(default)]
    pub receipts: ReceiptCounts,
}

/// One delivery, without its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryView {
    /// Its number, which only grows.
    pub delivery_id: u64,
    /// The installation, unless it goes to a bare address, a topic or a condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installation: Option<InstallationId>,
    /// The user, where the message is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Where it stands.
    pub state: DeliveryState,
    /// Why it ended so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Calls to FCM so far.
    pub attempts: u32,
    /// Kind of the address that the last attempt went to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_kind: Option<AddressKind>,
    /// FCM's name of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fcm_name: Option<String>,
    /// When the next attempt is due, while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A page of deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryPage {
    /// In the order of their numbers.
    pub deliveries: Vec<DeliveryView>,
    /// Give it as `cursor` for the next page; none on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
