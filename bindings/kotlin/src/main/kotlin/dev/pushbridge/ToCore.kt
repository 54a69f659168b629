package dev.pushbridge

import dev.pushbridge.ffi.Permission as CorePermission
import dev.pushbridge.ffi.Platform as CorePlatform
import dev.pushbridge.ffi.PushConfig as CoreConfig
import dev.pushbridge.ffi.ReceiptEvent as CoreReceiptEvent
import dev.pushbridge.ffi.RegistrationKind as CoreKind
import dev.pushbridge.ffi.SyncTrigger as CoreTrigger

// Public types in, generated ones out.

internal fun PushbridgeConfig.toCore(): CoreConfig = CoreConfig(
    baseUrl = baseUrl,
    appId = appId,
    storeDir = storeDir,
    platform = when (platform) {
        "android" -> CorePlatform.Android
        "ios" -> CorePlatform.Ios
        "web" -> CorePlatform.Web
        else -> CorePlatform.Other(platform)
    },
    markerDir = markerDir,
    appVersion = appVersion,
    osVersion = osVersion,
    locale = locale,
    timezone = timezone,
    caPem = caPem,
    proxy = proxy,
    httpsOnly = httpsOnly,
    requestTimeoutMs = requestTimeout.asCoreMs,
    credentialsTimeoutMs = credentialsTimeout.asCoreMs,
)

internal fun RegistrationKind.toCore(): CoreKind = when (this) {
    RegistrationKind.TOKEN -> CoreKind.FCM_TOKEN
    RegistrationKind.FID -> CoreKind.FCM_FID
}

internal fun Permission.toCore(): CorePermission = when (this) {
    Permission.GRANTED -> CorePermission.GRANTED
    Permission.DENIED -> CorePermission.DENIED
    Permission.NOT_DETERMINED -> CorePermission.NOT_DETERMINED
    Permission.PROVISIONAL -> CorePermission.PROVISIONAL
}

internal fun ReceiptEvent.toCore(): CoreReceiptEvent = when (this) {
    ReceiptEvent.RECEIVED -> CoreReceiptEvent.RECEIVED
    ReceiptEvent.SHOWN -> CoreReceiptEvent.SHOWN
    ReceiptEvent.OPENED -> CoreReceiptEvent.OPENED
}

internal fun SyncTrigger.toCore(): CoreTrigger = when (this) {
    SyncTrigger.START -> CoreTrigger.START
    SyncTrigger.CHANGE -> CoreTrigger.CHANGE
    SyncTrigger.SCHEDULED -> CoreTrigger.SCHEDULED
    SyncTrigger.FOREGROUND -> CoreTrigger.FOREGROUND
    SyncTrigger.NETWORK_BACK -> CoreTrigger.NETWORK_BACK
}
