import Foundation
import Pushbridge
import PushbridgeTesting
import Testing

/// The life of an address: first token, rotation, token to FID, a platform that fails.
@Suite(.timeLimit(.minutes(1))) struct AddressTests {
    /// B1, B5: the first token reaches the server, and a message reaches the person.
    @Test func theFirstTokenReachesTheServerAndAMessageArrives() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.install(backend)
        phone.client.start()
        try await phone.client.login("anna")
        let status = try await phone.reaches(\.isBound)
        let devices = try await backend.devices(of: "anna")
        #expect(devices.map(\.installation) == [status.installationID])
        #expect(devices.map(\.addressFingerprint) == [status.address?.fingerprint])

        let sent = try await backend.send("hello", to: "anna")
        #expect(sent.deliveries == 1)
        let message = try await phone.firebase.message { $0["text"] == "hello" }
        #expect(try phone.client.receive(message) == .deliver(messageID: sent.messageId))
    }

    /// B4, B8: a rotated token takes the place of the old one.
    @Test func aRotatedTokenTakesThePlaceOfTheOldOne() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.install(backend)
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.client.login("anna")
        let before = try await phone.reaches(\.isBound)

        let change = try phone.client.didReceive(try await phone.firebase.rotate())
        #expect(change.isNew && change.needsSync)
        let after = try await phone.reaches { $0.isBound && $0.acknowledgedRevision != before.acknowledgedRevision }
        #expect(after.address?.fingerprint != before.address?.fingerprint)
        let devices = try await backend.devices(of: "anna")
        #expect(devices.map(\.addressFingerprint) == [after.address?.fingerprint])
        _ = try await backend.send("rotated", to: "anna")
        _ = try await phone.firebase.message { $0["text"] == "rotated" }
    }

    /// Row 10 of the failure modes: an app update switches from token to FID; it stays the same installation.
    @Test func row10ATokenBecomesAnFIDOfTheSameInstallation() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.install(backend)
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.client.login("anna")
        let before = try await phone.reaches(\.isBound)
        #expect(before.address?.kind == .fcmToken)

        phone.firebase.switchToFID()
        try phone.client.didReceive(try await phone.firebase.address())
        let after = try await phone.reaches { $0.isBound && $0.address?.kind == .fcmFID }
        #expect(after.installationID == before.installationID)
        let devices = try await backend.devices(of: "anna")
        #expect(devices.map(\.addressKind) == ["fcm_fid"])
    }

    /// Row 8 of the failure modes, I10: Firebase names the same address at every launch.
    @Test func row8TheSameAddressAHundredTimesIsNoNews() async throws {
        let phone = try await Phone.install(try await Backend.register())
        let address = try await phone.firebase.address()
        try phone.client.didReceive(address)
        let first = try await phone.reaches(\.isInStep)
        for _ in 0..<100 {
            let change = try phone.client.didReceive(address)
            #expect(!change.isNew && !change.needsSync)
        }
        #expect(try await phone.client.sync(because: .foreground) == .upToDate)
        let last = try phone.client.status
        #expect(last.acknowledgedRevision == first.acknowledgedRevision)
        #expect(last.lastAnswer == first.lastAnswer, "a request was made")
    }

    /// Firebase answers late, and a callback has overtaken the answer: the callback is the truth (F14).
    @Test func anAnswerThatACallbackHasOvertakenIsDropped() async throws {
        let backend = try await Backend.register()
        let slow = SlowFirebase()
        let (folder, session) = (try TemporaryFolder(), Session(backend))
        let client = try PushClient(
            Phone.configuration(backend, folder) { $0.syncsAutomatically = true }, platform: slow, credentials: session)
        client.start()
        await slow.isAsked()
        try client.didReceive(.fcmToken("newer:token-from-a-callback"))
        let newer = try client.status.address
        await slow.answer(.fcmToken("older:token-from-the-pull"))
        _ = try await client.sync(because: .change)
        #expect(try client.status.address == newer)
    }

    /// A platform that never answers holds neither the login nor a sync up.
    @Test func aPlatformThatHangsHoldsNothingUp() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.install(backend) { $0.syncsAutomatically = false }
        phone.firebase.hang()
        phone.client.start()
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.client.login("anna")
        #expect(try await isDelivered(phone.client.sync()))
        try await phone.client.logout()
        let begun = Date()
        _ = try await phone.client.sync(within: 1)
        #expect(Date().timeIntervalSince(begun) < 10)
        #expect(try phone.client.status.isAddressReplacementPending)
        #expect(try await backend.devices(of: "anna").isEmpty)
    }

    /// `unregister`: nothing can be sent, and the server knows.
    @Test func aLostAddressIsToldToTheServer() async throws {
        let phone = try await Phone.install(try await Backend.register())
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.reaches(\.isInStep)
        try phone.client.didLoseAddress(.fcmToken)
        let status = try await phone.reaches { $0.addressState == "none" && $0.sync == .upToDate }
        #expect(status.address == nil)
    }

    private func isDelivered(_ outcome: SyncOutcome) -> Bool {
        if case .delivered = outcome { true } else { false }
    }
}

/// A platform whose answer the test gives by hand.
private actor SlowFirebase: PushPlatform {
    private var asked: [CheckedContinuation<Void, Never>] = []
    private var question: CheckedContinuation<PushAddress?, Never>?

    func currentAddress() async throws -> PushAddress? {
        await withCheckedContinuation { continuation in
            question = continuation
            for waiting in asked { waiting.resume() }
        }
    }

    func replaceAddress() async throws -> PushAddress { throw Failure("nobody asked for that") }

    func isAsked() async {
        guard question == nil else { return }
        await withCheckedContinuation { asked.append($0) }
    }

    func answer(_ address: PushAddress) { question?.resume(returning: address) }
}
