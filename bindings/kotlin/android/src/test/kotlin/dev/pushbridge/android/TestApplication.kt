package dev.pushbridge.android

import android.app.Application
import androidx.test.platform.app.InstrumentationRegistry
import com.google.firebase.messaging.RemoteMessage
import dev.pushbridge.Backend
import dev.pushbridge.Pushbridge
import dev.pushbridge.World
import java.util.concurrent.CopyOnWriteArrayList
import kotlinx.coroutines.runBlocking

/** An app as README shows it, on a phone whose network and Google are in the test's hand. */
class TestApplication : Application(), PushbridgeOwner {
    val backend: Backend by lazy { World.newApp() }
    lateinit var work: TestWork
    lateinit var play: PlayServices
    private val opened = lazy {
        Pushbridge.open(this, World.serverUrl, backend.app, { user, _ -> backend.proof(user) }) { httpsOnly = false }
    }
    override val pushbridge: Pushbridge by opened

    /** What the service handed to the app. */
    val pushes = CopyOnWriteArrayList<Pair<Map<String, String>, String?>>()

    override fun onCreate() {
        super.onCreate()
        work = TestWork(this)
        play = PlayServices(this)
    }

    override fun onTerminate() {
        if (opened.isInitialized()) runBlocking { pushbridge.close() }
        work.close()
        super.onTerminate()
    }
}

/** The app of the test that runs. */
fun testApplication(): TestApplication =
    InstrumentationRegistry.getInstrumentation().targetContext.applicationContext as TestApplication

class TestMessagingService : PushbridgeMessagingService() {
    override fun onPush(message: RemoteMessage, messageId: String?) {
        (application as TestApplication).pushes += message.data to messageId
    }
}
