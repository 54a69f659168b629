// What the core tells, spread to everyone who listens.
//
// In: callbacks on the core's one callback thread. Out: async streams, any number of them. Next: the app's `for await`.
// A slow listener loses old statuses and holds nobody up: only the newest is kept for it.

import Foundation
internal import PushbridgeFFI

final class StatusHub: PushListener, @unchecked Sendable {
    // Guards everything below. Nothing foreign runs under it: a yield only hands over.
    private let lock = NSLock()
    private var statuses: [UUID: AsyncStream<PushStatus>.Continuation] = [:]
    private var ends: [UUID: AsyncStream<LoginEnd>.Continuation] = [:]
    // Each by itself: a status says nothing to who waits for an end.
    private var statusesHeard = 0
    private var endsHeard = 0
    private var isFinished = false
    private var wantsReset: (@Sendable () -> Void)?

    /// Calls `wake` when the platform has to replace its address.
    func whenAddressMustBeReplaced(_ wake: @escaping @Sendable () -> Void) {
        lock.withLock { wantsReset = wake }
    }

    func onStatus(status: PushbridgeFFI.PushStatus) {
        let status = PushStatus(status)
        lock.withLock {
            statusesHeard += 1
            for listener in statuses.values { listener.yield(status) }
        }
    }

    func onEffect(effect: PlatformEffect) {
        switch effect {
        case .resetAddress:
            lock.withLock { wantsReset }?()
        case .loggedOut(let reason):
            let end = LoginEnd(reason)
            lock.withLock {
                endsHeard += 1
                for listener in ends.values { listener.yield(end) }
            }
        }
    }

    /// A stream that begins with what `snapshot` says now.
    func statusStream(beginningWith snapshot: @Sendable () -> PushStatus?) -> AsyncStream<PushStatus> {
        stream(in: \.statuses, counted: \.statusesHeard, beginningWith: snapshot)
    }

    /// A stream that begins with the end that `snapshot` knows of, if there is one.
    func endStream(beginningWith snapshot: @Sendable () -> LoginEnd?) -> AsyncStream<LoginEnd> {
        stream(in: \.ends, counted: \.endsHeard, beginningWith: snapshot)
    }

    /// Ends all streams, for good.
    func finish() {
        let (statuses, ends) = lock.withLock {
            isFinished = true
            return (Array(self.statuses.values), Array(self.ends.values))
        }
        // Outside of the lock: the end of a stream takes it.
        for listener in statuses { listener.finish() }
        for listener in ends { listener.finish() }
    }

    private typealias Listeners<Element> =
        ReferenceWritableKeyPath<StatusHub, [UUID: AsyncStream<Element>.Continuation]> & Sendable

    private func stream<Element: Sendable>(
        in listeners: Listeners<Element>, counted heard: KeyPath<StatusHub, Int>,
        beginningWith snapshot: () -> Element?
    ) -> AsyncStream<Element> {
        let (stream, listener) = AsyncStream.makeStream(of: Element.self, bufferingPolicy: .bufferingNewest(1))
        let id = UUID()
        listener.onTermination = { [weak self] _ in
            guard let self else { return }
            // Let go of outside of the lock: the end of a listener may end up here again.
            let gone = lock.withLock { self[keyPath: listeners].removeValue(forKey: id) }
            withExtendedLifetime(gone) {}
        }
        let heardBefore: Int? = lock.withLock {
            guard !isFinished else { return nil }
            self[keyPath: listeners][id] = listener
            return self[keyPath: heard]
        }
        guard let heardBefore else {
            listener.finish()
            return stream
        }
        let first = snapshot()
        // What came meanwhile is newer than the snapshot.
        lock.withLock {
            if let first, self[keyPath: heard] == heardBefore { listener.yield(first) }
        }
        return stream
    }
}
