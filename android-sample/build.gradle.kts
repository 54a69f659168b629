buildscript {
    dependencies { classpath(libs.kotlin.gradle.plugin) } // newer than the Android plugin's own
}

plugins {
    alias(libs.plugins.android.application) apply false
    alias(libs.plugins.kotlin.compose) apply false
    alias(libs.plugins.google.services) apply false
}
