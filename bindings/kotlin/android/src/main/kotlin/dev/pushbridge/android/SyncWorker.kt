package dev.pushbridge.android

import android.content.Context
import android.util.Log
import androidx.work.CoroutineWorker
import androidx.work.WorkerParameters
import dev.pushbridge.PushException
import dev.pushbridge.SyncOutcome
import dev.pushbridge.SyncTrigger
import kotlin.time.Duration.Companion.seconds

/** One sync. WorkManager decides when; the outcome says whether it must come again. */
internal class SyncWorker(context: Context, parameters: WorkerParameters) : CoroutineWorker(context, parameters) {
    override suspend fun doWork(): Result =
        try {
            // Opened inside: it may be the first use in this process, and opening is a wish for a sync.
            resultOf(WorkManagerScheduler.wishes.serve { applicationContext.pushbridge.sync(DEADLINE, trigger()) })
        } catch (e: PushException) {
            Log.w(TAG, "no sync: ${e.message}")
            if (e is PushException.Config || e is PushException.Closed) Result.failure() else Result.retry()
        }

    /** A repetition has waited for WorkManager's pause and for a network: that ends a wait for the network. */
    private fun trigger() = if (runAttemptCount > 0) SyncTrigger.NETWORK_BACK else SyncTrigger.CHANGE

    private fun resultOf(outcome: SyncOutcome): Result = when (outcome) {
        is SyncOutcome.UpToDate, is SyncOutcome.Delivered, is SyncOutcome.Paused -> Result.success()
        is SyncOutcome.NeedsCredentials -> Result.success() // credentialsChanged() asks again
        is SyncOutcome.Deferred, is SyncOutcome.AwaitingAddress -> Result.retry()
        is SyncOutcome.Rejected -> Result.failure() // until something changes, or tomorrow
    }

    private companion object {
        /** Under the ten minutes that the system gives. */
        val DEADLINE = 60.seconds
    }
}

internal const val TAG: String = "Pushbridge"
