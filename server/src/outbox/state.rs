//! The states of a delivery and the only ways between them.

use pushbridge_wire::DeliveryState as WireState;

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// Waits for its time.
    Pending,
    /// A worker has it; an attempt may be on the wire.
    Leased,
    /// FCM took it at least once.
    Sent,
    /// Refused for good, or tried for as long as is sensible.
    Failed,
    /// Its time passed.
    Expired,
    /// It must not be sent any more.
    Cancelled,
}

/// What happens to a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transition {
    /// A worker takes it.
    Claim,
    /// Its worker did not settle in time.
    EndLease,
    /// FCM took it.
    Send,
    /// It is tried again later.
    Park,
    /// It is given up.
    Fail,
    /// Its time passed.
    Expire,
    /// It must not be sent any more.
    Cancel,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Leased, Self::Sent, Self::Failed, Self::Expired, Self::Cancelled];

    /// The state after `transition`; none where that must not happen. A final state is never left.
    #[must_use]
    pub fn after(self, transition: Transition) -> Option<Self> {
        match (self, transition) {
            (Self::Pending, Transition::Claim) => Some(Self::Leased),
            (Self::Leased, Transition::EndLease | Transition::Park) => Some(Self::Pending),
            (Self::Leased, Transition::Send) => Some(Self::Sent),
            (Self::Leased, Transition::Fail) => Some(Self::Failed),
            (Self::Pending | Self::Leased, Transition::Expire) => Some(Self::Expired),
            (Self::Pending | Self::Leased, Transition::Cancel) => Some(Self::Cancelled),
            _ => None,
        }
    }

    /// Whether nothing can follow.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Leased)
    }

    /// As it stands in the store and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Leased => "leased",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl From<DeliveryState> for WireState {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Pending => Self::Pending,
            DeliveryState::Leased => Self::Leased,
            DeliveryState::Sent => Self::Sent,
            DeliveryState::Failed => Self::Failed,
            DeliveryState::Expired => Self::Expired,
            DeliveryState::Cancelled => Self::Cancelled,
        }
    }
}

/// Why the outbox itself cancels a delivery. The registry has reasons of its own, such as `logout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelReason {
    /// The backend cancelled the message.
    MessageCancelled,
    /// The installation does not exist any more.
    InstallationGone,
    /// The installation has no address that pushes go to.
    NoLiveAddress,
    /// The user that it is for is not bound any more in the epoch that it was made for.
    Unbound,
    /// Its row is damaged.
    Unreadable,
}

impl CancelReason {
    /// As it stands in the store and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MessageCancelled => "message_cancelled",
            Self::InstallationGone => "installation_gone",
            Self::NoLiveAddress => "no_live_address",
            Self::Unbound => "unbound",
            Self::Unreadable => "unreadable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Transition::{Cancel, Claim, EndLease, Expire, Fail, Park, Send};

    const TRANSITIONS: [Transition; 7] = [Claim, EndLease, Send, Park, Fail, Expire, Cancel];

    #[test]
    fn every_pair_of_state_and_transition_is_as_the_table_says() {
        let table = [
            (DeliveryState::Pending, Claim, DeliveryState::Leased),
            (DeliveryState::Pending, Expire, DeliveryState::Expired),
            (DeliveryState::Pending, Cancel, DeliveryState::Cancelled),
            (DeliveryState::Leased, EndLease, DeliveryState::Pending),
            (DeliveryState::Leased, Park, DeliveryState::Pending),
            (DeliveryState::Leased, Send, DeliveryState::Sent),
            (DeliveryState::Leased, Fail, DeliveryState::Failed),
            (DeliveryState::Leased, Expire, DeliveryState::Expired),
            (DeliveryState::Leased, Cancel, DeliveryState::Cancelled),
        ];
        for state in DeliveryState::ALL {
            for transition in TRANSITIONS {
                let row = table.iter().find(|(from, by, _)| (*from, *by) == (state, transition));
                assert_eq!(state.after(transition), row.map(|(_, _, to)| *to), "{state:?} {transition:?}");
            }
        }
    }

    /// I5: a delivery ends in exactly one final state.
    #[test]
    fn a_final_state_is_never_left() {
        for state in DeliveryState::ALL.into_iter().filter(|state| state.is_final()) {
            assert!(TRANSITIONS.into_iter().all(|transition| state.after(transition).is_none()), "{state:?}");
        }
    }

    #[test]
    fn every_state_has_one_name_here_in_the_store_and_in_json() {
        for state in DeliveryState::ALL {
            assert_eq!(DeliveryState::parse(state.as_str()), Some(state));
            assert_eq!(WireState::from(state).as_str(), state.as_str());
        }
    }
}
