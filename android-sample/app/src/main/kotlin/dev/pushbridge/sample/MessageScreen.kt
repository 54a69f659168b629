package dev.pushbridge.sample

import androidx.activity.compose.BackHandler
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.Scaffold
import androidx.compose.material3.Text
import androidx.compose.material3.TopAppBar
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp

/** One message, after a tap on it or on its notification. */
@OptIn(ExperimentalMaterial3Api::class)
@Composable
fun MessageScreen(message: Message, close: () -> Unit) {
    BackHandler(onBack = close)
    Scaffold(topBar = { TopAppBar(title = { Text(message.title, asHeading) }, navigationIcon = { Back(close) }) }) { edges ->
        Text(message.body, Modifier.padding(edges).verticalScroll(rememberScrollState()).padding(16.dp))
    }
}

@Composable
private fun Back(close: () -> Unit) = IconButton(close) {
    Icon(painterResource(R.drawable.ic_back), stringResource(R.string.message_close))
}
