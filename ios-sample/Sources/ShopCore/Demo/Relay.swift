// The demo's network: a TCP relay to the server that can be switched off. The simulator shares the Mac's own loopback,
// which no flight mode cuts.
//
// In: the server's address. Out: an address of its own. Next: the demo's configuration names it as the server.

import Foundation

#if canImport(Glibc)
    import Glibc
    private let stream = Int32(SOCK_STREAM.rawValue)
#else
    import Darwin
    private let stream = SOCK_STREAM
#endif

public final class Relay: @unchecked Sendable {
    public let url: URL
    private let listener: Int32
    private let server: sockaddr_in
    // Guards what is below.
    private let lock = NSLock()
    private var isOnline = true
    private var sockets: Set<Int32> = []

    struct Failed: Error {}

    public init(to server: URL) throws {
        self.server = address(port: UInt16(server.port ?? 80))
        listener = socket(AF_INET, stream, 0)
        var mine = address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = listener
        let isBound = withUnsafeMutablePointer(to: &mine) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && listen(socket, 16) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard isBound, let url = URL(string: "http://127.0.0.1:\(UInt16(bigEndian: mine.sin_port))") else {
            throw Failed()
        }
        self.url = url
        Thread.detachNewThread { [weak self] in
            // Ends with the relay, whose last act is to shut the listener.
            while case let phone = accept(socket, nil, nil), phone >= 0 { self?.connect(phone) }
            close(socket)
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
    }

    /// Off, connections break and new ones are closed at once.
    public func setOnline(_ online: Bool) {
        lock.withLock {
            isOnline = online
            if !online { for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) } }
        }
    }

    /// Fails while off.
    func requireOnline() throws {
        guard lock.withLock({ isOnline }) else { throw URLError(.notConnectedToInternet) }
    }

    private func connect(_ phone: Int32) {
        let far = socket(AF_INET, stream, 0)
        var server = server
        let isThere = withUnsafePointer(to: &server) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                #if canImport(Glibc)
                    Glibc.connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                #else
                    Darwin.connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                #endif
            }
        }
        let isTaken = lock.withLock {
            guard isThere, isOnline else { return false }
            sockets.formUnion([phone, far])
            return true
        }
        guard isTaken else {
            close(phone)
            close(far)
            return
        }
        let both = DispatchGroup()
        for (from, to) in [(phone, far), (far, phone)] {
            both.enter()
            Thread.detachNewThread {
                copy(from, to)
                both.leave()
            }
        }
        both.notify(queue: .global()) { self.forget(phone, far) }
    }

    private func forget(_ phone: Int32, _ far: Int32) {
        lock.withLock {
            sockets.subtract([phone, far])
            close(phone)
            close(far)
        }
    }
}

/// Until one side ends; then both hear of it.
private func copy(_ from: Int32, _ to: Int32) {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while case let count = recv(from, &buffer, buffer.count, 0), count > 0 {
        guard sendAll(buffer[..<count], to) else { break }
    }
    shutdown(from, Int32(SHUT_RDWR))
    shutdown(to, Int32(SHUT_RDWR))
}

private func sendAll(_ bytes: ArraySlice<UInt8>, _ to: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
        #if canImport(Glibc)
            let count = rest.withUnsafeBytes { send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        #else
            var yes: Int32 = 1
            setsockopt(to, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<Int32>.size))
            let count = rest.withUnsafeBytes { send(to, $0.baseAddress, $0.count, 0) }
        #endif
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
    }
    return true
}

private func address(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    #if !canImport(Glibc)
        address.sin_len = UInt8(MemoryLayout<sockaddr_in>.size)
    #endif
    return address
}
