import Pushbridge
import PushbridgeTesting
import Testing

@testable import ShopCore

/// The address: first token, rotation, FID, several devices, reinstall.
@MainActor @Suite(.timeLimit(.minutes(1))) struct AddressTests {
    @Test func B1_B5_theFirstTokenReachesTheServerAndPushesArrive() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        let device = try #require(try await backend.devices(of: "anna").first)
        #expect(device.installation == phone.shop.status?.installationID)
        #expect(device.addressKind == "fcm_token")
        #expect(device.addressFingerprint == phone.shop.status?.address?.fingerprint)

        _ = try await backend.notify("Welcome", "anna")
        try await phone.reads("Welcome")
        _ = try await backend.wake("Refresh the catalogue", "anna")
        try await phone.reads("Refresh the catalogue")
        #expect(phone.titles == ["Refresh the catalogue", "Welcome"])
        #expect(phone.system.shown == ["Welcome", "Refresh the catalogue"])
    }

    @Test func B2_B6_bothPhonesOfAPersonGetThePush() async throws {
        let backend = try await Backend.register()
        let (one, two) = (try await Phone.loggedIn("anna", backend), try await Phone.loggedIn("anna", backend))
        #expect(try await backend.notify("Your parcel is near", "anna").deliveries == 2)
        try await one.reads("Your parcel is near")
        try await two.reads("Your parcel is near")
    }

    @Test func B4_B8_aRotatedTokenReplacesTheOldOne() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        let before = phone.shop.status
        try await phone.demo.rotate()
        let after = try await phone.reaches { $0.isBound && $0.address?.fingerprint != before?.address?.fingerprint }
        #expect(after.installationID == before?.installationID)
        #expect(try await backend.devices(of: "anna").map(\.addressFingerprint) == [after.address?.fingerprint])
        #expect(try await backend.notify("Your parcel left", "anna").deliveries == 1)
        try await phone.reads("Your parcel left")
    }

    @Test func B4_B5_aTokenBecomesAnFID() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        try await phone.demo.switchToFID()
        try await phone.reaches { $0.isBound && $0.address?.kind == .fcmFID }
        #expect(try await backend.devices(of: "anna").map(\.addressKind) == ["fcm_fid"])
        _ = try await backend.notify("By FID", "anna")
        try await phone.reads("By FID")
    }

    @Test func B4_anAddressThatFirebaseLostIsNotSentTo() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        phone.shop.didLoseAddress(.fcmToken)
        try await phone.reaches { $0.sync == .upToDate && $0.address == nil }
        #expect(try await backend.notify("Nowhere", "anna").deliveries == 0)
    }

    @Test func B4_aReinstalledAppIsANewOneAndTheOldAddressDies() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        let before = phone.shop.status?.installationID
        try await phone.demo.reinstall()
        #expect(phone.shop.account == nil)
        await phone.shop.logIn("anna")
        let after = try await phone.reaches(\.isBound)
        #expect(after.installationID != before)
        _ = try await backend.notify("Glad you are back", "anna")
        try await phone.reads("Glad you are back")
        // The token of before was answered UNREGISTERED: the next push makes no attempt there.
        _ = try await eventually("the old installation to be retired") {
            try await backend.notify("Once", "anna").deliveries == 1 ? true : nil
        }
    }
}
