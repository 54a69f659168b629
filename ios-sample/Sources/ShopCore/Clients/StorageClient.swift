import Foundation

/// What the app remembers between two starts: who is logged in, and that person's messages.
public struct StorageClient: Sendable {
    public var load: @Sendable () -> Kept
    public var save: @Sendable (Kept) throws -> Void

    public init(load: @escaping @Sendable () -> Kept, save: @escaping @Sendable (Kept) throws -> Void) {
        self.load = load
        self.save = save
    }

    /// All of it: saved at once, so that nobody ever sees another person's messages.
    public struct Kept: Codable, Equatable, Sendable {
        public var account: String?
        public var messages: [ShopMessage] = []

        public init() {}
    }
}

extension StorageClient {
    /// A file in `folder`, readable after the first unlock: pushes arrive while the phone is locked.
    public static func live(folder: URL) -> Self {
        let file = folder.appendingPathComponent("shop.json")
        return Self(
            load: {
                guard let data = try? Data(contentsOf: file) else { return Kept() }
                return (try? JSONDecoder().decode(Kept.self, from: data)) ?? Kept()
            },
            save: { kept in
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try JSONEncoder().encode(kept).write(to: file, options: protection)
            })
    }

    private static var protection: Data.WritingOptions {
        #if os(iOS)
            [.atomic, .completeFileProtectionUntilFirstUserAuthentication]
        #else
            .atomic
        #endif
    }
}
