// A phone with the sample on it: the demo flavour as it is, against the real server and emulator. Only the two clients
// of iOS itself are played here, and they write down what they were asked.
//
// In: a back end. Out: the app, launched and on the screen. Next: the tests.

import Foundation
import Pushbridge
import PushbridgeTesting

@testable import ShopCore

/// What the app asked of iOS.
final class System: @unchecked Sendable {
    private let lock = NSLock()
    private var shownTitles: [String] = []
    private var refreshes = 0
    private var permission = PushPermission.notDetermined

    /// Titles on the lock screen, oldest first.
    var shown: [String] { lock.withLock { shownTitles } }
    /// How often a turn in the background was asked for.
    var scheduled: Int { lock.withLock { refreshes } }
    /// The person changes it in the settings.
    func set(_ new: PushPermission) { lock.withLock { permission = new } }

    var notifications: NotificationsClient {
        NotificationsClient(
            permission: { self.lock.withLock { self.permission } },
            askForPermission: {
                self.set(.granted)
                return .granted
            },
            show: { payload in self.lock.withLock { self.shownTitles.append(payload.title) } },
            removeAll: { self.lock.withLock { self.shownTitles = [] } })
    }

    var background: BackgroundClient {
        BackgroundClient(scheduleRefresh: { self.lock.withLock { self.refreshes += 1 } })
    }
}

/// An app on a phone.
@MainActor struct Phone {
    let demo: DemoPhone
    let system: System
    private let folder: TemporaryFolder

    var shop: ShopModel { demo.shop }

    static func install(_ backend: Backend) async throws -> Phone {
        let (system, folder) = (System(), try TemporaryFolder())
        let world = DemoWorld(
            server: backend.server.url, emulator: try await Emulator.address, app: backend.app,
            key: backend.server.bootstrapKey)
        let demo = try await DemoPhone(
            world, folder: folder.url.appendingPathComponent("app"), notifications: system.notifications,
            background: system.background)
        await demo.shop.launch()
        await demo.shop.enterForeground()
        return Phone(demo: demo, system: system, folder: folder)
    }

    static func loggedIn(_ user: String, _ backend: Backend) async throws -> Phone {
        let phone = try await install(backend)
        await phone.shop.logIn(user)
        try await phone.reaches(\.isBound)
        return phone
    }

    /// Waits for a state of the client, and until the screen shows it.
    @discardableResult
    func reaches(_ goal: (PushStatus) -> Bool) async throws -> PushStatus {
        try await eventually("the status, which is \(shop.status.map(String.init(describing:)) ?? "none")") {
            // The screen follows a moment later: what it showed before a call must not count.
            guard let now = try shop.push?.status, goal(now), let shown = shop.status, goal(shown) else { return nil }
            return shown
        }
    }

    /// Lets what arrived come in until `title` is in the inbox.
    func reads(_ title: String) async throws {
        _ = try await eventually("«\(title)» in the inbox of \(titles)") {
            try await demo.deliver()
            return titles.contains(title) ? true : nil
        }
    }

    /// The next push that the system has, without the app: for callbacks that a test makes itself.
    func takes(_ title: String) async throws -> Payload {
        try await eventually("«\(title)» on the phone") {
            try await demo.device.arrivals().first { $0.title == title }
        }
    }

    var titles: [String] { shop.messages.map(\.title) }
}

extension Emulator {
    /// Where the one of all tests listens.
    static var address: URL {
        get async throws {
            let emulator = try await shared
            guard let url = URL(string: emulator.url) else { throw Failure("the emulator named no URL") }
            return url
        }
    }
}

extension PushStatus {
    var isInStep: Bool { sync == .upToDate && addressState == "live" && !isAddressReplacementPending }
    /// The server has everything, and knows who is logged in.
    var isBound: Bool { isInStep && login == .loggedIn(bound: true) }
    /// The last logout is over, on both sides.
    var isLoggedOut: Bool { isInStep && logout == .done(wallClosed: true) }
}

extension Backend {
    /// A message that iOS shows by itself.
    func notify(_ title: String, _ user: String) async throws -> Sent {
        try await send(message: #"{"notification":{"title":"\#(title)","body":"a text of the server"}}"#, to: user)
    }

    /// A message that wakes the app.
    func wake(_ title: String, _ user: String) async throws -> Sent {
        try await send(message: #"{"data":{"title":"\#(title)"},"android":{"priority":"high"}}"#, to: user)
    }
}
