// The AAR: wrapper, generated half and Android sources as one module, and the core for each processor.
// Not run in CI, which has no Gradle and no SDK: test.sh compiles and tests the same sources without them.
buildscript {
    dependencies { classpath(libs.kotlin.gradle.plugin) } // newer than the Android plugin's own
}

plugins {
    alias(libs.plugins.android.library)
}

group = "dev.pushbridge"
version = "0.1.0"

android {
    namespace = "dev.pushbridge.android"
    compileSdk = 36
    defaultConfig {
        minSdk = 23 // Firebase 26 makes it 24 for the app
        consumerProguardFiles("consumer-rules.pro")
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
    sourceSets.named("main") {
        kotlin.directories += listOf("../src/main/kotlin", "build/core/kotlin")
        jniLibs.directories += "build/core/jniLibs"
    }
}

kotlin { explicitApi() }

dependencies {
    api(libs.kotlinx.coroutines.android)
    api(libs.firebase.messaging)
    implementation(libs.kotlinx.coroutines.play.services)
    implementation(libs.androidx.work.runtime)
    implementation(libs.androidx.annotation)
    implementation(variantOf(libs.jna) { artifactType("aar") }) // the jar has no library for Android
}

// cargo knows what is up to date.
val core by tasks.registering(Exec::class) { commandLine("./build-core.sh") }
tasks.named("preBuild") { dependsOn(core) }
