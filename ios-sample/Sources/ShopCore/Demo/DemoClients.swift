import Foundation
import Pushbridge

extension FirebaseClient {
    /// A device of the emulator. Without a network Firebase reaches nobody either.
    static func demo(_ device: EmulatorDevice, behind relay: Relay) -> Self {
        Self(
            currentAddress: {
                try relay.requireOnline()
                return try await device.address()
            },
            replaceAddress: {
                try relay.requireOnline()
                return try await device.rotate()
            })
    }
}

extension AccountClient {
    /// The demo has no back end of its own: the app asks Pushbridge for a proof with the demo's key.
    public static func demo(_ world: DemoWorld) -> Self {
        let api = JSONCalls(base: world.server, key: world.key)
        return Self { user, _ in
            try await api.call("POST", "/v1/apps/\(world.app)/user-tokens", ["user": user], as: Proof.self).token
        }
    }

    private struct Proof: Decodable { let token: String }
}
