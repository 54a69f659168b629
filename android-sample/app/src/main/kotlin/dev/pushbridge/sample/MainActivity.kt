package dev.pushbridge.sample

import android.Manifest.permission.POST_NOTIFICATIONS
import android.content.Intent
import android.os.Build
import android.os.Bundle
import android.provider.Settings
import androidx.activity.ComponentActivity
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.activity.result.contract.ActivityResultContracts.RequestPermission
import androidx.activity.viewModels
import androidx.compose.runtime.getValue
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import com.google.firebase.messaging.RemoteMessage
import dev.pushbridge.Permission

class MainActivity : ComponentActivity() {
    private val model: PushViewModel by viewModels()

    private val question = registerForActivityResult(RequestPermission()) {
        Notifications.rememberAsked(this)
        model.checkPermission()
    }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        enableEdgeToEdge()
        if (savedInstanceState == null) openMessageOf(intent)
        setContent {
            val state by model.state.collectAsStateWithLifecycle()
            SampleTheme {
                PushScreen(state, PushActions(model::logIn, model::logOut, ::allow, model::open, model::close, model::run))
            }
        }
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        openMessageOf(intent)
    }

    override fun onResume() {
        super.onResume()
        model.checkPermission()
    }

    /** The dialog shows once or twice in the life of an app; after that only the settings help. */
    private fun allow() {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU && Notifications.permission(this) == Permission.NOT_DETERMINED) {
            question.launch(POST_NOTIFICATIONS)
        } else {
            val settings = Intent(Settings.ACTION_APP_NOTIFICATION_SETTINGS)
            startActivity(settings.putExtra(Settings.EXTRA_APP_PACKAGE, packageName))
        }
    }

    private fun openMessageOf(intent: Intent) {
        val id = intent.getStringExtra(Notifications.OPENED)
        val shownByFirebase = intent.extras?.let(::RemoteMessage)?.takeIf { it.messageId != null }
        if (id != null) model.open(id) else if (shownByFirebase != null) model.openShownBySystem(shownByFirebase.data)
    }
}
