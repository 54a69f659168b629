// Not compiled where the tests run: needs SwiftUI. Decides nothing: it draws ShopModel.

import Pushbridge
import ShopCore
import SwiftUI

struct ShopScreen: View {
    @Bindable var shop: ShopModel
    let demo: DemoPhone?

    var body: some View {
        NavigationStack {
            List {
                AccountSection(shop: shop)
                DeviceSection(shop: shop)
                InboxSection(shop: shop)
                DoctorSection(shop: shop)
                if let demo { DemoSection(demo: demo) }
            }
            .navigationTitle("Shop")
            .navigationDestination(item: $shop.selected) { MessageScreen(message: $0) }
        }
        .alert("Something went wrong", isPresented: $shop.hasProblem) {
        } message: {
            Text(shop.problem ?? "")
        }
    }
}

private struct AccountSection: View {
    let shop: ShopModel

    var body: some View {
        Section("Account") {
            if let account = shop.account {
                LabeledContent("Logged in as", value: account.capitalized)
                Button("Log out", role: .destructive) { Task { await shop.logOut() } }
                if shop.permission == .notDetermined {
                    // In context: the person sees what it is for before iOS asks.
                    Button("Tell me when my parcel moves", systemImage: "bell") {
                        Task { await shop.askForPermission() }
                    }
                } else if shop.permission == .denied {
                    Label("Notifications are off in Settings", systemImage: "bell.slash")
                }
            } else {
                if let end = shop.loginEnd { Label(end.words, systemImage: "exclamationmark.circle") }
                ForEach(["anna", "boris"], id: \.self) { user in
                    Button("Log in as \(user.capitalized)") { Task { await shop.logIn(user) } }
                }
            }
        }
    }
}

private struct DeviceSection: View {
    let shop: ShopModel

    var body: some View {
        Section("This phone") {
            if let address = shop.status?.address {
                LabeledContent(address.kind.words, value: address.fingerprint)
                if let since = address.since {
                    LabeledContent("Registered") { Text("\(since, style: .relative) ago") }
                }
            } else {
                LabeledContent("Address", value: "none yet")
            }
            if let status = shop.status {
                Text(status.syncWords)
                if let words = status.logoutWords { Text(words) }
            }
        }
    }
}

private struct InboxSection: View {
    let shop: ShopModel

    var body: some View {
        Section("Inbox") {
            if shop.messages.isEmpty { Text("Nothing yet").foregroundStyle(.secondary) }
            ForEach(shop.messages) { message in
                Button { shop.selected = message } label: {
                    VStack(alignment: .leading) {
                        Text(message.title).font(.headline)
                        if !message.body.isEmpty { Text(message.body).foregroundStyle(.secondary) }
                    }
                }
                .foregroundStyle(.primary)
            }
        }
    }
}

private struct DoctorSection: View {
    let shop: ShopModel

    var body: some View {
        Section("Doctor") {
            Button("Why do I get no push?", systemImage: "stethoscope") { Task { await shop.diagnose() } }
            if let diagnosis = shop.diagnosis {
                Label(
                    diagnosis.getsPush ? "Pushes reach this phone" : "No push reaches this phone",
                    systemImage: diagnosis.getsPush ? "checkmark.circle" : "xmark.circle")
                ForEach(diagnosis.findings, id: \.self) { finding in
                    VStack(alignment: .leading) {
                        Text(finding.text)
                        Text(finding.code).font(.caption.monospaced()).foregroundStyle(.secondary)
                    }
                    .accessibilityElement(children: .combine)
                }
            }
        }
    }
}

private struct MessageScreen: View {
    let message: ShopMessage

    var body: some View {
        ScrollView {
            Text(message.body).frame(maxWidth: .infinity, alignment: .leading).padding()
        }
        .navigationTitle(message.title)
    }
}
