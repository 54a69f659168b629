// JSON over HTTP for the demo's two helpers, the back end and the emulator. The phone core has its own network.

import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

struct JSONCalls: Sendable {
    let base: URL
    var key: String?

    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    func call<Answer: Decodable>(
        _ method: String, _ path: String, _ body: [String: String]? = nil, as answer: Answer.Type
    ) async throws -> Answer {
        guard let url = URL(string: base.absoluteString + path) else { throw Refused(description: "not a URL") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        if let key { request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization") }
        if let body {
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            request.httpBody = try JSONEncoder().encode(body)
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let status = (response as? HTTPURLResponse)?.statusCode, (200..<300).contains(status) else {
            throw Refused(description: "\(method) was refused: \(String(decoding: data.prefix(200), as: UTF8.self))")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(answer, from: data)
    }
}
