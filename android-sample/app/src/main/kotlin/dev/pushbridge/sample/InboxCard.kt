package dev.pushbridge.sample

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.unit.dp

@Composable
fun InboxCard(messages: List<Message>, open: (String) -> Unit) = Section(stringResource(R.string.inbox)) {
    if (messages.isEmpty()) Text(stringResource(R.string.inbox_empty))
    messages.forEach { MessageRow(it, open) }
}

@Composable
private fun MessageRow(message: Message, open: (String) -> Unit) {
    val id = message.id
    val label = stringResource(R.string.message_open)
    val touch = if (id == null) Modifier else Modifier.clickable(onClickLabel = label, role = Role.Button) { open(id) }
    Column(touch.fillMaxWidth().heightIn(min = 48.dp)) {
        Text(message.title, style = MaterialTheme.typography.titleSmall)
        if (message.body.isNotEmpty()) Text(message.body)
        Text(
            stringResource(if (message.isOpened) R.string.message_opened else R.string.message_new),
            style = MaterialTheme.typography.labelSmall,
        )
    }
}
