import Foundation
import Pushbridge
import PushbridgeTesting
import Testing

/// The life of process and client: kill, shutdown, two owners, listeners, secrets.
@Suite(.timeLimit(.minutes(1))) struct LifeTests {
    /// Row 1 of the failure modes: the system kills the app right after Firebase's callback returned.
    @Test func row1AnAddressSurvivesAKillBetweenCallbackAndSync() async throws {
        let backend = try await Backend.register()
        let (firebase, folder) = (try await Firebase(), try TemporaryFolder())
        let address = try await firebase.address()
        guard case .fcmToken(let token) = address else { throw Failure("not a token") }
        // Another process: it takes the address and the login in, says so, and never gets to a sync.
        let app = try Program(besideTheTests: "KilledPhone", [backend.server.url.absoluteString, backend.app, folder.url.path, token])
        let taken = try JSONDecoder.snakeCase.decode(Taken.self, from: app.ready)
        app.kill()
        #expect(try await backend.devices(of: "anna").isEmpty)

        let client = try PushClient(
            Phone.configuration(backend, folder), platform: firebase, credentials: Session(backend))
        let next = Phone(client: client, firebase: firebase, session: Session(backend), folder: folder)
        let woken = try client.status
        #expect(woken.revision == taken.revision)
        #expect(woken.acknowledgedRevision == nil)
        client.start()
        let status = try await next.reaches(\.isBound)
        #expect(status.acknowledgedRevision == taken.revision)
        #expect(try await backend.devices(of: "anna").map(\.installation) == [taken.installation])
    }

    private struct Taken: Decodable { let installation: String, revision: Int64 }

    /// The server dies and comes back: nothing is lost, and the client finds it by itself.
    @Test func aServerThatComesBackHearsEverything() async throws {
        let backend = try await Backend.register(on: Server())
        let phone = try await Phone.install(backend) { $0.syncsAutomatically = false }
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.client.login("anna")
        backend.server.goDown()
        guard case .deferred(_, .offline) = try await phone.client.sync() else { throw Failure("not offline") }
        #expect(try await phone.client.diagnose().findings.contains { $0.code == "wait_offline" })
        try phone.client.didReceive(try await phone.firebase.rotate())

        try backend.server.comeBack()
        let outcome = try await phone.client.sync(because: .networkBack)
        let status = try phone.client.status
        let revision = try #require(status.revision)
        #expect(outcome == .delivered(revision: revision))
        let devices = try await backend.devices(of: "anna")
        #expect(devices.map(\.addressFingerprint) == [status.address?.fingerprint])
        #expect(try await phone.client.diagnose().getsPush)
    }

    /// The loop of the client retries on its own once the core's wait is over.
    @Test func theClientFindsTheServerAgainByItself() async throws {
        let backend = try await Backend.register(on: Server())
        backend.server.goDown()
        let phone = try await Phone.install(backend)
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.reaches { if case .waiting(_, .offline) = $0.sync { true } else { false } }
        try backend.server.comeBack()
        try await phone.reaches(\.isInStep)
    }

    /// E: what became of a message is counted by the server, even if the app says it twice.
    @Test func receiptsReachTheServer() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.install(backend)
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.client.login("anna")
        try await phone.reaches(\.isBound)
        let id = try await backend.send("hello", to: "anna").messageId
        _ = try await phone.firebase.message { $0["text"] == "hello" }
        try phone.client.record(.received, of: id)
        try phone.client.record(.opened, of: id)
        try phone.client.record(.opened, of: id)
        _ = try await phone.client.sync()
        let receipts = try await backend.message(id).receipts
        #expect(receipts.received == 1 && receipts.shown == 0 && receipts.opened == 1)
    }

    /// What a newer server says of its own accord is never content.
    @Test func aMessageOfANewerServerIsNotForTheApp() async throws {
        let phone = try await Phone.install(try await Backend.register())
        let ofTomorrow = ["pb_of_tomorrow": "1", "title": "not to be shown"]
        #expect(try phone.client.receive(ofTomorrow) == .handled(needsSync: false))
        #expect(try phone.client.receive(["title": "hello"]) == .deliver(messageID: nil))
    }

    /// Permission and attributes are told like everything else.
    @Test func permissionAndAttributesReachTheServer() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.install(backend) { $0.syncsAutomatically = false }
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.client.login("anna")
        try await phone.client.setPermission(.provisional)
        try await phone.client.setAttributes(tags: ["vip"], locale: "ru-RU", timeZone: "Europe/Moscow")
        _ = try await phone.client.sync()
        let device = try #require(try await backend.devices(of: "anna").first)
        #expect([device.permission, device.locale] == ["provisional", "ru-RU"])
        #expect(try await phone.client.diagnose().permission == .provisional)
    }

    /// Row 27 of the failure modes: after a shutdown everything says so, and a second one is no error.
    @Test func row27UseAfterShutdownThrowsClosed() async throws {
        let phone = try await Phone.install(try await Backend.register())
        let client = phone.client
        let statuses = client.statuses()
        await client.shutdown()
        await client.shutdown()
        #expect(throws: PushError.closed) { try client.didReceive(.fcmToken("a:token")) }
        #expect(throws: PushError.closed) { try client.didLoseAddress(.fcmToken) }
        #expect(throws: PushError.closed) { try client.receive(["text": "hello"]) }
        #expect(throws: PushError.closed) { try client.status }
        await #expect(throws: PushError.closed) { try await client.login("anna") }
        await #expect(throws: PushError.closed) { try await client.logout() }
        await #expect(throws: PushError.closed) { try await client.sync() }
        await #expect(throws: PushError.closed) { try await client.diagnose() }
        await #expect(throws: PushError.closed) { try await client.resume() }
        client.start()
        client.retry()
        for await _ in statuses {}
        for await _ in client.statuses() { Issue.record("a status after the end") }
    }

    /// Row 19 of the failure modes: a second client on the same folder is refused, and the first goes on.
    @Test func row19ASecondOwnerIsRefused() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.install(backend)
        #expect(throws: PushError.busy) {
            try PushClient(
                Phone.configuration(backend, phone.folder), platform: phone.firebase, credentials: phone.session)
        }
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.reaches(\.isInStep)
    }

    /// A client that the app lets go of gives its folder back: nothing in it holds on to itself.
    @Test func aClientThatIsLetGoReleasesItsFolder() async throws {
        let backend = try await Backend.register()
        let (firebase, folder) = (try await Firebase(), try TemporaryFolder())
        weak var gone: PushClient?
        do {
            let client = try PushClient(
                Phone.configuration(backend, folder), platform: firebase, credentials: Session(backend))
            let phone = Phone(client: client, firebase: firebase, session: Session(backend), folder: folder)
            client.start()
            try await phone.reaches(\.isInStep)
            gone = client
        }
        _ = try await eventually("the client to end") { gone == nil ? true : nil }
        _ = try await eventually("the folder") {
            try? PushClient(Phone.configuration(backend, folder), platform: firebase, credentials: Session(backend))
        }
    }

    /// Row 24 of the failure modes: paused, changes are taken in and nothing is sent.
    @Test func row24PausedChangesAreTakenInAndSentAfterwards() async throws {
        let phone = try await Phone.install(try await Backend.register())
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.reaches(\.isInStep)
        try await phone.client.pause()
        #expect(try phone.client.didReceive(try await phone.firebase.rotate()).isNew)
        #expect(try await phone.client.sync() == .paused)
        try await phone.client.resume()
        try await phone.reaches { $0.isInStep && !$0.isPaused }
    }

    /// Row 26 of the failure modes: who listens may call the client, and may be slow.
    @Test func row26AListenerMayCallTheClient() async throws {
        let phone = try await Phone.install(try await Backend.register())
        try phone.client.didReceive(try await phone.firebase.address())
        var calls = 0
        for await status in phone.client.statuses() {
            _ = try phone.client.status
            try await phone.client.setAttributes(tags: ["seen-\(min(calls, 2))"])
            calls += 1
            if status.isInStep, calls > 3 { break }
            if calls <= 3 { phone.client.retry() }
            if calls == 3 { try await phone.client.login("anna") }
        }
        try await phone.reaches(\.isBound)
    }

    /// Wrong arguments are said to be wrong.
    @Test func wrongArgumentsAreRefused() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.install(backend)
        #expect(throws: PushError.self) { try phone.client.didReceive(.fcmToken("")) }
        await #expect(throws: PushError.self) { try await phone.client.login("") }
        let plain = try TemporaryFolder()
        #expect(throws: PushError.self) {
            var configuration = PushConfiguration(server: URL(string: "http://192.0.2.1")!, app: backend.app)
            configuration.folder = plain.url
            _ = try PushClient(configuration, platform: phone.firebase, credentials: phone.session)
        }
    }

    /// I11, row 32 of the failure modes: an address shows its kind and nothing else, whoever prints it.
    @Test func row32AnAddressDoesNotPrintItself() async throws {
        let address = PushAddress.fcmToken("secret-token")
        var dumped = ""
        dump(address, to: &dumped)
        dump([address], to: &dumped)
        let all = "\(address) \(String(reflecting: address)) \(String(describing: [address])) \(dumped)"
        #expect(!all.contains("secret-token"))
        #expect("\(address)" == "fcmToken(…)")

        let phone = try await Phone.install(try await Backend.register()) { $0.syncsAutomatically = false }
        try phone.client.didReceive(address)
        try await phone.client.login("secret-user")
        let shown = "\(try phone.client.status) \(try await phone.client.diagnose())"
        #expect(!shown.contains("secret-token") && !shown.contains("secret-user"))
    }
}
