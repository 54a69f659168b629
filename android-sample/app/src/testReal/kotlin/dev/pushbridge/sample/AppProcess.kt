package dev.pushbridge.sample

import java.io.File
import java.lang.management.ManagementFactory
import java.util.concurrent.TimeUnit
import org.junit.Test

/** A process of the app on [phone], told what to do from outside; whatever it promised must be on the disk when it is killed. */
class AppProcess(phone: Phone) {
    private val process = ProcessBuilder(command(phone)).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    private val answers = process.inputStream.bufferedReader()
    private val orders = process.outputStream.bufferedWriter()

    init {
        Runtime.getRuntime().addShutdownHook(Thread { process.destroyForcibly() })
        hear("started")
    }

    /** All that this process was started with, but for the name of the test. */
    private fun command(phone: Phone): List<String> {
        val program = File(System.getProperty("java.home"), "bin/java").path
        val own = ManagementFactory.getRuntimeMXBean()
        return listOf(program) + own.inputArguments + "-D${Phone.PROPERTY}=$phone" +
            listOf("-cp", own.classPath, "org.junit.runner.JUnitCore", Obeys::class.java.name)
    }

    private fun tell(order: String) {
        orders.write(order + "\n")
        orders.flush()
        hear("done")
    }

    private fun hear(expected: String) {
        val answer = answers.lineSequence().firstOrNull { it.startsWith(MARK) }
        if (answer != MARK + expected) throw AssertionError(answer ?: "the process has ended")
    }

    fun tap(text: String) = tell("tap $text")

    fun shows(text: String) = tell("shows $text")

    fun lacks(text: String) = tell("lacks $text")

    /** Firebase tells the app its token. */
    fun tellToken() = tell("token")

    /** The core hears of a login, and the process ends before the app remembers it. */
    fun logInToCoreOnly(user: String) = tell("core $user")

    /** Lets WorkManager work until nothing is left to do. */
    fun work() = tell("work")

    /** FCM hands over what came. */
    fun deliver() = tell("deliver")

    /** What the app did at Firebase was just this. */
    fun asked(calls: String) = tell("asked $calls")

    /** SIGKILL. */
    fun kill() {
        process.destroyForcibly()
        check(process.waitFor(20, TimeUnit.SECONDS))
    }

    /** The other end: runs in the process. */
    class Obeys : SampleTest() {
        @Test
        fun obey() {
            answer("started")
            generateSequence(::readlnOrNull).forEach { order ->
                try {
                    obey(order.substringBefore(' '), order.substringAfter(' ', ""))
                    answer("done")
                } catch (e: Throwable) {
                    answer("$order: $e".replace('\n', ' '))
                }
            }
        }

        private fun answer(text: String) = println("\n$MARK$text")

        private fun obey(order: String, text: String) {
            when (order) {
                "tap" -> screen.tap(text)
                "shows" -> screen.shows(text)
                "lacks" -> screen.lacks(text)
                "token" -> app.play.tellToken()
                "core" -> app.pushbridge.login(text)
                "work" -> app.work.runAll()
                "deliver" -> app.play.deliver()
                "asked" -> check(app.play.calls.joinToString() == text) { "it asked ${app.play.calls}" }
                else -> error("an order that nobody knows")
            }
        }
    }

    private companion object {
        const val MARK = "app: "
    }
}
