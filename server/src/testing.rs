//! What the tests of the sending half share: apps on a store in a temporary folder, phones that report, and an FCM that
//! answers what the test says.

use std::{path::Path, sync::Arc, time::Duration};

use pushbridge_fcm::{Message, SendError, Target, error::AnswerDetail};
use pushbridge_wire::{
    Address, AddressKind, AddressValue, IdentityMode, InstallationId, InstallationRequest, MessageAccepted,
    MessageStatus, Platform, PolicyConfig, PolicyMode, Revision, Tags, Timestamp,
};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

use crate::{
    app::App,
    clock::Clock,
    config::Config,
    dispatcher::{FcmSender, SendFuture, Sender},
    intake::{IntakeError, accept_message},
    outbox::{Claim, Lease, Outcome, Settled, Settlement, WorkerId},
    feedback::Finding,
    registry::{Nonce, UserProof},
    store::{AppRow, ClaimBatch, ClaimRequest, InstallationNo, NewApp, PutAnswer, PutRequest, StoreError},
};

pub(crate) const START: Timestamp = {
    // 2026-11-24T08:00:00Z, as a constant.
    Timestamp::EPOCH_OF_TESTS
};
