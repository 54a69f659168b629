// The app's async credentials as the core's callback.
//
// In: a question of the core, on one of its threads. Out: an answer through the reply object, whenever the app has one.
// Next: the core, which has stopped waiting after its time-out. No lock and no thread waits meanwhile.

internal import PushbridgeFFI

final class CredentialsBridge: CredentialsProvider {
    private let credentials: any PushCredentials

    init(_ credentials: any PushCredentials) {
        self.credentials = credentials
    }

    func request(userId: String, forceRefresh: Bool, reply: CredentialReply) {
        Task { [credentials] in
            // What it throws may quote a secret, and the core would do nothing with it.
            let proof = try? await credentials.proof(for: userId, refreshed: forceRefresh)
            // An answer can only fail where the core itself failed, and then nobody waits for it.
            if let proof {
                try? reply.provide(token: proof)
            } else {
                try? reply.none()
            }
        }
    }
}
