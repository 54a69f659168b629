// An app that the system kills between Firebase's callback and the sync, for LifeTests.
//
// In: server, app, folder, token. Out: one JSON line once the token and a login are durable; then it waits for its end.
// Next: the test kills it and opens the same folder.

import Foundation
import Pushbridge

struct NoFirebase: PushPlatform {
    func currentAddress() async throws -> PushAddress? { nil }
    func replaceAddress() async throws -> PushAddress { throw CancellationError() }
}

struct NobodyToAsk: PushCredentials {
    func proof(for user: String, refreshed: Bool) async throws -> String? { nil }
}

let arguments = CommandLine.arguments
guard arguments.count == 5, let server = URL(string: arguments[1]) else {
    fatalError("usage: KilledPhone SERVER APP FOLDER TOKEN")
}
var configuration = PushConfiguration(server: server, app: arguments[2])
configuration.folder = URL(fileURLWithPath: arguments[3])
configuration.allowsPlainLoopback = true
configuration.syncsAutomatically = false
let client = try PushClient(configuration, platform: NoFirebase(), credentials: NobodyToAsk())
try await client.login("anna")
try client.didReceive(.fcmToken(arguments[4]))
let status = try client.status
let line = #"{"installation":"\#(status.installationID)","revision":\#(status.revision ?? 0)}"# + "\n"
try FileHandle.standardOutput.write(contentsOf: Data(line.utf8))
try await Task.sleep(nanoseconds: 3_600_000_000_000)
_ = client
