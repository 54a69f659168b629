// Not run in CI, which has no Gradle and no SDK: test.sh compiles and tests the same sources without them.
pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}
dependencyResolutionManagement {
    repositories {
        google()
        mavenCentral()
    }
    versionCatalogs {
        create("libs") { from(files("../bindings/kotlin/android/gradle/libs.versions.toml")) }
    }
}
rootProject.name = "pushbridge-sample"
include(":app")
includeBuild("../bindings/kotlin/android")
