package dev.pushbridge.sample

import java.io.IOException
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.net.URI
import java.util.concurrent.ConcurrentHashMap
import kotlin.concurrent.thread

/**
 * The demo's network: a TCP relay to the server that can be switched off. It also makes the server an address of this
 * phone, the only one that the core takes without TLS.
 */
class Relay(server: String) {
    private val server = URI(server)
    private val listener = ServerSocket(0, BACKLOG, InetAddress.getByName("127.0.0.1"))
    private val sockets: MutableSet<Socket> = ConcurrentHashMap.newKeySet()
    val url = "http://127.0.0.1:${listener.localPort}"

    /** Off, connections break and new ones are closed at once. */
    @Volatile
    var isOnline = true
        set(online) {
            field = online
            if (!online) sockets.forEach(Socket::close)
        }

    init {
        thread(isDaemon = true) { while (true) listener.accept().let { phone -> thread(isDaemon = true) { forward(phone) } } }
    }

    private fun forward(phone: Socket) {
        try {
            Socket(server.host, server.port).use { far ->
                phone.use {
                    sockets += listOf(phone, far)
                    if (!isOnline) return
                    val back = thread(isDaemon = true) { copy(far, phone) }
                    copy(phone, far)
                    back.join()
                }
                sockets -= setOf(phone, far)
            }
        } catch (_: IOException) {
            phone.close() // the server is away
        }
    }

    /** Until one side ends; then the other hears of it. */
    private fun copy(from: Socket, to: Socket) {
        try {
            from.getInputStream().copyTo(to.getOutputStream())
            to.shutdownOutput()
        } catch (_: IOException) {
            from.close()
            to.close()
        }
    }

    private companion object {
        const val BACKLOG = 16
    }
}
