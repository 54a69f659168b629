//! The `webpush` block.

use super::{Data, FreeForm, macros::proto_message};

proto_message! {
    /// How the message behaves in browsers.
    #[derive(PartialEq)]
    pub struct WebpushConfig {
        /// Request headers of Web Push: `TTL`, `Urgency`, `Topic`.
        headers: Data,
        /// Replaces [`Message::data`](super::Message::data).
        data: Data,
        /// The browser's own notification options.
        notification: FreeForm,
        /// Options of this platform.
        fcm_options | "fcmOptions": WebpushFcmOptions,
    }
}

proto_message! {
    /// Options of browsers.
    #[derive(PartialEq, Eq)]
    pub struct WebpushFcmOptions {
        /// Opened by a click; `https` only.
        link: String,
        /// Groups messages in FCM's reports.
        analytics_label | "analyticsLabel": String,
    }
}
