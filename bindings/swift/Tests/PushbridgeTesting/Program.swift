// The real programs, built by cargo, as processes of the test.
//
// In: a name and arguments. Out: a running program and the line with which it said that it is ready. Next: the servers
// of Servers.swift.

import Foundation

/// Why a test cannot go on.
public struct Failure: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// A running program.
public final class Program: @unchecked Sendable {
    /// What the program said about itself, as JSON.
    public let ready: Data
    private let process: Process
    private let lifeline: Lifeline

    /// One of cargo's.
    public convenience init(_ name: String, _ arguments: [String]) throws {
        guard let folder = ProcessInfo.processInfo.environment["PUSHBRIDGE_PROGRAMS"] else {
            throw Failure("PUSHBRIDGE_PROGRAMS must name the folder of cargo's programs: use test.sh")
        }
        try self.init(at: URL(fileURLWithPath: folder).appendingPathComponent(name), arguments)
    }

    /// One of this package's.
    public convenience init(besideTheTests name: String, _ arguments: [String]) throws {
        let tests = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
        try self.init(at: tests.deletingLastPathComponent().appendingPathComponent(name), arguments)
    }

    private init(at path: URL, _ arguments: [String]) throws {
        let output = Pipe()
        process = Process()
        process.executableURL = path
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        // The logs of programs that are killed on purpose are noise; a test that fails says what it saw.
        var environment = ProcessInfo.processInfo.environment
        environment["RUST_LOG"] = "error"
        process.environment = environment
        try process.run()
        lifeline = try Lifeline(of: process.processIdentifier)
        ready = try Self.firstLine(of: output.fileHandleForReading, path.lastPathComponent)
    }

    /// The decoded line.
    public func announced<Line: Decodable>(as line: Line.Type) throws -> Line {
        try JSONDecoder.snakeCase.decode(line, from: ready)
    }

    /// Ends it at once, as the system does with a phone's processes, and waits until it is gone.
    public func kill() {
        lifeline.cut()
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

/// Kills a program when it is cut, or when the test process ends in whatever way: a program that stays would hold the
/// test run's output open, and the run would never end.
private final class Lifeline: Sendable {
    private let pipe = Pipe()

    init(of program: Int32) throws {
        let watcher = Process()
        watcher.executableURL = URL(fileURLWithPath: "/bin/sh")
        watcher.arguments = ["-c", #"read -r _; kill -9 "$0""#, String(program)]
        watcher.standardInput = pipe
        watcher.standardOutput = FileHandle.nullDevice
        watcher.standardError = FileHandle.nullDevice
        try watcher.run()
    }

    func cut() {
        // Fails where it is cut already: then the program is on its way.
        try? pipe.fileHandleForWriting.close()
    }
}
