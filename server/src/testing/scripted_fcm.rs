//! An FCM that answers what the test says.

use std::time::Duration;

use bytes::Bytes;
use pushbridge_fcm::{Message, SendError, Target, ThrottleScope, error::AnswerDetail};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::dispatcher::{FcmSender, SendFuture};

/// An FCM whose every answer is given by the test.
pub(super) struct ScriptedFcm(pub(super) mpsc::UnboundedSender<Call>);

/// A call that waits for its answer.
pub(crate) struct Call {
    pub(crate) target: Target,
    pub(crate) message: Message,
    pub(crate) validate_only: bool,
    answer: oneshot::Sender<Result<String, SendError>>,
}

impl Call {
    pub(crate) fn answer(self, result: Result<String, SendError>) {
        let _ = self.answer.send(result);
    }

    pub(crate) fn accept(self) {
        self.answer(Ok("projects/demo/messages/1".to_owned()));
    }
}

impl FcmSender for ScriptedFcm {
    fn send<'a>(&'a self, target: &'a Target, body: Bytes) -> SendFuture<'a> {
        Box::pin(async move {
            let (answer, waits) = oneshot::channel();
            let mut request: Value = serde_json::from_slice(&body).expect("a request is JSON");
            let validate_only = request["validate_only"] == true;
            let message = request["message"].as_object_mut().expect("with a message");
            message.retain(|field, _| !matches!(field.as_str(), "token" | "fid" | "topic" | "condition"));
            let message = serde_json::from_value(request["message"].take()).expect("of FCM's form");
            let call = Call { target: target.clone(), message, validate_only, answer };
            self.0.send(call).unwrap_or_else(|_| panic!("the test has ended"));
            // A call that the test drops is one that FCM never answers.
            match waits.await {
                Ok(result) => result,
                Err(_) => std::future::pending().await,
            }
        })
    }
}

fn detail(http_status: u16) -> AnswerDetail {
    AnswerDetail { http_status, message: "scripted".to_owned(), reason: None }
}

pub(crate) fn unregistered() -> SendError {
    SendError::Unregistered(detail(404))
}

pub(crate) fn unavailable() -> SendError {
    SendError::Unavailable { after: None, detail: detail(503) }
}

pub(crate) fn throttled(scope: ThrottleScope, after: Option<Duration>) -> SendError {
    SendError::QuotaExceeded { scope, after, detail: detail(429) }
}
