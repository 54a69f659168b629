package dev.pushbridge.android

import android.content.Context
import android.os.Build
import androidx.work.BackoffPolicy
import androidx.work.Constraints
import androidx.work.ExistingPeriodicWorkPolicy
import androidx.work.ExistingWorkPolicy
import androidx.work.NetworkType
import androidx.work.OneTimeWorkRequestBuilder
import androidx.work.OutOfQuotaPolicy
import androidx.work.PeriodicWorkRequestBuilder
import androidx.work.WorkManager
import dev.pushbridge.Pushbridge
import dev.pushbridge.SyncScheduler
import java.util.concurrent.TimeUnit

/**
 * Syncs by WorkManager: when there is work and a network, again with growing waits while the server is away, and once
 * a day to see whether the server wants a refresh. All of it outlives the process.
 */
public class WorkManagerScheduler(context: Context) : SyncScheduler {
    private val context = context.applicationContext

    override fun schedule(push: Pushbridge) {
        if (wishes.isHeard()) return
        val work = WorkManager.getInstance(context)
        // REPLACE: kept, an older request may sit in a wait of hours, and the news would sit there with it.
        work.enqueueUniqueWork(SYNC, ExistingWorkPolicy.REPLACE, syncNow())
        work.enqueueUniquePeriodicWork(HEARTBEAT, ExistingPeriodicWorkPolicy.KEEP, syncDaily())
    }

    private fun syncNow() = OneTimeWorkRequestBuilder<SyncWorker>()
        .setConstraints(online)
        .setBackoffCriteria(BackoffPolicy.EXPONENTIAL, FIRST_WAIT_S, TimeUnit.SECONDS)
        .apply {
            // Before Android 12 expedited work is a foreground service and would show a notification.
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) {
                setExpedited(OutOfQuotaPolicy.RUN_AS_NON_EXPEDITED_WORK_REQUEST)
            }
        }
        .build()

    private fun syncDaily() = PeriodicWorkRequestBuilder<SyncWorker>(1, TimeUnit.DAYS)
        .setConstraints(online)
        .setInitialDelay(1, TimeUnit.DAYS)
        .build()

    public companion object {
        /** Name of the unique work that follows a change, for [WorkManager.getWorkInfosForUniqueWorkFlow]. */
        public const val SYNC: String = "pushbridge-sync"

        /** Name of the unique daily work. */
        public const val HEARTBEAT: String = "pushbridge-heartbeat"

        private const val FIRST_WAIT_S = 30L
        private val online = Constraints.Builder().setRequiredNetworkType(NetworkType.CONNECTED).build()

        /** Of this process: the core is one per process too. */
        internal val wishes = Wishes()
    }
}
