//! What a rule does to a send, checked and ready to be played many times. Next: `send::outcome`.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};

use crate::google::GoogleError;

pub(crate) struct Plan {
    pub(crate) latency: Duration,
    pub(crate) trouble: Trouble,
}

pub(crate) enum Trouble {
    /// A delay only: the send is handled as usual.
    None,
    Refuse(Box<GoogleError>),
    Html {
        status: StatusCode,
        retry_after: Option<HeaderValue>,
    },
    Hang,
    CutBefore,
    CutAfter,
    Goaway,
    RefusedStream,
}
