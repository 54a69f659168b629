package sdktests

// The running emulator, as a test sees it. In: the ready line, in EMULATOR_READY. Out: devices, inboxes, faults, and
// the Admin SDK redirected as docs/EMULATOR.md says. Next: messaging_test.go.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	firebase "firebase.google.com/go/v4"
	"firebase.google.com/go/v4/messaging"
	"google.golang.org/api/option"
)

var ready struct {
	URL            string `json:"url"`
	Control        string `json:"control"`
	Project        string `json:"project"`
	ServiceAccount string `json:"service_account"`
}

type device struct {
	ID    string `json:"id"`
	Token string `json:"fcm_token"`
	Fid   string `json:"fcm_fid"`
}

type received struct {
	Name    string         `json:"name"`
	Message map[string]any `json:"message"`
}

func TestMain(m *testing.M) {
	if err := json.Unmarshal([]byte(os.Getenv("EMULATOR_READY")), &ready); err != nil {
		fmt.Fprintln(os.Stderr, "EMULATOR_READY:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// client is the SDK with the emulator's own service account: tokens are fetched from its token_uri.
func client(t *testing.T) *messaging.Client {
	t.Helper()
	endpoint := option.WithEndpoint(ready.URL + "/v1")
	account := option.WithAuthCredentialsFile(option.ServiceAccount, ready.ServiceAccount)
	app, err := firebase.NewApp(context.Background(), &firebase.Config{ProjectID: ready.Project}, endpoint, account)
	if err != nil {
		t.Fatal(err)
	}
	client, err := app.Messaging(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func control(t *testing.T, method, path string, body, answer any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(method, ready.Control+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err = io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s %v", method, path, response.StatusCode, text, err)
	}
	if answer == nil {
		return
	}
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatal(err)
	}
}

func addDevice(t *testing.T, platform string) (added device) {
	t.Helper()
	control(t, "POST", "/devices", map[string]any{"platform": platform}, &added)
	return added
}

func change(t *testing.T, changed device, what string) {
	t.Helper()
	control(t, "POST", "/devices/"+changed.ID+"/"+what, nil, nil)
}

func gone(t *testing.T) device {
	t.Helper()
	added := addDevice(t, "android")
	change(t, added, "uninstall")
	return added
}

func inbox(t *testing.T, of device) []received {
	t.Helper()
	var page struct{ Messages []received }
	control(t, "GET", "/devices/"+of.ID+"/inbox", nil, &page)
	return page.Messages
}

func addFault(t *testing.T, of device, fault map[string]any) {
	t.Helper()
	fault["device"] = of.ID
	fault["times"] = 1
	control(t, "POST", "/faults", fault, nil)
	t.Cleanup(func() { control(t, "DELETE", "/faults", nil, nil) })
}

// statuses with which the emulator answered sends to the device, in order.
func statuses(t *testing.T, of device) (all []int) {
	t.Helper()
	var log struct {
		Requests []struct {
			Device string
			Status int
		}
	}
	control(t, "GET", "/requests", nil, &log)
	for _, request := range log.Requests {
		if request.Device == of.ID {
			all = append(all, request.Status)
		}
	}
	return all
}
