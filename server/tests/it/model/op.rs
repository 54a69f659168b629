//! What may happen. A step that is not possible where it comes does nothing, so that any step may be left out of a list.

use super::random::Random;

/// One step. `u8`s choose among what there is, modulo its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    // A person.
    Login(u8, u8),
    Logout(u8),
    // The platform: with `true`, `onNewToken` is heard; the value is kept; the app was installed anew. `Dialect`: an
    // update that speaks of FIDs instead of tokens, or the other way round.
    Rotate(u8, bool),
    Expire(u8),
    Dialect(u8),
    Pull(u8),
    Report(u8, u8),
    ResetPlatform(u8, bool),
    // The phone: with `true`, the marker is copied too.
    Crash(u8),
    BackUp(u8),
    Restore(u8, u8, bool),
    LoseStore(u8, bool),
    PhoneClock(u8, u8),
    LoseProof(u8),
    // The network.
    Ask(u8),
    Deliver(u8),
    DeliverCopy(u8),
    Lose(u8),
    GiveUp(u8),
    Hear(u8),
    // The back end, the operator, FCM, an attacker.
    Send(u8),
    Revoke(u8),
    Policy(u8, bool),
    RestartServer,
    Snapshot,
    RestoreServer,
    FallSilent,
    Hold,
    HoldDeath(u8, u8),
    LetGo,
    Fail,
    Attack(u8),
    Pry(u8),
    Pass(u8),
}

impl Op {
    /// The steps of a world. How often something else than progress happens differs from world to world.
    pub(super) fn list(random: &mut Random) -> Vec<Self> {
        let (length, calm) = (40 + random.below(41), 30 + random.below(56));
        let mut list = Vec::new();
        while list.len() < length {
            let op = if random.below(100) < calm { Self::progress(random) } else { Self::event(random) };
            list.push(op);
            // A hold without a send right after it strikes some other one, or none; a restored server is at its most
            // forgetful before any phone has reported.
            if matches!(op, Self::Hold | Self::HoldDeath(..) | Self::RestoreServer) {
                list.push(Self::Send(random.byte()));
            }
        }
        list
    }

    /// What goes on by itself.
    fn progress(random: &mut Random) -> Self {
        let (one, other) = (random.byte(), random.byte());
        match random.below(20) {
            0..5 => Self::Ask(one),
            5..13 => Self::Deliver(one),
            13..15 => Self::Report(one, other),
            15..17 => Self::ResetPlatform(one, other < 64),
            17 => Self::LetGo,
            _ => Self::Hear(one),
        }
    }

    /// What somebody does.
    fn event(random: &mut Random) -> Self {
        let (one, other, coin) = (random.byte(), random.byte(), random.coin());
        match random.below(45) {
            0..7 => Self::Login(one, other),
            7..11 => Self::Logout(one),
            11..16 => Self::Send(one),
            17 => Self::Rotate(one, coin),
            18 => Self::Expire(one),
            19 | 20 => Self::Pull(one),
            21 => Self::Crash(one),
            22 => Self::BackUp(one),
            23 => Self::Restore(one, other, coin),
            24 => Self::LoseStore(one, coin),
            25 => Self::PhoneClock(one, other),
            26 => Self::LoseProof(one),
            27 => Self::DeliverCopy(one),
            28 => Self::Lose(one),
            29 => Self::GiveUp(one),
            30 => Self::Revoke(one),
            31 => Self::Policy(one, coin),
            32 if coin => Self::RestartServer,
            32 | 33 | 16 => Self::Hold,
            34 => Self::HoldDeath(one, other),
            35 => Self::Fail,
            36 | 37 => Self::Attack(one),
            38 => Self::Pry(one),
            39 => Self::Dialect(one),
            40 | 41 => Self::Snapshot,
            42 | 43 => Self::RestoreServer,
            44 if one < 64 => Self::FallSilent,
            _ => Self::Pass(one),
        }
    }
}
