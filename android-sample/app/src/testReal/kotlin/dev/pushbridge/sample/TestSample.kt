package dev.pushbridge.sample

import android.content.Context
import dev.pushbridge.Backend
import dev.pushbridge.JsonClient
import dev.pushbridge.World
import dev.pushbridge.android.PlayServices
import dev.pushbridge.android.TestWork
import kotlinx.coroutines.cancel
import kotlinx.coroutines.runBlocking

/** The app as it is, with the test's server and the test's hand on network and Google. */
open class TestSample(private val policy: String = "multi") : SampleApplication() {
    /** Of a process that another one started; else the world is in this one. */
    private val phone = Phone.ofThisProcess()

    lateinit var backend: Backend
    lateinit var work: TestWork
    lateinit var play: PlayServices

    override val surroundings by lazy {
        RealSurroundings(phone?.server ?: World.serverUrl, phone?.app ?: backend.app, { user, _ -> proof(user) }) { httpsOnly = false }
    }

    private fun proof(user: String): String? = if (phone == null) backend.proof(user) else null

    override fun attachBaseContext(base: Context) {
        super.attachBaseContext(base)
        phone?.mount(base)
    }

    override fun onCreate() {
        if (phone == null) backend = World.newApp(policy)
        work = TestWork(this)
        play = if (phone == null) PlayServices(this) else PlayServices(this, JsonClient(phone.google), phone.device)
        super.onCreate()
    }

    override fun onTerminate() {
        runBlocking { pushbridge.close() }
        scope.cancel()
        work.close()
        super.onTerminate()
    }
}
