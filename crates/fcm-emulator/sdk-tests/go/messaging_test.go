package sdktests

// Google's Admin SDK for Go, unmodified, against the emulator.

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"firebase.google.com/go/v4/errorutils"
	"firebase.google.com/go/v4/messaging"
)

var ctx = context.Background()

func send(t *testing.T, message *messaging.Message) string {
	t.Helper()
	name, err := client(t).Send(ctx, message)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func equal(t *testing.T, found, expected any) {
	t.Helper()
	if !reflect.DeepEqual(found, expected) {
		t.Errorf("found %v, expected %v", found, expected)
	}
}

func sole(t *testing.T, of device) map[string]any {
	t.Helper()
	messages := inbox(t, of)
	if len(messages) != 1 {
		t.Fatalf("%d messages", len(messages))
	}
	return messages[0].Message
}

func TestANotificationToATokenArrives(t *testing.T) {
	phone := addDevice(t, "android")
	shown := &messaging.Notification{Title: "Hello", Body: "you"}
	name := send(t, &messaging.Message{Token: phone.Token, Notification: shown})
	equal(t, inbox(t, phone)[0].Name, name)
	equal(t, sole(t, phone)["notification"], map[string]any{"title": "Hello", "body": "you"})
}

func TestADataMessageToAFidArrives(t *testing.T) {
	phone := addDevice(t, "android")
	send(t, &messaging.Message{Fid: phone.Fid, Data: map[string]string{"camelKey": "v", "empty": ""}})
	equal(t, sole(t, phone)["data"], map[string]any{"camelKey": "v", "empty": ""})
}

func TestEachPlatformsBlockArrivesAsFCMHasIt(t *testing.T) {
	phone, ttl, count, badge := addDevice(t, "ios"), 3500*time.Millisecond, 0, 0
	send(t, &messaging.Message{
		Token: phone.Token,
		Android: &messaging.AndroidConfig{Priority: "high", TTL: &ttl, Notification: &messaging.AndroidNotification{
			Priority: messaging.PriorityMax, Visibility: messaging.VisibilitySecret, NotificationCount: &count,
			LightSettings: &messaging.LightSettings{
				Color: "#AABBCCDD", LightOnDurationMillis: 200, LightOffDurationMillis: 300,
			},
		}},
		APNS: &messaging.APNSConfig{Headers: map[string]string{"apns-priority": "5"}, Payload: &messaging.APNSPayload{
			Aps:        &messaging.Aps{Badge: &badge, ContentAvailable: true},
			CustomData: map[string]any{"myKey": map[string]any{"deepKey": 0.5}},
		}},
		Webpush: &messaging.WebpushConfig{
			Notification: &messaging.WebpushNotification{Title: "t", RequireInteraction: true},
			FCMOptions:   &messaging.WebpushFCMOptions{Link: "https://example.com/x"},
		},
	})
	message := sole(t, phone)
	android := message["android"].(map[string]any)
	equal(t, android["priority"], "HIGH")
	equal(t, android["ttl"], "3.500000000s")
	shown := android["notification"].(map[string]any)
	equal(t, shown["notification_priority"], "PRIORITY_MAX")
	equal(t, shown["visibility"], "SECRET")
	equal(t, shown["notification_count"], 0.0)
	payload := message["apns"].(map[string]any)["payload"].(map[string]any)
	equal(t, payload["myKey"], map[string]any{"deepKey": 0.5})
	equal(t, payload["aps"], map[string]any{"badge": 0.0, "content-available": 1.0})
	webpush := message["webpush"].(map[string]any)
	equal(t, webpush["notification"], map[string]any{"title": "t", "requireInteraction": true})
}

func TestAMulticastTellsEachOutcomeApart(t *testing.T) {
	live, other, apns, browser := addDevice(t, "android"), addDevice(t, "android"), addDevice(t, "ios"), addDevice(t, "web")
	change(t, other, "other-project")
	change(t, apns, "apns-dead")
	batch, err := client(t).SendEachForMulticast(ctx, &messaging.MulticastMessage{
		Tokens: []string{live.Token, gone(t).Token, "not-a-token", other.Token, apns.Token},
		Fids:   []string{browser.Fid, "not-a-fid"},
		Data:   map[string]string{"k": "v"},
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, []int{batch.SuccessCount, batch.FailureCount}, []int{2, 5})
	for _, response := range batch.Responses {
		if response.Success {
			continue
		}
		err := response.Error
		if !messaging.IsUnregistered(err) && !messaging.IsInvalidArgument(err) && !messaging.IsSenderIDMismatch(err) {
			t.Errorf("untyped: %v", err)
		}
	}
	equal(t, sole(t, live)["data"], map[string]any{"k": "v"})
	equal(t, sole(t, browser)["data"], map[string]any{"k": "v"})
}

func TestEachErrorOfFCMBecomesTheErrorOfTheSDK(t *testing.T) {
	phone, sdk := addDevice(t, "android"), client(t)
	for code, is := range map[string]func(error) bool{
		"UNREGISTERED":           messaging.IsUnregistered,
		"INVALID_ARGUMENT":       messaging.IsInvalidArgument,
		"SENDER_ID_MISMATCH":     messaging.IsSenderIDMismatch,
		"QUOTA_EXCEEDED":         messaging.IsQuotaExceeded,
		"INTERNAL":               messaging.IsInternal,
		"THIRD_PARTY_AUTH_ERROR": messaging.IsThirdPartyAuthError,
		"UNSPECIFIED_ERROR":      errorutils.IsUnknown,
	} {
		addFault(t, phone, map[string]any{"error_code": code})
		if _, err := sdk.Send(ctx, &messaging.Message{Token: phone.Token}); !is(err) {
			t.Errorf("%s became %v", code, err)
		}
	}
	// Longer than the SDK is willing to wait, so that it gives up at once.
	addFault(t, phone, map[string]any{"error_code": "UNAVAILABLE", "retry_after": "3600"})
	if _, err := sdk.Send(ctx, &messaging.Message{Token: phone.Token}); !messaging.IsUnavailable(err) {
		t.Errorf("UNAVAILABLE became %v", err)
	}
	equal(t, len(inbox(t, phone)), 0)
}

func TestWhatFCMAloneCanRefuseIsRefused(t *testing.T) {
	phone, sdk, ttl := addDevice(t, "android"), client(t), 2_419_201*time.Second
	for _, message := range []*messaging.Message{
		{Token: phone.Token, Data: map[string]string{"from": "x"}},
		{Token: phone.Token, Data: map[string]string{"k": strings.Repeat("x", 4096)}},
		{Token: phone.Token, Android: &messaging.AndroidConfig{TTL: &ttl}},
		{Condition: "'a' in topics &&"},
	} {
		if _, err := sdk.Send(ctx, message); !messaging.IsInvalidArgument(err) {
			t.Errorf("found %v", err)
		}
	}
}

func TestADryRunChecksTheTargetAndDeliversNothing(t *testing.T) {
	phone, sdk := addDevice(t, "android"), client(t)
	if _, err := sdk.SendDryRun(ctx, &messaging.Message{Token: phone.Token}); err != nil {
		t.Error(err)
	}
	if _, err := sdk.SendDryRun(ctx, &messaging.Message{Token: gone(t).Token}); !messaging.IsUnregistered(err) {
		t.Errorf("found %v", err)
	}
	equal(t, len(inbox(t, phone)), 0)
}

func TestTheSDKTriesAgainAfterA503(t *testing.T) {
	phone := addDevice(t, "android")
	addFault(t, phone, map[string]any{"status": 503})
	send(t, &messaging.Message{Token: phone.Token, Data: map[string]string{"k": "v"}})
	equal(t, statuses(t, phone), []int{503, 200})
	sole(t, phone)
}

func TestATopicArrivesUntilTheTokenIsUnsubscribed(t *testing.T) {
	phone, sdk := addDevice(t, "android"), client(t)
	done, err := sdk.SubscribeToTopic(ctx, []string{phone.Token, gone(t).Token, "not-a-token"}, "go-news")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, []int{done.SuccessCount, done.FailureCount}, []int{1, 2})
	equal(t, []string{done.Errors[0].Reason, done.Errors[1].Reason}, []string{"UNREGISTERED", "INVALID_ARGUMENT"})
	send(t, &messaging.Message{Topic: "go-news", Data: map[string]string{"k": "topic"}})
	send(t, &messaging.Message{Condition: "'go-news' in topics", Data: map[string]string{"k": "condition"}})
	if done, err = sdk.UnsubscribeFromTopic(ctx, []string{phone.Token}, "go-news"); err != nil || done.FailureCount > 0 {
		t.Fatal(done, err)
	}
	send(t, &messaging.Message{Topic: "go-news", Data: map[string]string{"k": "late"}})
	equal(t, len(inbox(t, phone)), 2)
}
