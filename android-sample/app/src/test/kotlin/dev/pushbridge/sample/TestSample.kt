package dev.pushbridge.sample

import android.content.Context
import androidx.test.platform.app.InstrumentationRegistry
import dev.pushbridge.Backend
import dev.pushbridge.Pushbridge
import dev.pushbridge.World
import dev.pushbridge.android.PlayServices
import dev.pushbridge.android.TestWork
import dev.pushbridge.android.open
import kotlinx.coroutines.runBlocking

/** The app as it is, with the test's server and the test's hand on network and Google. */
class TestSample : SampleApplication() {
    lateinit var backend: Backend
    lateinit var work: TestWork
    lateinit var play: PlayServices

    override val surroundings = object : Surroundings {
        override fun open(context: Context): Pushbridge =
            Pushbridge.open(context, World.serverUrl, backend.app, { user, _ -> backend.proof(user) }) { httpsOnly = false }
    }

    override fun onCreate() {
        backend = World.newApp()
        work = TestWork(this)
        play = PlayServices(this)
        super.onCreate()
    }

    override fun onTerminate() {
        runBlocking { pushbridge.close() }
        work.close()
        super.onTerminate()
    }
}

fun testSample() = InstrumentationRegistry.getInstrumentation().targetContext.applicationContext as TestSample
