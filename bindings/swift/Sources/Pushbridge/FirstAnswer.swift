// Waiting for app code without being at its mercy.
//
// In: a task, and how long to wait. Out: its value, or nil when the time is over first; the task goes on. Next: whoever
// called. A task group would not do: it waits for its children, and a callback that Firebase never calls is one.

import Foundation

/// The value of `task`, or nil if it has none after `seconds`.
func firstAnswer<Value: Sendable>(of task: Task<Value, Never>, within seconds: TimeInterval) async -> Value? {
    let once = Once<Value>()
    let timer = Task {
        try? await Task.sleep(nanoseconds: UInt64(max(0, seconds) * 1e9))
        once.resume(with: nil)
    }
    Task { once.resume(with: await task.value) }
    let value = await withCheckedContinuation { once.wait($0) }
    timer.cancel()
    return value
}

/// A continuation that the first of two resumes.
private final class Once<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var waiting: CheckedContinuation<Value?, Never>?
    private var answer: Value??

    func wait(_ continuation: CheckedContinuation<Value?, Never>) {
        let early: Value?? = lock.withLock {
            if answer == nil { waiting = continuation }
            return answer
        }
        if let early { continuation.resume(returning: early) }
    }

    func resume(with value: Value?) {
        let continuation = lock.withLock {
            guard answer == nil else { return nil as CheckedContinuation<Value?, Never>? }
            answer = .some(value)
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume(returning: value)
    }
}
