package dev.pushbridge.sample

import android.Manifest.permission.POST_NOTIFICATIONS
import android.content.Intent
import android.os.Build
import android.os.Bundle
import androidx.activity.ComponentActivity
import androidx.activity.compose.rememberLauncherForActivityResult
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.activity.result.contract.ActivityResultContracts.RequestPermission
import androidx.activity.viewModels
import androidx.compose.runtime.getValue
import androidx.lifecycle.compose.collectAsStateWithLifecycle

class MainActivity : ComponentActivity() {
    private val model: PushViewModel by viewModels()

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        enableEdgeToEdge()
        if (savedInstanceState == null) openMessageOf(intent)
        setContent {
            val state by model.state.collectAsStateWithLifecycle()
            val ask = rememberLauncherForActivityResult(RequestPermission()) { model.checkPermission() }
            SampleTheme {
                PushScreen(state, PushActions(model::logIn, model::logOut, model::open, model::run, askWith = {
                    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) ask.launch(POST_NOTIFICATIONS)
                }))
            }
        }
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        openMessageOf(intent)
    }

    override fun onResume() {
        super.onResume()
        model.checkPermission() // the person may come back from the settings
    }

    private fun openMessageOf(intent: Intent) {
        intent.getStringExtra(Notifications.OPENED)?.let(model::open)
    }
}
