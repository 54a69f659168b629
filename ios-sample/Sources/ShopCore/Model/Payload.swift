/// What the system hands over with a push, reduced to what the app reads.
public struct Payload: Hashable, Sendable {
    /// The message's `data`: what Pushbridge reads.
    public var data: [String: String]
    public var title: String
    public var body: String
    /// Whether the system shows it by itself; a data message waits for the app to do so.
    public var isShownBySystem: Bool

    public init(data: [String: String], title: String = "", body: String = "", isShownBySystem: Bool) {
        self.data = data
        self.title = title
        self.body = body
        self.isShownBySystem = isShownBySystem
    }

    /// `userInfo` as iOS has it: the data at the top, the alert under `aps`.
    public init(userInfo: [AnyHashable: Any]) {
        var data: [String: String] = [:]
        for case let (key as String, value as String) in userInfo { data[key] = value }
        let alert = (userInfo["aps"] as? [String: Any])?["alert"]
        let words = alert as? [String: Any]
        self.init(
            data: data,
            title: words?["title"] as? String ?? alert as? String ?? data["title"] ?? "",
            body: words?["body"] as? String ?? data["body"] ?? "",
            isShownBySystem: alert != nil)
    }
}

/// A line of the inbox.
public struct ShopMessage: Codable, Hashable, Identifiable, Sendable {
    /// The server's name for it: one message may come through several doors.
    public var id: String
    public var title: String
    public var body: String
}
