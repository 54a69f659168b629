/// Firebase, as the client sees it. An app implements this in a few lines: `docs/IOS.md` shows them.
public protocol PushPlatform: Sendable {
    /// The address that the platform has now; nil while it has none yet, which on iOS is ordinary until APNs answered.
    func currentAddress() async throws -> PushAddress?

    /// Deletes the address and gets a fresh one: `deleteToken` then `token`, in FID mode the deletion of the
    /// installation then `register`. Called after a logout, so that nothing sent to the person who left arrives here.
    /// An error is no loss: it is tried again.
    func replaceAddress() async throws -> PushAddress
}

/// Proves to the server who is logged in.
///
/// Hold the client weakly in here, if at all: the client holds this.
public protocol PushCredentials: Sendable {
    /// A proof that `user` is logged in: a JWT of the app's own issuer, or one that the server signed for the back end.
    ///
    /// Nil if there is none now; then call ``PushClient/credentialsChanged()`` once there is. An error counts as nil and
    /// its text goes nowhere, since it may quote a secret. An answer after the time-out is ignored.
    /// - Parameter refreshed: whether the server refused the last one, so that a cached one will not do.
    func proof(for user: String, refreshed: Bool) async throws -> String?
}
