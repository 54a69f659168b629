import Foundation
import Pushbridge
import PushbridgeTesting
import Testing

@testable import ShopCore

/// What iOS does to the app: process death, background turns, taps, permission.
@MainActor @Suite(.timeLimit(.minutes(1))) struct SystemTests {
    @Test func B5_aNewProcessKnowsWhoIsLoggedInAndWhatCame() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        _ = try await backend.notify("Before", "anna")
        try await phone.reads("Before")
        let before = phone.shop.status?.installationID
        await phone.demo.restart()
        #expect(phone.shop.account == "anna" && phone.titles == ["Before"])
        #expect(try await phone.reaches(\.isBound).installationID == before)
    }

    @Test func B5_aTokenTakenInOfflineIsToldByTheNextProcess() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        phone.demo.isOnline = false
        try await phone.demo.rotate()
        let rotated = try #require(try phone.shop.push?.status.address?.fingerprint)
        await phone.demo.restart()
        phone.demo.isOnline = true
        await phone.shop.enterForeground()
        try await phone.reaches(\.isBound)
        #expect(try await backend.devices(of: "anna").map(\.addressFingerprint) == [rotated])
    }

    @Test func B3_aDeathBetweenLogoutAndTheAppsOwnMemoryLeavesNobodyLoggedIn() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        _ = try await backend.notify("For Anna", "anna")
        try await phone.reads("For Anna")
        try await phone.shop.push?.logout()
        await phone.demo.restart()
        #expect(phone.shop.account == nil && phone.titles.isEmpty)
        #expect(phone.shop.clients.storage.load() == StorageClient.Kept())
    }

    @Test func B3_aDeathBetweenLoginAndTheAppsOwnMemoryLeavesNobodyLoggedIn() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.install(backend)
        try await phone.shop.push?.login("anna")
        try await phone.reaches(\.isBound)
        await phone.demo.restart()
        #expect(phone.shop.account == nil)
        try await phone.reaches(\.isLoggedOut)
        #expect(try await backend.devices(of: "anna").isEmpty)
    }

    @Test func B5_aBackgroundTurnFindsTheServerThatWasDown() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        phone.demo.isOnline = false
        try await phone.demo.rotate()
        await phone.shop.enterBackground(within: 5)
        #expect(phone.system.scheduled == 1, "no turn was asked for")
        #expect(try phone.shop.push?.status.isPaused == true, "a suspended process would hold a lock")
        #expect(await phone.shop.refresh(within: 5) == false, "iOS must try again")
        #expect(phone.system.scheduled == 2, "the chain of turns has ended")

        phone.demo.isOnline = true
        // The core waits after a failure; the turns of iOS are hours apart, this one is not.
        _ = try await eventually("a turn that succeeds") { await phone.shop.refresh(within: 20) ? true : nil }
        #expect(try phone.shop.push?.status.isPaused == true)
        let address = try #require(try phone.shop.push?.status.address)
        #expect(try await backend.devices(of: "anna").map(\.addressFingerprint) == [address.fingerprint])
        await phone.shop.enterForeground()
        #expect(try phone.shop.push?.status.isPaused == false)
    }

    @Test func B7_theServersOwnMessageIsDealtWithInTheBackground() async throws {
        let backend = try await Backend.register(policy: .single)
        let old = try await Phone.loggedIn("carl", backend)
        await old.shop.enterBackground(within: 20)
        _ = try await Phone.loggedIn("carl", backend)
        let hint = try await eventually("the server's message") {
            try await old.demo.device.arrivals().first { $0.data["pb_sync"] != nil }
        }
        #expect(await old.shop.received(hint) == .newData)
        _ = try await eventually("the end of the login") { old.shop.account == nil ? true : nil }
        #expect(old.shop.loginEnd == .evicted(reason: "policy_single"))
        #expect(old.titles.isEmpty && old.system.shown.isEmpty)
    }

    @Test func B5_aPushThatStartsTheProcessIsShownAndTheStoreIsClosedAgain() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        _ = try await backend.wake("Good morning", "anna")
        let push = try await phone.takes("Good morning")
        await phone.shop.close()
        let woken = ShopModel(phone.shop.configuration, clients: phone.shop.clients)
        await woken.launch()
        #expect(await woken.received(push) == .newData)
        #expect(woken.messages.map(\.title) == ["Good morning"] && phone.system.shown == ["Good morning"])
        #expect(try woken.push?.status.isPaused == true, "a suspended process would hold a lock")
        await woken.close()
    }

    @Test func B1_aTapOpensTheMessageAndTheServerCountsIt() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        let sent = try await backend.wake("Tap me", "anna")
        let push = try await phone.takes("Tap me")
        // Data first: the app shows it, iOS asks about that, and the person taps.
        #expect(await phone.shop.received(push) == .newData)
        #expect(phone.system.shown == ["Tap me"])
        #expect(phone.shop.willPresent(push))
        #expect(await phone.shop.received(push) == .noData)
        phone.shop.opened(push)
        #expect(phone.shop.selected?.id == sent.messageId)
        #expect(phone.titles == ["Tap me"] && phone.system.shown == ["Tap me"])
        await phone.shop.enterBackground(within: 20)
        let receipts = try await backend.message(sent.messageId).receipts
        #expect(receipts.received == 1 && receipts.shown == 1 && receipts.opened == 1)
    }

    @Test func B5_permissionIsAskedInContextAndReachesTheServer() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        await phone.shop.diagnose()
        #expect(phone.shop.permission == .notDetermined)
        await phone.shop.askForPermission()
        try await phone.serverSees("granted", "anna", backend)
        // Taken back in the settings: seen at the next return to the app.
        phone.system.set(.denied)
        await phone.shop.enterForeground()
        try await phone.serverSees("denied", "anna", backend)
        await phone.shop.diagnose()
        #expect(try #require(phone.shop.diagnosis).findings.contains { $0.code == "permission_denied" })
    }

    @Test func B1_aStoreInUseIsSaidAndNothingIsLost() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        let second = ShopModel(phone.shop.configuration, clients: phone.shop.clients)
        #expect(second.problem == PushError.busy.description)
        await phone.shop.close()
        await second.launch()
        #expect(second.problem == nil && second.account == "anna")
        await second.close()
    }
}

extension Phone {
    fileprivate func serverSees(_ permission: String, _ user: String, _ backend: Backend) async throws {
        _ = try await eventually("the server to hear \(permission)") {
            try await backend.devices(of: user).first?.permission == permission ? true : nil
        }
    }
}
