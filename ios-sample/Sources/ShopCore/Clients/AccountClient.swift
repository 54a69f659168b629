import Foundation
import Pushbridge

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The shop's own back end, as far as push asks it anything: a proof of who is logged in.
public struct AccountClient: Sendable {
    /// A proof for Pushbridge's server that this person is logged in; nil if the session is over.
    public var pushProof: @Sendable (_ user: String, _ refreshed: Bool) async throws -> String?

    public init(pushProof: @escaping @Sendable (_ user: String, _ refreshed: Bool) async throws -> String?) {
        self.pushProof = pushProof
    }
}

extension AccountClient {
    /// Asks the back end, which knows its own session and gets the proof from `POST /v1/apps/{app}/user-tokens`.
    /// `route` is its own route for that, answering `{"token":"…"}`, or 401 when nobody is logged in.
    public static func live(route: URL) -> Self {
        Self { _, refreshed in
            var request = URLRequest(url: route)
            request.httpMethod = "POST"
            // A proof that the server refused once must not come out of a cache again.
            if refreshed { request.cachePolicy = .reloadIgnoringLocalAndRemoteCacheData }
            let (data, response) = try await URLSession.shared.data(for: request)
            guard (response as? HTTPURLResponse)?.statusCode == 200 else { return nil }
            return try JSONDecoder().decode(Proof.self, from: data).token
        }
    }

    private struct Proof: Decodable { let token: String }
}

/// The client, as Pushbridge wants to see it.
struct Credentials: PushCredentials {
    let account: AccountClient

    func proof(for user: String, refreshed: Bool) async throws -> String? {
        try await account.pushProof(user, refreshed)
    }
}
