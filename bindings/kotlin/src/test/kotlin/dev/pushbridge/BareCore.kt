package dev.pushbridge

import com.sun.jna.Native
import dev.pushbridge.ffi.CredentialReply
import dev.pushbridge.ffi.CredentialsProvider
import dev.pushbridge.ffi.Platform
import dev.pushbridge.ffi.PlatformEffect
import dev.pushbridge.ffi.PushConfig
import dev.pushbridge.ffi.PushCore
import dev.pushbridge.ffi.PushListener
import dev.pushbridge.ffi.PushStatus
import dev.pushbridge.ffi.RegistrationKind
import java.util.concurrent.CopyOnWriteArrayList

/** The core without the wrapper, which catches what these tests let through. */
class BareCore(
    backend: Backend,
    credentialsTimeoutMs: UInt = 10_000u,
    private val phone: EmulatedPhone = EmulatedPhone(),
) {
    @Volatile
    internal var provider: (String, CredentialReply) -> Unit = { user, reply -> reply.provide(backend.proof(user)) }

    @Volatile
    internal var onStatus: (PushCore, PushStatus) -> Unit = { _, _ -> }

    @Volatile
    private var opened: PushCore? = null

    internal val core: PushCore = PushCore.open(
        PushConfig(
            baseUrl = World.serverUrl,
            appId = backend.app,
            storeDir = World.folder("bare"),
            platform = Platform.Android,
            httpsOnly = false,
            credentialsTimeoutMs = credentialsTimeoutMs,
        ),
        object : CredentialsProvider {
            override fun request(userId: String, forceRefresh: Boolean, reply: CredentialReply) = provider(userId, reply)
        },
        object : PushListener {
            override fun onEffect(effect: PlatformEffect) = Unit

            override fun onStatus(status: PushStatus) {
                opened?.let { onStatus(it, status) }
            }
        },
    )

    /** What was thrown in callbacks and is not an Exception: JNA would print it. */
    val errors: MutableList<Throwable> = CopyOnWriteArrayList()

    init {
        opened = core
        Native.setCallbackExceptionHandler { _, error -> errors += error }
    }

    /** The platform names its token. */
    fun report() {
        core.onRegistration(RegistrationKind.FCM_TOKEN, phone.registration().value, null)
    }
}
