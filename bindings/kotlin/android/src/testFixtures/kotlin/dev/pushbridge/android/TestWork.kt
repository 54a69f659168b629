package dev.pushbridge.android

import android.content.Context
import androidx.work.Configuration
import androidx.work.WorkInfo
import androidx.work.WorkManager
import androidx.work.testing.WorkManagerTestInitHelper
import androidx.work.testing.WorkManagerTestInitHelper.ExecutorsMode.PRESERVE_EXECUTORS
import java.util.concurrent.TimeUnit

/** WorkManager with the test's hand on the network: work runs when the test lets it. */
class TestWork(private val context: Context) {
    init {
        val configuration = Configuration.Builder().build()
        WorkManagerTestInitHelper.initializeTestWorkManager(context, configuration, PRESERVE_EXECUTORS)
    }

    private val driver = checkNotNull(WorkManagerTestInitHelper.getTestDriver(context))

    /** The sync that waits or runs, or the last one. */
    fun sync(): WorkInfo? = infos(WorkManagerScheduler.SYNC).lastOrNull()

    fun infos(name: String): List<WorkInfo> =
        WorkManager.getInstance(context).getWorkInfosForUniqueWork(name).get(LIMIT_S, TimeUnit.SECONDS)

    /** Runs the sync that is enqueued, once, and says what became of it. */
    fun run(): WorkInfo {
        var run = checkNotNull(sync()?.takeIf { it.state == WorkInfo.State.ENQUEUED }) { "no sync is enqueued" }
        var end: WorkInfo? = null
        eventually("the sync ends") {
            val now = checkNotNull(sync())
            // The core's callback asks for work as well, from a thread of its own, and may replace what was enqueued.
            if (now.id != run.id) run = now
            // Said again: WorkManager forgets it when it schedules a repetition, a moment after the last run.
            if (isSameRun(run, now)) driver.setAllConstraintsMet(now.id)
            end = now.takeIf { it.state != WorkInfo.State.RUNNING && !isSameRun(run, it) }
            end != null
        }
        return checkNotNull(end)
    }

    private fun isSameRun(before: WorkInfo, now: WorkInfo) =
        now.id == before.id && now.state == before.state && now.runAttemptCount == before.runAttemptCount

    /** Runs whatever is enqueued until nothing is. */
    fun runAll() {
        eventually("all syncs end") {
            val now = sync()
            if (now?.state == WorkInfo.State.ENQUEUED) run()
            now == null || now.state.isFinished
        }
    }

    fun close() = WorkManagerTestInitHelper.closeWorkDatabase()

    private companion object {
        /** For a test that fails. */
        const val LIMIT_S = 30L
    }
}
