// The app's values as the core's records.
//
// In: public types of this module. Out: what the generated module takes. Next: the core. The configuration is filled in
// here with what only this side knows of the device.

import Foundation
internal import PushbridgeFFI

extension PushConfig {
    init(_ configuration: PushConfiguration, folder: URL) {
        self.init(
            baseUrl: configuration.server.absoluteString,
            appId: configuration.app,
            storeDir: folder.path,
            platform: .ios,
            appVersion: configuration.appVersion ?? Self.bundleVersion,
            osVersion: Self.systemVersion,
            locale: configuration.locale ?? Self.deviceLocale,
            timezone: configuration.timeZone ?? TimeZone.current.identifier,
            caPem: configuration.trustedCertificates,
            proxy: configuration.proxy?.absoluteString,
            httpsOnly: !configuration.allowsPlainLoopback,
            requestTimeoutMs: configuration.requestTimeout.milliseconds,
            credentialsTimeoutMs: configuration.credentialsTimeout.milliseconds)
    }

    private static var bundleVersion: String? {
        Bundle.main.object(forInfoDictionaryKey: "CFBundleShortVersionString") as? String
    }

    private static var systemVersion: String {
        let version = ProcessInfo.processInfo.operatingSystemVersion
        return "\(version.majorVersion).\(version.minorVersion)"
    }

    /// What the person reads in this app, not what the device speaks: the server picks a text's language by it.
    private static var deviceLocale: String? {
        Bundle.main.preferredLocalizations.first ?? Locale.preferredLanguages.first
    }
}

extension TimeInterval {
    /// For the core, which takes what fits into 32 bits: 49 days.
    var milliseconds: UInt32 { UInt32(max(0, min(self * 1_000, Double(UInt32.max)))) }
}

extension PushAddress.Kind {
    var lowered: RegistrationKind {
        switch self {
        case .fcmToken: .fcmToken
        case .fcmFID: .fcmFid
        }
    }
}

extension SyncReason {
    var lowered: SyncTrigger {
        switch self {
        case .start: .start
        case .change: .change
        case .scheduled: .scheduled
        case .foreground: .foreground
        case .networkBack: .networkBack
        }
    }
}

extension PushReceipt {
    var lowered: ReceiptEvent {
        switch self {
        case .received: .received
        case .shown: .shown
        case .opened: .opened
        }
    }
}

extension PushPermission {
    var lowered: Permission {
        switch self {
        case .granted: .granted
        case .denied: .denied
        case .notDetermined: .notDetermined
        case .provisional: .provisional
        }
    }
}
