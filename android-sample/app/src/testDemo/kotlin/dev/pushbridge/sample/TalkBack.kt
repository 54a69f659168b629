package dev.pushbridge.sample

import android.app.Activity
import android.view.View
import android.view.accessibility.AccessibilityNodeInfo
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull

/** The screen as TalkBack reads it: what Compose hands to Android's accessibility, a line for each stop of the finger. */
class TalkBack(activity: Activity) {
    private val screen = Screen(activity)
    private val provider = (screen.root() as View).accessibilityNodeProvider

    /** From top to bottom. */
    fun lines(): List<String> =
        screen.nodes().filter { screen.textOf(it).isNotEmpty() }.sortedBy { it.boundsInRoot.top }.map(::line)

    private fun line(node: SemanticsNode): String {
        val told = checkNotNull(provider.createAccessibilityNodeInfo(node.id)) { "Android is told nothing of it" }
        val words = screen.textOf(node).replace('\n', ' ').replace(CHANGING, "…")
        val isAnnounced = told.liveRegion == View.ACCESSIBILITY_LIVE_REGION_POLITE
        return listOfNotNull(role(node, told), "«$words»", touch(told), if (isAnnounced) "spoken when it changes" else null)
            .joinToString(", ")
    }

    /** A role is handed over as a node of its own, which TalkBack reads together with this one. */
    private fun role(node: SemanticsNode, told: AccessibilityNodeInfo): String =
        node.config.getOrNull(SemanticsProperties.Role)?.toString()?.lowercase() ?: if (told.isHeading) "heading" else "text"

    private fun touch(told: AccessibilityNodeInfo): String? {
        val click = told.actionList.firstOrNull { it.id == AccessibilityNodeInfo.ACTION_CLICK } ?: return null
        return "double tap to ${click.label ?: "activate"}"
    }

    private companion object {
        /** Fingerprints and ages are others every time. */
        val CHANGING = Regex("(?<=token )[0-9a-f]{8}|(?<=registered ).*")
    }
}
