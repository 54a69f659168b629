/// What to do with a message that arrived.
public enum PushDisposition: Hashable, Sendable {
    /// Hand it to the app. The id is for ``PushClient/record(_:of:)``; nil if another sender sent it.
    case deliver(messageID: String?)
    /// It is for a person who is not logged in here: show nothing.
    case forAnotherLogin
    /// It was the server's own, and is dealt with. `needsSync` is for apps that sync by hand.
    case handled(needsSync: Bool)
}

/// What happened to a message on the device.
public enum PushReceipt: Hashable, Sendable {
    /// The app got it.
    case received
    /// It was shown.
    case shown
    /// The person opened it.
    case opened
}

/// Whether the person lets the app show notifications; the cases of `UNAuthorizationStatus`.
public enum PushPermission: Hashable, Sendable {
    /// Asked and given.
    case granted
    /// Asked and refused, or switched off.
    case denied
    /// Not asked yet.
    case notDetermined
    /// Delivered quietly until the person decides.
    case provisional
}

/// A call was taken in, and what it says survives the end of the process.
public struct PushChange: Hashable, Sendable {
    /// Whether anything is different now.
    public var isNew: Bool
    /// Whether the server has yet to hear of something. The client does that on its own, unless told not to.
    public var needsSync: Bool
}
