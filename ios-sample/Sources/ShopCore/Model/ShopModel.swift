import Foundation
import Observation
import Pushbridge

/// The whole app without its views: what the screen shows, and what the person, iOS and Firebase do to it.
///
/// In: taps (this file), the system's callbacks (`ShopModel+System.swift`), pushes (`ShopModel+Messages.swift`).
/// Out: observable state, and calls to Pushbridge. Next: `App/Screens` draws it, `App/AppDelegate.swift` calls it.
@MainActor @Observable public final class ShopModel {
    /// Who is logged in.
    public internal(set) var account: String?
    /// Newest first.
    public internal(set) var messages: [ShopMessage] = []
    /// The message that the person opened.
    public var selected: ShopMessage?
    /// Where Pushbridge stands.
    public internal(set) var status: PushStatus?
    /// Why the last login ended, if the person did not end it.
    public internal(set) var loginEnd: LoginEnd?
    public internal(set) var permission = PushPermission.notDetermined
    public internal(set) var diagnosis: PushDiagnosis?
    /// What went wrong on this phone, in words.
    public var problem: String?
    /// For an alert: closing it is having read the problem.
    public var hasProblem: Bool {
        get { problem != nil }
        set { if !newValue { problem = nil } }
    }

    let clients: Clients
    let configuration: PushConfiguration
    private(set) var push: PushClient?
    /// Off the screen, the process may be suspended at any moment: the store is closed whenever nothing needs it.
    var isOnScreen = false
    private var listeners: [Task<Void, Never>] = []

    /// Opens Pushbridge's store, before any callback can come. No network.
    public init(_ configuration: PushConfiguration, clients: Clients) {
        self.configuration = configuration
        self.clients = clients
        open()
    }

    // MARK: What the person does

    /// Durable when it returns; the server hears of it when there is a network.
    public func logIn(_ user: String) async {
        await attempt { push in
            // Pushbridge first: it knows which pushes are whose, whatever happens after this line.
            try await push.login(user)
            loginEnd = nil
            if account != user { forgetMessages() }
            account = user
            try keep()
        }
    }

    /// Works offline. Nothing that was for this person is shown from here on.
    public func logOut() async {
        await attempt { push in
            try await push.logout()
            forgetAccount()
            try keep()
        }
    }

    /// Asks for permission, when the person has just said that they want pushes: iOS lets an app ask once.
    public func askForPermission() async {
        permission = await clients.notifications.askForPermission()
        await attempt { [permission] push in try await push.setPermission(permission) }
    }

    /// What stands between this phone and its pushes.
    public func diagnose() async {
        await attempt { push in diagnosis = try await push.diagnose() }
    }

    // MARK: Life of the client

    /// Opens the store, unless it is open. It fails on a phone that was not unlocked since it started.
    func open() {
        guard push == nil else { return }
        do {
            push = try PushClient(
                configuration, platform: Platform(firebase: clients.firebase),
                credentials: Credentials(account: clients.account))
            problem = nil
        } catch {
            problem = error.description
        }
    }

    func listen(to push: PushClient) {
        guard listeners.isEmpty else { return }
        listeners = [
            Task { [weak self] in
                for await status in push.statuses() { self?.status = status }
            },
            Task { [weak self] in
                for await end in push.endedLogins() { self?.loginEnded(end) }
            },
        ]
    }

    /// Ends everything, for a demo's reinstall and for tests. An app lives until its process dies.
    public func close() async {
        for listener in listeners { listener.cancel() }
        listeners = []
        await push?.shutdown()
        push = nil
    }

    // MARK: What is remembered

    private func loginEnded(_ end: LoginEnd) {
        loginEnd = end
        forgetAccount()
        do { try keep() } catch { problem = "\(error)" }
    }

    func forgetAccount() {
        account = nil
        forgetMessages()
    }

    private func forgetMessages() {
        messages = []
        selected = nil
        clients.notifications.removeAll()
    }

    func keep() throws {
        var kept = StorageClient.Kept()
        kept.account = account
        kept.messages = messages
        try clients.storage.save(kept)
    }

    /// Does it, or says what went wrong.
    func attempt(_ call: @MainActor (PushClient) async throws -> Void) async {
        open()
        guard let push else { return }
        do { try await call(push) } catch { problem = "\(error)" }
    }
}
