package dev.pushbridge.sample

import android.content.Context
import dev.pushbridge.World
import dev.pushbridge.android.PlayServices
import java.io.File
import java.nio.file.Files

/** What outlives a process: the phone's disk, and where it finds its server and Google. */
class Phone(val server: String, val app: String, val google: String, val device: String, val disk: File) {
    /** Puts the disk where Robolectric has made an empty one. */
    fun mount(context: Context) {
        check(context.dataDir.delete()) { "something was written before the disk was there" }
        Files.createSymbolicLink(context.dataDir.toPath(), disk.toPath())
    }

    override fun toString() = listOf(server, app, google, device, disk).joinToString(" ")

    companion object {
        const val PROPERTY = "sample.phone"

        /** A new phone with the app on it. */
        fun of(app: String): Phone {
            val disk = File(World.folder("phone")).apply { mkdirs() }
            return Phone(World.serverUrl, app, World.emulator.url + "/emulator/v1", PlayServices.newDevice(), disk)
        }

        fun ofThisProcess(): Phone? {
            val (server, app, google, device, disk) = System.getProperty(PROPERTY)?.split(' ') ?: return null
            return Phone(server, app, google, device, File(disk))
        }
    }
}
