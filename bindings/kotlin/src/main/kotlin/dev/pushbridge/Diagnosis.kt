package dev.pushbridge

/** What the device doctor found: for a support page, and for "why did no push come". Holds no secret. */
public class Diagnosis internal constructor(
    /** Whether the server, by its last answer, would send to this phone for the user who is logged in. */
    public val getsPush: Boolean,
    /** Whether notifications may be shown; none if the app has never said. */
    public val permission: Permission?,
    /** How long ago the registration was first reported. */
    public val addressAgeMs: Long?,
    /** How long ago the server last gave an answer that counts. */
    public val lastAnswerAgeMs: Long?,
    /** Failures in a row since then. */
    public val failures: Int,
    /** Receipts that wait for a sync; none while paused. */
    public val receiptsWaiting: Int?,
    /** The server's clock minus this one, at the last answer. */
    public val clockOffsetMs: Long?,
    /** Version of the core. */
    public val coreVersion: String,
    /** What stands between this phone and its pushes, gravest first; empty if nothing. */
    public val findings: List<Finding>,
    /** Everything else. */
    public val status: PushStatus,
) {
    /** The findings' codes. */
    public val codes: List<String> get() = findings.map { it.code }

    override fun toString(): String = buildString {
        append("gets_push=").append(getsPush).append(" core=").append(coreVersion)
        findings.forEach { append('\n').append(it) }
    }
}

/** One thing that was found. docs/REASONS.md lists the codes. */
public class Finding internal constructor(
    /** Stable code. An app treats one that it does not know as its [text]. */
    public val code: String,
    /** More, in the protocol's words. */
    public val detail: String?,
    /** Whether no push for the user reaches the person while this lasts. */
    public val blocksPush: Boolean,
    /** One sentence for a person. */
    public val text: String,
) {
    override fun toString(): String = code + (detail?.let { " ($it)" } ?: "") + ": " + text
}
