/// The outside world, one struct of closures each. The app takes the live ones, the demo flavour and the tests others.
public struct Clients: Sendable {
    public var firebase: FirebaseClient
    public var account: AccountClient
    public var notifications: NotificationsClient
    public var background: BackgroundClient
    public var storage: StorageClient

    public init(
        firebase: FirebaseClient, account: AccountClient, notifications: NotificationsClient,
        background: BackgroundClient, storage: StorageClient
    ) {
        self.firebase = firebase
        self.account = account
        self.notifications = notifications
        self.background = background
        self.storage = storage
    }
}
