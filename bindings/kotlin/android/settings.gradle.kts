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
}
rootProject.name = "pushbridge-android"
