// What tests need besides programs: JSON as the servers write it, folders, and a way to wait for another process.
//
// In: nothing. Out: values for one test. Next: the tests.

import Foundation

extension JSONDecoder {
    public static var snakeCase: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}

/// A folder of its own for one test, gone with the object.
public final class TemporaryFolder: Sendable {
    public let url: URL

    public init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("pushbridge-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}

/// Asks until there is an answer. For what only another process knows and tells nobody.
public func eventually<Value: Sendable>(
    _ what: @autoclosure () -> String, isolation: isolated (any Actor)? = #isolation, _ look: () async throws -> Value?
) async throws -> Value {
    let end = Date(timeIntervalSinceNow: 30)
    while Date() < end {
        if let value = try await look() { return value }
        try await Task.sleep(nanoseconds: 20_000_000)
    }
    throw Failure("waited in vain for \(what())")
}
