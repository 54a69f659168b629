// What the app asks of iOS. Live: `App/SystemLive.swift`.

import Pushbridge

/// `UNUserNotificationCenter`.
public struct NotificationsClient: Sendable {
    /// What the person allows now.
    public var permission: @Sendable () async -> PushPermission
    /// Asks the person, once; afterwards iOS answers for them.
    public var askForPermission: @Sendable () async -> PushPermission
    /// Shows a message that came as data.
    public var show: @Sendable (Payload) async -> Void
    /// Takes everything shown off the lock screen.
    public var removeAll: @Sendable () -> Void

    public init(
        permission: @escaping @Sendable () async -> PushPermission,
        askForPermission: @escaping @Sendable () async -> PushPermission,
        show: @escaping @Sendable (Payload) async -> Void,
        removeAll: @escaping @Sendable () -> Void
    ) {
        self.permission = permission
        self.askForPermission = askForPermission
        self.show = show
        self.removeAll = removeAll
    }
}

/// `BGTaskScheduler`.
public struct BackgroundClient: Sendable {
    /// Asks for a turn later, in which the app calls ``ShopModel/refresh(within:)``.
    public var scheduleRefresh: @Sendable () -> Void

    /// The refresh task's name. Info.plist has it too, or iOS ends the app at the first request.
    public static let refreshTask = "dev.pushbridge.shop.sync"

    public init(scheduleRefresh: @escaping @Sendable () -> Void) {
        self.scheduleRefresh = scheduleRefresh
    }
}
