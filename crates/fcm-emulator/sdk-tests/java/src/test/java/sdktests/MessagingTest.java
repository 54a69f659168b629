package sdktests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sdktests.Emulator.addPhone;
import static sdktests.Emulator.change;
import static sdktests.Emulator.gone;
import static sdktests.Emulator.inbox;
import static sdktests.Emulator.json;
import static sdktests.Emulator.statuses;

import com.google.firebase.messaging.AndroidConfig;
import com.google.firebase.messaging.AndroidNotification;
import com.google.firebase.messaging.ApnsConfig;
import com.google.firebase.messaging.Aps;
import com.google.firebase.messaging.FirebaseMessaging;
import com.google.firebase.messaging.FirebaseMessagingException;
import com.google.firebase.messaging.LightSettings;
import com.google.firebase.messaging.Message;
import com.google.firebase.messaging.MessagingErrorCode;
import com.google.firebase.messaging.MulticastMessage;
import com.google.firebase.messaging.Notification;
import com.google.firebase.messaging.WebpushConfig;
import com.google.firebase.messaging.WebpushFcmOptions;
import com.google.firebase.messaging.WebpushNotification;
import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import sdktests.Emulator.Phone;

/** Google's Admin SDK for Java, unmodified, against the emulator. */
final class MessagingTest {
  private static final FirebaseMessaging MESSAGING = Emulator.messaging();

  @AfterEach
  void clear() throws Exception {
    Emulator.clearFaults();
  }

  private static JsonObject sole(Phone phone) throws Exception {
    List<JsonObject> messages = inbox(phone);
    assertEquals(1, messages.size());
    return messages.get(0);
  }

  private static Message.Builder to(Phone phone) {
    return Message.builder().setToken(phone.token());
  }

  private static MessagingErrorCode refusal(Message message, boolean dryRun) {
    return assertThrows(FirebaseMessagingException.class, () -> MESSAGING.send(message, dryRun))
        .getMessagingErrorCode();
  }

  @Test
  void aNotificationToATokenArrives() throws Exception {
    Phone phone = addPhone("android");
    Notification shown = Notification.builder().setTitle("Hello").setBody("you").build();
    assertTrue(MESSAGING.send(to(phone).setNotification(shown).build()).matches("projects/.+/messages/.+"));
    assertEquals(json("{\"title\":\"Hello\",\"body\":\"you\"}"), sole(phone).get("notification"));
  }

  @Test
  void aDataMessageToAFidArrives() throws Exception {
    Phone phone = addPhone("android");
    MESSAGING.send(Message.builder().setFid(phone.fid()).putData("camelKey", "v").putData("empty", "").build());
    assertEquals(json("{\"camelKey\":\"v\",\"empty\":\"\"}"), sole(phone).get("data"));
  }

  @Test
  void eachPlatformsBlockArrivesAsFcmHasIt() throws Exception {
    Phone phone = addPhone("web");
    LightSettings light = LightSettings.builder()
        .setColorFromString("#AABBCC").setLightOnDurationInMillis(200).setLightOffDurationInMillis(300).build();
    AndroidNotification shown = AndroidNotification.builder()
        .setPriority(AndroidNotification.Priority.MAX).setVisibility(AndroidNotification.Visibility.SECRET)
        .setLightSettings(light).build();
    MESSAGING.send(to(phone)
        .setAndroidConfig(AndroidConfig.builder()
            .setPriority(AndroidConfig.Priority.HIGH).setTtl(3500).setNotification(shown).build())
        .setApnsConfig(ApnsConfig.builder().putHeader("apns-priority", "5").putCustomData("myKey", Map.of("deepKey", 1))
            .setAps(Aps.builder().setBadge(0).setContentAvailable(true).build()).build())
        .setWebpushConfig(WebpushConfig.builder().putHeader("TTL", "60")
            .setNotification(WebpushNotification.builder().setTitle("t").setRequireInteraction(true).build())
            .setFcmOptions(WebpushFcmOptions.withLink("https://example.com/x")).build())
        .build());
    JsonObject message = sole(phone);
    JsonObject android = message.getAsJsonObject("android");
    assertEquals("HIGH", android.get("priority").getAsString());
    assertEquals("3.500000000s", android.get("ttl").getAsString());
    assertEquals("PRIORITY_MAX", android.getAsJsonObject("notification").get("notification_priority").getAsString());
    assertEquals("SECRET", android.getAsJsonObject("notification").get("visibility").getAsString());
    JsonObject payload = message.getAsJsonObject("apns").getAsJsonObject("payload");
    assertEquals(json("{\"aps\":{\"badge\":0,\"content-available\":1},\"myKey\":{\"deepKey\":1}}"), payload);
    JsonObject webpush = message.getAsJsonObject("webpush");
    assertEquals(json("{\"title\":\"t\",\"requireInteraction\":true}"), webpush.get("notification"));
  }

