// Not run in CI, which has no Gradle and no SDK: test.sh compiles and tests the same sources without them.
plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.compose)
}

// Only for `real`, once your project's file is there; the demo has none and needs none.
if (file("src/real/google-services.json").exists()) {
    apply(plugin = "com.google.gms.google-services")
    extensions.configure<com.google.gms.googleservices.GoogleServicesPlugin.GoogleServicesPluginConfig> {
        missingGoogleServicesStrategy =
            com.google.gms.googleservices.GoogleServicesPlugin.MissingGoogleServicesStrategy.IGNORE
    }
}

android {
    namespace = "dev.pushbridge.sample"
    compileSdk = 36
    defaultConfig {
        applicationId = "dev.pushbridge.sample"
        minSdk = 24 // Firebase 26's
        targetSdk = 35 // what the tests run on
        versionCode = 1
        versionName = "1.0"
    }
    buildFeatures {
        compose = true
        resValues = true
    }
    flavorDimensions += "world"
    productFlavors {
        create("demo") {
            applicationIdSuffix = ".demo"
            // Where `pushbridge demo --keep` listens; build.sh knows. 10.0.2.2 is the machine that runs Android's emulator.
            val world = mapOf("demo_server" to "http://10.0.2.2:8080", "demo_emulator" to "http://10.0.2.2:9099", "demo_key" to "")
            for ((name, usual) in world) resValue("string", name, providers.gradleProperty(name).getOrElse(usual))
        }
        create("real")
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

dependencies {
    implementation("dev.pushbridge:pushbridge-android") // the build beside this one
    implementation(libs.androidx.activity.compose)
    implementation(libs.androidx.core.ktx)
    implementation(libs.androidx.lifecycle.runtime.compose)
    implementation(libs.androidx.lifecycle.viewmodel.compose)
    implementation(libs.compose.material3)
}
