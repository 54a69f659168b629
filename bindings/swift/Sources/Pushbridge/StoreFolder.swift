// Where the store lives: in a folder that no backup takes along, and that can be read while the device is locked.
//
// In: the configuration. Out: a folder that exists. Next: the core opens its database in it. A copy in a backup would be
// a second device with this one's identity; the core notices that too, but by then somebody is logged out.

import Foundation

extension PushConfiguration {
    func madeFolder() throws(PushError) -> URL {
        do {
            var folder = try folder ?? Self.usualFolder()
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: Self.attributes)
            var values = URLResourceValues()
            values.isExcludedFromBackup = true
            try folder.setResourceValues(values)
            return folder
        } catch {
            // The system's own text would name the path.
            throw .storage("the folder cannot be made")
        }
    }

    private static func usualFolder() throws -> URL {
        try FileManager.default
            .url(for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil, create: true)
            .appendingPathComponent("Pushbridge", isDirectory: true)
    }

    /// Firebase may name an address while the device is locked; the default protection would make that write fail.
    private static var attributes: [FileAttributeKey: Any]? {
        #if os(iOS)
            [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication]
        #else
            nil
        #endif
    }
}
