package dev.pushbridge

/** An app that makes its calls, says so, and then waits to be killed. */
fun main(arguments: Array<String>) {
    val (url, app, folder) = arguments
    val noPlatform = object : PushPlatform {
        override suspend fun current(): Registration? = null

        override suspend fun reset(): Registration = error("never asked: nothing syncs here")
    }
    val config = PushbridgeConfig(url, app, folder) {
        httpsOnly = false
        platform = "android"
        appVersion = "1.0.0"
    }
    val push = Pushbridge.open(config, noPlatform, { _, _ -> null })
    for ((call, argument) in arguments.drop(3).chunked(2).map { it[0] to it[1] }) {
        when (call) {
            "token" -> push.onRegistration(Registration.Token(argument))
            "login" -> push.login(argument)
            "logout" -> push.logout()
            else -> error("unknown call")
        }
    }
    println("durable")
    System.out.flush()
    System.`in`.read()
}
