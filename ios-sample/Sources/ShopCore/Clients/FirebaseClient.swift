import Pushbridge

/// Firebase, as far as this app asks it anything. Live: `App/Real/FirebaseLive.swift`. Demo: a device of the emulator.
public struct FirebaseClient: Sendable {
    /// The address that Firebase has now; nil until APNs answered.
    public var currentAddress: @Sendable () async throws -> PushAddress?
    /// Deletes the address and gets a fresh one.
    public var replaceAddress: @Sendable () async throws -> PushAddress

    public init(
        currentAddress: @escaping @Sendable () async throws -> PushAddress?,
        replaceAddress: @escaping @Sendable () async throws -> PushAddress
    ) {
        self.currentAddress = currentAddress
        self.replaceAddress = replaceAddress
    }
}

/// The client, as Pushbridge wants to see it.
struct Platform: PushPlatform {
    let firebase: FirebaseClient

    func currentAddress() async throws -> PushAddress? { try await firebase.currentAddress() }
    func replaceAddress() async throws -> PushAddress { try await firebase.replaceAddress() }
}
