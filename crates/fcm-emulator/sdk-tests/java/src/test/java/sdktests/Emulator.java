package sdktests;

import com.google.api.client.http.apache.v2.ApacheHttpTransport;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.auth.oauth2.ServiceAccountCredentials;
import com.google.firebase.FirebaseApp;
import com.google.firebase.FirebaseOptions;
import com.google.firebase.messaging.FirebaseMessaging;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.http.HttpHost;
import org.apache.http.conn.routing.HttpRoute;
import org.apache.http.impl.client.HttpClients;

/**
 * The running emulator, as a test sees it. In: the ready line, in EMULATOR_READY. Out: devices, inboxes, faults, and
 * the Admin SDK redirected. Next: MessagingTest.
 */
final class Emulator {
  private static final JsonObject READY = json(System.getenv("EMULATOR_READY"));
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private Emulator() {}

  record Phone(String id, String token, String fid) {}

  /**
   * Leads every connection to the emulator, in plain text. NetHttpTransport would lose the body of a 401, and after one
   * the SDK refreshes its credentials: a fixed access token cannot be.
   */
  static FirebaseMessaging messaging() {
    URI emulator = URI.create(text(READY, "url"));
    HttpRoute route = new HttpRoute(new HttpHost(emulator.getHost(), emulator.getPort(), "http"));
    var client = HttpClients.custom().setRoutePlanner((host, request, context) -> route).build();
    FirebaseOptions options = FirebaseOptions.builder()
        .setProjectId(text(READY, "project"))
        .setCredentials(credentials())
        .setHttpTransport(new ApacheHttpTransport(client))
        .build();
    return FirebaseMessaging.getInstance(FirebaseApp.initializeApp(options));
  }

  private static GoogleCredentials credentials() {
    try (InputStream file = Files.newInputStream(Path.of(text(READY, "service_account")))) {
      return ServiceAccountCredentials.fromStream(file);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private static String text(JsonObject object, String name) {
    return object.get(name).getAsString();
  }

  private static String control(String method, String path, String body) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(text(READY, "control") + path))
        .method(method, HttpRequest.BodyPublishers.ofString(body))
        .build();
    HttpResponse<String> response = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() >= 300) {
      throw new IOException(method + " " + path + ": " + response.statusCode() + " " + response.body());
    }
    return response.body();
  }

  static Phone addPhone(String platform) throws Exception {
    JsonObject added = json(control("POST", "/devices", "{\"platform\":\"" + platform + "\"}"));
    return new Phone(text(added, "id"), text(added, "fcm_token"), text(added, "fcm_fid"));
  }

  static void change(Phone phone, String what) throws Exception {
    control("POST", "/devices/" + phone.id() + "/" + what, "");
  }

  static Phone gone() throws Exception {
    Phone phone = addPhone("android");
    change(phone, "uninstall");
    return phone;
  }

  /** What arrived, oldest first. */
  static List<JsonObject> inbox(Phone phone) throws Exception {
    List<JsonObject> messages = new ArrayList<>();
    json(control("GET", "/devices/" + phone.id() + "/inbox", "")).getAsJsonArray("messages")
        .forEach(received -> messages.add(received.getAsJsonObject().getAsJsonObject("message")));
    return messages;
  }

  /** Scripts what the next sends to the phone get; {@code fault} is JSON without its braces. */
  static void addFault(Phone phone, String fault) throws Exception {
    control("POST", "/faults", "{\"device\":\"" + phone.id() + "\"," + fault + "}");
  }

  static void clearFaults() throws Exception {
    control("DELETE", "/faults", "");
  }

  /** The statuses with which the emulator answered sends to the phone, in order. */
  static List<Integer> statuses(Phone phone) throws Exception {
    List<Integer> statuses = new ArrayList<>();
    for (var entry : json(control("GET", "/requests", "")).getAsJsonArray("requests")) {
      JsonObject request = entry.getAsJsonObject();
      if (request.has("device") && !request.get("device").isJsonNull() && text(request, "device").equals(phone.id())) {
        statuses.add(request.get("status").getAsInt());
      }
    }
    return statuses;
  }
}
