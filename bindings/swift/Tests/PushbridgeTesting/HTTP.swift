// JSON over HTTP, for the sides that are not the phone: back end, operator, emulator's control.
//
// In: a body as text. Out: the answer, decoded. Next: the tests. A refusal is an error, with the server's own words.

import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

public struct HTTP: Sendable {
    let base: URL
    let key: String?

    /// With `key`, calls carry it.
    public init(base: URL, key: String? = nil) {
        self.base = base
        self.key = key
    }

    /// One call. Nobody need read the answer.
    @discardableResult
    public func call<Answer: Decodable>(
        _ method: String, _ path: String, _ body: String? = nil, as answer: Answer.Type = Nothing.self
    ) async throws -> Answer {
        guard let url = URL(string: base.absoluteString + path) else { throw Failure("not a URL: \(path)") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        if let key { request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization") }
        if let body {
            request.httpBody = Data(body.utf8)
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let status = (response as? HTTPURLResponse)?.statusCode, (200..<300).contains(status) else {
            throw Failure("\(method) \(path): \(String(decoding: data, as: UTF8.self))")
        }
        if let nothing = Nothing() as? Answer { return nothing }
        return try JSONDecoder.snakeCase.decode(answer, from: data)
    }
}

/// An answer that nobody reads.
public struct Nothing: Decodable, Sendable {}
