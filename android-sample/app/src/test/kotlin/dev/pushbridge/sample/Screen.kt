package dev.pushbridge.sample

import android.app.Activity
import android.view.View
import android.view.ViewGroup
import androidx.compose.runtime.snapshots.Snapshot
import androidx.compose.ui.node.RootForTest
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import dev.pushbridge.android.eventually

/** What a person, or TalkBack, finds on the screen. */
class Screen(private val activity: Activity) {
    /** Compose's view. */
    fun root(): RootForTest {
        // Compose's own messenger for this is one per process, and is lost with the first test's queue.
        Snapshot.sendApplyNotifications()
        return checkNotNull(composeRoot(activity.window.decorView))
    }

    private fun composeRoot(view: View): RootForTest? = when (view) {
        is RootForTest -> view
        is ViewGroup -> (0 until view.childCount).firstNotNullOfOrNull { composeRoot(view.getChildAt(it)) }
        else -> null
    }

    fun nodes(from: SemanticsNode = root().semanticsOwner.rootSemanticsNode): List<SemanticsNode> = listOf(from) + from.children.flatMap(::nodes)

    fun textOf(node: SemanticsNode): String = (
        node.config.getOrNull(SemanticsProperties.Text).orEmpty().map { it.text } +
            node.config.getOrNull(SemanticsProperties.ContentDescription).orEmpty()
        ).joinToString(" ")

    fun text(): String = nodes().map(::textOf).filter { it.isNotEmpty() }.joinToString("\n")

    /** Waits until [text] is there. */
    fun shows(text: String) = try {
        eventually("the screen shows «$text»") { text in text() }
    } catch (e: IllegalStateException) {
        throw AssertionError("«$text» is not among: ${text().replace('\n', '|')}", e)
    }

    /** What is below comes into sight, and what is above may leave it. */
    fun scrollTo(card: Int) {
        val list = nodes().first { SemanticsActions.ScrollToIndex in it.config }
        list.config[SemanticsActions.ScrollToIndex].action?.invoke(card)
    }

    fun lacks(text: String) = eventually("«$text» leaves the screen") { text !in text() }

    /** Touches the button or the message with [text], once it is there. */
    fun tap(text: String) {
        var touched = false
        eventually("«$text» can be touched") {
            val node = nodes().firstOrNull { SemanticsActions.OnClick in it.config && text in textOf(it) }
            touched = node?.config?.getOrNull(SemanticsActions.OnClick)?.action?.invoke() ?: false
            touched
        }
    }
}
