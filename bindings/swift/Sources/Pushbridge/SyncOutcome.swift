import Foundation

/// Why a sync is asked for.
public enum SyncReason: Hashable, Sendable {
    /// The process started.
    case start
    /// Something changed.
    case change
    /// The turn of a scheduler, such as a background task.
    case scheduled
    /// The app came to the foreground. Ends a wait that only the network caused.
    case foreground
    /// The network is back. Ends a wait that only the network caused.
    case networkBack
}

/// How a sync ended. Being offline is an outcome, not an error: a scheduler maps it to done, later or never.
public enum SyncOutcome: Hashable, Sendable {
    /// There was nothing to tell.
    case upToDate
    /// The server has everything, up to this revision.
    case delivered(revision: Int64)
    /// Later: not before this many seconds.
    case deferred(retryAfter: TimeInterval, cause: DeferCause)
    /// The server has everything but the user: it wants a proof that ``PushCredentials`` did not give.
    case needsCredentials
    /// Nothing is sent before the platform named a fresh address.
    case awaitingAddress
    /// The server refused for good. A change, or a day, tries again.
    case rejected(code: String)
    /// The client is paused.
    case paused
}

/// Why a sync waits.
public enum DeferCause: Hashable, Sendable {
    /// No connection, or it broke.
    case offline
    /// A request took too long.
    case timeout
    /// The server's certificate was not accepted: often a wrong clock, or a captive portal.
    case certificate
    /// Something else answered: a captive portal, a proxy, a redirect.
    case notTheServer
    /// The server asked to wait, or failed.
    case server
    /// The caller's time was over first; what is under way goes on.
    case deadline
    /// The state kept changing, or the server kept asking.
    case unsettled
}
