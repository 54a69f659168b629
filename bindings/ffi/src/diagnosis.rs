//! The device doctor, as plain records.

use pushbridge_core as core;

use crate::{Permission, PushError, PushStatus, guard::guarded};

/// What the doctor found.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Diagnosis {
    /// Whether the server, by its last answer, would send to this phone for the user who is logged in.
    pub gets_push: bool,
    /// Whether notifications may be shown; none if the app has never said.
    pub permission: Option<Permission>,
    /// How long ago the address was first reported.
    pub address_age_ms: Option<i64>,
    /// How long ago the server last gave an answer that counts.
    pub last_answer_age_ms: Option<i64>,
    /// Failures in a row since then.
    pub failures: u32,
    /// Receipts that wait for a sync; none while paused.
    pub receipts_waiting: Option<u32>,
    /// The server's clock minus the phone's, at the last answer.
    pub clock_offset_ms: Option<i64>,
    /// Version of the core.
    pub core_version: String,
    /// What stands between this phone and its pushes, gravest first; empty if nothing.
    pub findings: Vec<Finding>,
    /// Everything else, kind of the address among it.
    pub status: PushStatus,
}

impl From<core::Diagnosis> for Diagnosis {
    fn from(diagnosis: core::Diagnosis) -> Self {
        Self {
            gets_push: diagnosis.gets_push,
            permission: diagnosis.permission.as_ref().and_then(Permission::known),
            address_age_ms: diagnosis.address_age_ms,
            last_answer_age_ms: diagnosis.last_answer_age_ms,
            failures: diagnosis.failures,
            receipts_waiting: diagnosis.receipts_waiting,
            clock_offset_ms: diagnosis.clock_offset_ms,
            core_version: diagnosis.core_version,
            findings: diagnosis.findings.into_iter().map(Into::into).collect(),
            status: diagnosis.status.into(),
        }
    }
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Finding {
    /// Stable code. An app treats one that it does not know as its text.
    pub code: String,
    /// More, in the protocol's words.
    pub detail: Option<String>,
    /// Whether no push for the user reaches the person while this lasts.
    pub blocks_push: bool,
    /// One sentence for a person.
    pub text: String,
}

impl From<core::Finding> for Finding {
    fn from(core::Finding { code, detail }: core::Finding) -> Self {
        Self {
            code: code.as_str().to_owned(),
            detail,
            blocks_push: code.blocks_push(),
            text: code.explain().to_owned(),
        }
    }
}

/// A code and what it means.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct FindingText {
    /// Stable code.
    pub code: String,
    /// One sentence for a person.
    pub text: String,
}

/// Every code that a diagnosis may hold, gravest first: for the tests that keep documents complete.
///
/// # Errors
/// None but [`PushError::Internal`].
#[uniffi::export]
pub fn explain_findings() -> Result<Vec<FindingText>, PushError> {
    let text = |code: &core::FindingCode| FindingText {
        code: code.as_str().to_owned(),
        text: code.explain().to_owned(),
    };
    guarded(|| Ok::<_, PushError>(core::FindingCode::ALL.iter().map(text).collect()))
}
