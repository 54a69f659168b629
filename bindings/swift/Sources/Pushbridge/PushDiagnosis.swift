import Foundation

/// What stands between this device and its pushes, for a support page.
public struct PushDiagnosis: Hashable, Sendable {
    /// Whether the server, by its last answer, would send to this device for the person who is logged in.
    public var getsPush: Bool
    /// Whether notifications may be shown; nil if the app has never said.
    public var permission: PushPermission?
    /// How long ago the address was first reported.
    public var addressAge: TimeInterval?
    /// How long ago the server last gave an answer that counts.
    public var lastAnswerAge: TimeInterval?
    /// Failures in a row since then.
    public var failures: UInt32
    /// Receipts that wait for a sync; nil while paused.
    public var receiptsWaiting: UInt32?
    /// The server's clock minus this one's, at the last answer.
    public var clockOffset: TimeInterval?
    /// Version of the core.
    public var coreVersion: String
    /// What was found, gravest first; empty if nothing.
    public var findings: [Finding]
    /// Everything else.
    public var status: PushStatus

    /// One thing that was found.
    public struct Finding: Hashable, Sendable {
        /// Stable code; `docs/REASONS.md` lists them. Newer versions add some.
        public var code: String
        /// More, in the protocol's words.
        public var detail: String?
        /// Whether no push for the person arrives while this lasts.
        public var blocksPush: Bool
        /// One English sentence.
        public var text: String
    }
}
