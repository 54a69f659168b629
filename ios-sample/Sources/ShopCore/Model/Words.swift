// Pushbridge's states as the screen says them.

import Pushbridge

extension PushStatus {
    public var syncWords: String {
        switch sync {
        case .upToDate: "The server knows everything"
        case .pending: "Telling the server…"
        case .waiting(_, .offline): "No network; it will be told later"
        case .waiting: "The server does not answer; it will be told later"
        case .awaitingAddress: "Waiting for a fresh address"
        case .needsCredentials: "Log in again to get your messages"
        case .rejected(let code): "The server refused: \(code)"
        }
    }

    /// Nil while there is nothing to say about a logout.
    public var logoutWords: String? {
        switch logout {
        case .none: nil
        case .pending: "Logged out here; the server hears of it later"
        case .done(wallClosed: true): "Logged out; nothing is on its way here any more"
        case .done(wallClosed: false): "Logged out; one last message may have been on its way"
        }
    }
}

extension LoginEnd {
    public var words: String {
        switch self {
        case .evicted(reason: "policy_single"): "You logged in on another phone"
        case .evicted: "Your login was ended"
        case .cloned: "Another device uses a copy of this app's data"
        case .storeLost: "This app's data was lost"
        }
    }
}

extension PushAddress.Kind {
    public var words: String {
        switch self {
        case .fcmToken: "FCM token"
        case .fcmFID: "Firebase installation ID"
        }
    }
}
