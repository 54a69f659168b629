//! A phone that reports.

use pushbridge_wire::{
    Address, AddressKind, AddressValue, InstallationId, InstallationRequest, Platform, Revision, Tags,
};

/// A phone and what it wants to be true.
#[derive(Clone)]
pub(crate) struct Phone {
    pub(crate) id: InstallationId,
    pub(crate) token: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) login: String,
    pub(crate) locale: Option<String>,
    pub(crate) timezone: Option<String>,
    pub(super) number: u8,
    pub(super) revision: u64,
}

impl Phone {
    pub(crate) fn new(number: u8, user: &str) -> Self {
        Self {
            id: InstallationId::from_random([number; 16]),
            token: Some(format!("token-{number}")),
            user: Some(user.to_owned()),
            login: format!("login-{number}"),
            locale: None,
            timezone: None,
            number,
            revision: 0,
        }
    }

    pub(super) fn request(&self) -> InstallationRequest {
        let address = |token: &String| Address {
            kind: AddressKind::FcmToken,
            value: AddressValue::try_from(token.clone()).unwrap(),
        };
        InstallationRequest {
            revision: Revision::try_from(self.revision).unwrap(),
            platform: Platform::Android,
            address: self.token.as_ref().map(address),
            user: self.user.as_ref().map(|user| user.parse().unwrap()),
            login_id: self.user.as_ref().map(|_| self.login.parse().unwrap()),
            permission: None,
            app_version: None,
            os_version: None,
            locale: self.locale.clone(),
            timezone: self.timezone.clone(),
            tags: Tags::default(),
        }
    }
}
