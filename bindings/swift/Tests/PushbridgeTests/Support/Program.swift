// The real programs, built by cargo, as processes of the test.
//
// In: a name and arguments. Out: a running program and the line with which it said that it is ready. Next: the servers
// of Servers.swift. test.sh runs everything in a process namespace, so nothing outlives a test run that crashes.

import Foundation

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

final class Program: @unchecked Sendable {
    /// What the program said about itself, as JSON.
    let ready: Data
    private let process: Process

    init(_ name: String, _ arguments: [String]) throws {
        guard let folder = ProcessInfo.processInfo.environment["PUSHBRIDGE_PROGRAMS"] else {
            throw Failure("PUSHBRIDGE_PROGRAMS must name the folder of cargo's programs: use test.sh")
        }
        let output = Pipe()
        process = Process()
        process.executableURL = URL(fileURLWithPath: folder).appendingPathComponent(name)
        process.arguments = arguments
        process.standardOutput = output
        // The logs of programs that are killed on purpose are noise; a test that fails says what it saw.
        var environment = ProcessInfo.processInfo.environment
        environment["RUST_LOG"] = "warn"
        process.environment = environment
        try process.run()
        ready = try Self.firstLine(of: output.fileHandleForReading, name)
    }

    /// The decoded line.
    func announced<Line: Decodable>(as line: Line.Type) throws -> Line {
        try JSONDecoder.snakeCase.decode(line, from: ready)
    }

    /// Ends it in order, and waits until it is gone.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Ends it at once, as the system does with a phone's processes, and waits until it is gone.
    func kill() {
        #if canImport(Glibc)
            _ = Glibc.kill(process.processIdentifier, SIGKILL)
        #else
            _ = Darwin.kill(process.processIdentifier, SIGKILL)
        #endif
        process.waitUntilExit()
    }

    private static func firstLine(of output: FileHandle, _ name: String) throws -> Data {
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let more = output.availableData
            if more.isEmpty { throw Failure("\(name) ended before it was ready") }
            line += more
        }
        return line
    }
}

extension JSONDecoder {
    static var snakeCase: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}

/// A folder of its own for one test, gone with the object.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("pushbridge-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}
