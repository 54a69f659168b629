import Foundation
internal import PushbridgeFFI

/// The app's end of Pushbridge: takes what Firebase says and who is logged in, and keeps the server in step.
///
/// Make one per process, early. Every call that changes something is durable when it returns and touches no network;
/// the client tells the server on its own, whatever happens to network and process in between. Firebase's callbacks
/// may be handed in from any thread, the main one included: they take a few milliseconds.
///
/// ```swift
/// let push = try PushClient(PushConfiguration(server: url, app: "shop"), platform: firebase, credentials: session)
/// push.start()                                  // at every start of the process
/// try push.didReceive(.fcmToken(token))         // messaging(_:didReceiveRegistrationToken:)
/// try await push.login("42")
/// try await push.logout()                       // works offline
/// ```
public actor PushClient {
    // The callers of the nonisolated half are Firebase's callbacks: they may neither wait nor be lost.
    nonisolated let core: PushCore
    nonisolated let hub: StatusHub
    nonisolated let addresses: AddressKeeper
    nonisolated let loop: SyncLoop
    nonisolated let syncsAutomatically: Bool

    /// Opens the store, or makes one. No network. A damaged store is no error: see ``PushStatus/recovery-swift.property``.
    public init(
        _ configuration: PushConfiguration, platform: any PushPlatform, credentials: any PushCredentials
    ) throws(PushError) {
        let hub = StatusHub()
        let folder = try configuration.madeFolder()
        let core = try attempt {
            try PushCore.open(
                config: PushConfig(configuration, folder: folder),
                credentials: CredentialsBridge(credentials), listener: hub)
        }
        let addresses = AddressKeeper(core: core, platform: platform)
        let loop = SyncLoop(core: core, addresses: addresses)
        self.core = core
        self.hub = hub
        self.addresses = addresses
        self.loop = loop
        syncsAutomatically = configuration.syncsAutomatically
        if syncsAutomatically {
            hub.whenAddressMustBeReplaced { [weak loop] in
                Task { [weak loop] in await loop?.wake(because: .change) }
            }
        }
    }

    deinit {
        hub.finish()
        Task { [loop] in await loop.stop() }
    }

    // MARK: Who is logged in

    /// A person logged in. The same one again changes nothing; another one is a logout of the first.
    @discardableResult
    public func login(_ user: String) throws(PushError) -> PushChange {
        try change { try core.login(userId: user) }
    }

    /// The person logged out. Needs neither network nor session: from this moment ``receive(_:)`` hands over nothing that
    /// was for the person who left, and ``PushStatus/logout-swift.property`` says when the server has it too.
    @discardableResult
    public func logout() throws(PushError) -> PushChange {
        try change { try core.logout() }
    }

    /// The app can prove again who is logged in.
    public func credentialsChanged() throws(PushError) {
        _ = try attempt { try core.credentialsChanged() }
        wake(.change)
    }

    // MARK: What describes the device

    /// The person answered the question for notifications, or changed the answer in the settings.
    @discardableResult
    public func setPermission(_ permission: PushPermission) throws(PushError) -> PushChange {
        try change { try core.setPermission(permission: permission.lowered) }
    }

    /// Something describing the device or the person changed. Nil keeps what was; `tags` are all of them.
    @discardableResult
    public func setAttributes(
        tags: Set<String>? = nil, locale: String? = nil, timeZone: String? = nil
    ) throws(PushError) -> PushChange {
        let update = AttributesUpdate(tags: tags.map { $0.sorted() }, locale: locale, timezone: timeZone)
        return try change { try core.setAttributes(update: update) }
    }

    // MARK: Life of the process

    /// Tells the server what it does not know yet, and waits for how that ended.
    ///
    /// For background tasks, and for apps that sync by hand. Being offline is an outcome. Cancelling the calling task
    /// does not shorten it: `seconds` does, and what is under way then goes on.
    public nonisolated func sync(
        within seconds: TimeInterval = 25, because reason: SyncReason = .scheduled
    ) async throws(PushError) -> SyncOutcome {
        do {
            return try await loop.sync(within: seconds, because: reason)
        } catch {
            throw PushError(error)
        }
    }

    /// Closes the store before the process is suspended, so that it sleeps without a lock. Changes are still taken in.
    public func pause() throws(PushError) {
        try attempt { try core.pause() }
    }

    /// Opens the store again, and syncs.
    public func resume() throws(PushError) {
        try attempt { try core.resume() }
        wake(.foreground)
    }

    /// What stands between this device and its pushes. Asks nobody.
    public func diagnose() throws(PushError) -> PushDiagnosis {
        PushDiagnosis(try attempt { try core.diagnose() })
    }

    /// Waits at most `seconds` for what is under way, then closes. Streams end, and every call after it throws
    /// ``PushError/closed``. May be called twice.
    public func shutdown(within seconds: TimeInterval = 5) async {
        await loop.stop()
        // Fails only where the core is broken, and then there is nothing to wait for.
        try? await core.shutdown(drainMs: seconds.milliseconds)
        hub.finish()
    }

    private func change(_ call: () throws -> Accepted) throws(PushError) -> PushChange {
        noticed(PushChange(try attempt(call)))
    }
}

/// A call of the core, with its errors as those of this module.
func attempt<Value>(_ call: () throws -> Value) throws(PushError) -> Value {
    do { return try call() } catch { throw PushError(error) }
}
