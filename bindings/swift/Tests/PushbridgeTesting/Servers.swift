// The real emulator and the real server.
//
// In: nothing. Out: one of each for all tests, and servers of their own for tests that stop one. Next: Backend.swift
// registers an app for every test, so that tests share a server and nothing else.

import Foundation

/// FCM on this machine.
public struct Emulator: Sendable {
    public let url: String
    public let project: String
    public let serviceAccount: String
    /// `/emulator/v1`.
    public let control: HTTP
    private let program: Program
    private let folder: TemporaryFolder

    private struct Ready: Decodable {
        let url, control, project, serviceAccount: String
    }

    private static let running = Task { try Emulator() }

    /// The one that all tests use.
    public static var shared: Emulator {
        get async throws { try await running.value }
    }

    private init() throws {
        folder = try TemporaryFolder()
        program = try Program("pushbridge-fcm-emulator", ["--dir", folder.url.path])
        let ready = try program.announced(as: Ready.self)
        url = ready.url
        project = ready.project
        serviceAccount = try String(contentsOfFile: ready.serviceAccount, encoding: .utf8)
        guard let base = URL(string: ready.control) else { throw Failure("the emulator named no URL") }
        control = HTTP(base: base)
    }
}

/// A Pushbridge server.
public final class Server: @unchecked Sendable {
    public let url: URL
    public let bootstrapKey: String
    private let folder: TemporaryFolder
    private var program: Program?

    private struct Ready: Decodable {
        let url, bootstrapKeyFile: String
    }

    private static let running = Task { try Server() }

    /// The one that tests share. Nobody stops it.
    public static var shared: Server {
        get async throws { try await running.value }
    }

    /// One of its own, for a test that stops it.
    public init() throws {
        folder = try TemporaryFolder()
        let program = try Self.launch(in: folder, at: "127.0.0.1:0")
        let ready = try program.announced(as: Ready.self)
        guard let url = URL(string: ready.url) else { throw Failure("the server named no URL") }
        self.url = url
        bootstrapKey = try String(contentsOfFile: ready.bootstrapKeyFile, encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        self.program = program
    }

    deinit { program?.kill() }

    /// The server is gone, in the middle of whatever it did.
    public func goDown() {
        program?.kill()
        program = nil
    }

    /// It is there again, at the same address, with what it had stored.
    public func comeBack() throws {
        program = try Self.launch(in: folder, at: "\(url.host ?? "127.0.0.1"):\(url.port ?? 0)")
    }

    private static func launch(in folder: TemporaryFolder, at address: String) throws -> Program {
        try Program("pushbridge", ["serve", "--data", folder.url.path, "--listen", address])
    }
}
