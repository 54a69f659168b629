package dev.pushbridge.sample

import android.Manifest.permission.POST_NOTIFICATIONS
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.os.Build
import androidx.core.app.NotificationChannelCompat
import androidx.core.app.NotificationCompat
import androidx.core.app.NotificationManagerCompat
import androidx.core.content.ContextCompat
import androidx.core.content.edit
import dev.pushbridge.Permission

object Notifications {
    /** Extra of the intent that a tap sends to the activity. */
    const val OPENED = "dev.pushbridge.sample.OPENED"

    /** The manifest names the same one to Firebase. */
    fun createChannel(context: Context) {
        val channel = NotificationChannelCompat.Builder(channel(context), NotificationManagerCompat.IMPORTANCE_DEFAULT)
            .setName(context.getString(R.string.channel)).build()
        NotificationManagerCompat.from(context).createNotificationChannel(channel)
    }

    private fun channel(context: Context) = context.getString(R.string.channel_id)

    /** What the person allows now. */
    fun permission(context: Context): Permission = when {
        isGranted(context) && NotificationManagerCompat.from(context).areNotificationsEnabled() -> Permission.GRANTED
        isGranted(context) || answers(context).contains(ASKED) -> Permission.DENIED
        else -> Permission.NOT_DETERMINED
    }

    private fun isGranted(context: Context) = Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU ||
        ContextCompat.checkSelfPermission(context, POST_NOTIFICATIONS) == PackageManager.PERMISSION_GRANTED

    /** Android itself does not tell a refusal from never having been asked. */
    fun rememberAsked(context: Context) = answers(context).edit(commit = true) { putBoolean(ASKED, true) }

    private fun answers(context: Context) = context.getSharedPreferences("permission", Context.MODE_PRIVATE)

    /** Whether the person could see it. */
    fun show(context: Context, message: Message): Boolean {
        if (permission(context) != Permission.GRANTED) return false
        val notification = NotificationCompat.Builder(context, channel(context))
            .setSmallIcon(R.drawable.ic_push)
            .setContentTitle(message.title)
            .setContentText(message.body)
            .setContentIntent(tap(context, message))
            .setAutoCancel(true)
            .build()
        return try {
            NotificationManagerCompat.from(context).notify(message.id, 0, notification)
            true
        } catch (_: SecurityException) {
            false // taken away a moment ago
        }
    }

    fun cancel(context: Context, id: String) = NotificationManagerCompat.from(context).cancel(id, 0)

    fun cancelAll(context: Context) = NotificationManagerCompat.from(context).cancelAll()

    private fun tap(context: Context, message: Message): PendingIntent {
        val intent = Intent(context, MainActivity::class.java)
            .setAction("open ${message.id}") // extras alone would not make two intents differ
            .putExtra(OPENED, message.id)
        return PendingIntent.getActivity(context, 0, intent, PendingIntent.FLAG_UPDATE_CURRENT or PendingIntent.FLAG_IMMUTABLE)
    }

    private const val ASKED = "asked"
}
