import Foundation

/// Where the client stands: what an app may show and a support engineer may read. Holds no secret.
public struct PushStatus: Hashable, Sendable {
    /// This installation, by the name that the server knows.
    public var installationID: String
    /// What this device wants the server to know, as a number that grows; nil while there is nothing to tell.
    public var revision: Int64?
    /// The revision that the server acknowledged last.
    public var acknowledgedRevision: Int64?
    /// The address, if there is one.
    public var address: Address?
    /// What the server said of the address last, in the protocol's words: `live`, `contested`, …
    public var addressState: String?
    /// Who is logged in.
    public var login: Login
    /// Where the last logout stands.
    public var logout: Logout
    /// Whether the platform still owes a fresh address.
    public var isAddressReplacementPending: Bool
    /// What a sync would do now.
    public var sync: Sync
    /// When the server last gave an answer that counts.
    public var lastAnswer: Date?
    /// When the server wants to hear again even if nothing changes.
    public var refreshDue: Date?
    /// Why the store is not the one that the last process left, if so.
    public var recovery: Recovery?
    /// Whether ``PushClient/pause()`` was called.
    public var isPaused: Bool

    /// What may be shown of an address.
    public struct Address: Hashable, Sendable {
        /// Token or FID.
        public var kind: PushAddress.Kind
        /// First 8 hex digits of its SHA-256: to recognise it in the server's event log.
        public var fingerprint: String
        /// When it was first reported.
        public var since: Date?
    }

    /// Who is logged in.
    public enum Login: Hashable, Sendable {
        /// Nobody. The end is nil if it was the app's doing.
        case loggedOut(LoginEnd?)
        /// Somebody; `bound` says whether the server knows.
        case loggedIn(bound: Bool)
    }

    /// Where the last logout stands.
    public enum Logout: Hashable, Sendable {
        /// There was none.
        case none
        /// The server may still reach this device by an address of before.
        case pending
        /// The server has it. `wallClosed` says whether nothing for the person who left was on the wire any more.
        case done(wallClosed: Bool)
    }

    /// What a sync would do now.
    public enum Sync: Hashable, Sendable {
        /// Nothing.
        case upToDate
        /// Ask the server.
        case pending
        /// Wait.
        case waiting(until: Date, cause: DeferCause)
        /// Wait for the platform's fresh address.
        case awaitingAddress
        /// Wait for a proof of who is logged in.
        case needsCredentials
        /// The server refused for good.
        case rejected(code: String)
    }

    /// Why the store was made anew. The address is asked for again, and nobody is logged in.
    public enum Recovery: Hashable, Sendable {
        /// It was damaged, or gone.
        case damaged
        /// A newer version of the core wrote it.
        case newerSchema
        /// It is a copy that a backup brought to this device.
        case restored
    }
}

/// Why a login ended that the app did not end.
public enum LoginEnd: Hashable, Sendable {
    /// The server ended it for good; the reason in the protocol's words: `policy_single`, `revoked`, …
    case evicted(reason: String?)
    /// Another device used a copy of this store.
    case cloned
    /// The store was lost, or is a copy from a backup.
    case storeLost
}
