import Foundation

/// A fault on this device. The network is none: see ``SyncOutcome``. No text holds a path, an address or a user.
public enum PushError: Error, Hashable, Sendable {
    /// Another process or client has this folder open. The first goes on.
    case busy
    /// The store cannot be used now: full disk, or a device not unlocked since it started. Nothing has changed.
    case storage(String)
    /// The configuration is wrong, and nothing but another one helps.
    case configuration(String)
    /// An argument is not what it should be.
    case invalidInput(String)
    /// The client was shut down.
    case closed
    /// A fault of the core or the system.
    case `internal`(String)
}

extension PushError: LocalizedError, CustomStringConvertible {
    /// For a log, in English.
    public var description: String {
        switch self {
        case .busy: "another process or client has this folder open"
        case .storage(let detail): "the store cannot be used now: \(detail)"
        case .configuration(let detail): "configuration: \(detail)"
        case .invalidInput(let detail): detail
        case .closed: "the client was shut down"
        case .internal(let detail): "internal: \(detail)"
        }
    }

    /// The same as ``description``.
    public var errorDescription: String? { description }
}
