//! Receipts: what the phone saw of a message.

use serde::{Deserialize, Serialize};

use crate::{MessageId, Timestamp, open_enum::open_enum};

open_enum! {
    /// What happened to a message on the phone.
    ReceiptEvent {
        /// The app got it.
        Received => "received",
        /// It was shown.
        Shown => "shown",
        /// The person opened it.
        Opened => "opened",
    }
}

/// One event of one message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Receipt {
    /// The message, as `pb_msg` named it.
    pub message_id: MessageId,
    /// What happened.
    pub event: ReceiptEvent,
    /// When, by the phone's clock.
    pub at: Timestamp,
}

/// A batch of receipts. Sending one again changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptsRequest {
    /// At most 1,000.
    pub receipts: Vec<Receipt>,
}

/// Receipts of one message, counted by installation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptCounts {
    /// Installations that got it.
    pub received: u64,
    /// Installations that showed it.
    pub shown: u64,
    /// Installations where it was opened.
    pub opened: u64,
}
