/// What a push is sent to: Firebase's name for this install of the app.
///
/// Which of the two an app has is decided by its Info.plist, never by the look of the value. Neither prints itself: an
/// address is a secret of its installation, and a log or a crash report would keep it.
public enum PushAddress: Hashable, Sendable {
    /// An FCM registration token.
    case fcmToken(String)
    /// A Firebase Installation ID.
    case fcmFID(String)

    /// Which of the two.
    public enum Kind: Hashable, Sendable {
        /// An FCM registration token.
        case fcmToken
        /// A Firebase Installation ID.
        case fcmFID
    }

    /// Which of the two it is.
    public var kind: Kind {
        switch self {
        case .fcmToken: .fcmToken
        case .fcmFID: .fcmFID
        }
    }

    /// The text that Firebase gave. Only the core needs it.
    var exposed: String {
        switch self {
        case .fcmToken(let value), .fcmFID(let value): value
        }
    }
}

extension PushAddress: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The kind, without the value.
    public var description: String { "\(kind)(…)" }
    /// The kind, without the value.
    public var debugDescription: String { description }
    /// Nothing: `dump` and test frameworks read a value through this.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
