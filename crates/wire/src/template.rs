//! Templates: FCM messages whose texts are filled when they are sent, in the language of each phone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{TemplateId, Timestamp};

/// A template with its variants. Every text in them is filled with a message's parameters; keys are not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateRequest {
    /// The FCM v1 Message, without its target, for whoever has no variant of his own.
    pub default: Map<String, Value>,
    /// The message for phones of a locale: `ru` serves `ru-RU` too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub locales: BTreeMap<String, Map<String, Value>>,
}

/// A version of a template, without its variants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateInfo {
    /// The template.
    pub id: TemplateId,
    /// Grows with every change; what is saved again unchanged keeps it.
    pub version: u64,
    /// When this version was saved.
    pub created_at: Timestamp,
}

/// A version of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemplateVersion {
    /// Which.
    #[serde(flatten)]
    pub info: TemplateInfo,
    /// As it was saved.
    pub template: TemplateRequest,
}

/// Every template of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateList {
    /// Their newest versions, by id.
    pub templates: Vec<TemplateInfo>,
}

/// Asks what a phone would get.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TemplatePreviewRequest {
    /// The phone's locale, such as `ru-RU`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The parameters.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub params: Map<String, Value>,
}

/// What a phone would get.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemplatePreview {
    /// Of which version.
    pub version: u64,
    /// The variant that was chosen: a key of `locales`, or `default`.
    pub variant: String,
    /// The FCM message.
    pub message: Map<String, Value>,
}