  @Test
  void aMulticastTellsEachOutcomeApart() throws Exception {
    Phone live = addPhone("android");
    Phone other = addPhone("android");
    Phone apns = addPhone("ios");
    Phone browser = addPhone("web");
    change(other, "other-project");
    change(apns, "apns-dead");
    var batch = MESSAGING.sendEachForMulticast(MulticastMessage.builder()
        .addAllTokens(List.of(live.token(), gone().token(), "not-a-token", other.token(), apns.token()))
        .addAllFids(List.of(browser.fid(), "not-a-fid"))
        .putData("k", "v").build());
    assertEquals(2, batch.getSuccessCount());
    var codes = batch.getResponses().stream()
        .filter(response -> !response.isSuccessful())
        .map(response -> response.getException().getMessagingErrorCode().name()).sorted().toList();
    List<String> expected = Arrays.asList(
        "INVALID_ARGUMENT", "INVALID_ARGUMENT", "SENDER_ID_MISMATCH", "UNREGISTERED", "UNREGISTERED");
    assertEquals(expected, codes);
    assertEquals(json("{\"k\":\"v\"}"), sole(live).get("data"));
    assertEquals(json("{\"k\":\"v\"}"), sole(browser).get("data"));
  }

  @Test
  void eachErrorOfFcmBecomesTheErrorOfTheSdk() throws Exception {
    Phone phone = addPhone("android");
    for (MessagingErrorCode code : MessagingErrorCode.values()) {
      // Of a 503 longer than the SDK is willing to wait, so that it gives up at once.
      Emulator.addFault(phone, "\"error_code\":\"" + code + "\",\"retry_after\":\"3600\"");
      assertEquals(code, refusal(to(phone).build(), false));
      Emulator.clearFaults();
    }
    assertEquals(List.of(), inbox(phone));
  }

  @Test
  void whatFcmAloneCanRefuseIsRefused() throws Exception {
    Phone phone = addPhone("android");
    for (Message message : List.of(
        to(phone).putData("from", "x").build(),
        to(phone).putData("k", "x".repeat(4096)).build(),
        to(phone).setAndroidConfig(AndroidConfig.builder().setTtl(2_419_201_000L).build()).build(),
        Message.builder().setCondition("'a' in topics &&").build())) {
      assertEquals(MessagingErrorCode.INVALID_ARGUMENT, refusal(message, false));
    }
  }

  @Test
  void aDryRunChecksTheTargetAndDeliversNothing() throws Exception {
    Phone phone = addPhone("android");
    MESSAGING.send(to(phone).build(), true);
    assertEquals(MessagingErrorCode.UNREGISTERED, refusal(to(gone()).build(), true));
    assertEquals(List.of(), inbox(phone));
  }

  @Test
  void theSdkTriesAgainAfterA503() throws Exception {
    Phone phone = addPhone("android");
    Emulator.addFault(phone, "\"times\":1,\"status\":503");
    MESSAGING.send(to(phone).putData("k", "v").build());
    assertEquals(List.of(503, 200), statuses(phone));
    sole(phone);
  }

  @Test
  void aTopicArrivesUntilTheTokenIsUnsubscribed() throws Exception {
    Phone phone = addPhone("android");
    var done = MESSAGING.subscribeToTopic(List.of(phone.token(), gone().token(), "not-a-token"), "java-news");
    assertEquals(1, done.getSuccessCount());
    assertEquals(List.of(1, 2), done.getErrors().stream().map(error -> error.getIndex()).toList());
    MESSAGING.send(Message.builder().setTopic("java-news").putData("k", "topic").build());
    MESSAGING.send(Message.builder().setCondition("'java-news' in topics").putData("k", "condition").build());
    assertEquals(1, MESSAGING.unsubscribeFromTopic(List.of(phone.token()), "java-news").getSuccessCount());
    MESSAGING.send(Message.builder().setTopic("java-news").putData("k", "late").build());
    assertEquals(2, inbox(phone).size());
  }

  @Test
  void theLegacyCallsDoTheSame() throws Exception {
    Phone phone = addPhone("android");
    var done = MESSAGING.subscribeToTopicLegacy(List.of(phone.token(), gone().token()), "java-old");
    assertEquals(1, done.getSuccessCount());
    MESSAGING.send(Message.builder().setTopic("java-old").putData("k", "v").build());
    sole(phone);
  }
}
