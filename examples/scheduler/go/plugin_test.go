package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
)

const pickOfTwo = `{"Plugin":{"Name":"scheduler-example"},"Provider":"","Providers":["demo"],"Model":"m","Stream":true,
	"Options":{"Headers":null,"Metadata":null},
	"Candidates":[{"ID":"key-1","Provider":"demo","Priority":0,"Status":"active","Attributes":null,"Metadata":null},
		{"ID":"key-2","Provider":"demo","Priority":0,"Status":"active","Attributes":null,"Metadata":null}]}`

// lifecycle is the request of plugin.register and plugin.reconfigure with these settings.
func lifecycle(yaml string) []byte {
	request, err := json.Marshal(map[string]any{"config_yaml": []byte(yaml), "schema_version": 3})
	if err != nil {
		panic(err)
	}
	return request
}

// configured is a plugin that was registered with these settings.
func configured(t *testing.T, yaml string) *plugin {
	t.Helper()
	p := newPlugin()
	if answer := p.call("plugin.register", lifecycle(yaml)); !strings.HasPrefix(string(answer), `{"ok":true`) {
		t.Fatalf("registration failed: %s", answer)
	}
	return p
}

func TestPickFollowsTheSettings(t *testing.T) {
	const unhandled = `{"ok":true,"result":{"AuthID":"","DelegateBuiltin":"","Handled":false}}`
	const denied = `{"ok":false,"error":{"code":"scheduler_denied","message":"the scheduler plugin denies every request (its setting deny is true)","http_status":403}}`
	for name, c := range map[string]struct{ yaml, want string }{
		"deny refuses with 403":                     {"deny: true", denied},
		"deny comes before the rest":                {"deny: true\ndelegate: fill-first\nauth_id: key-1", denied},
		"fill-first is delegated":                   {"delegate: fill-first", `{"ok":true,"result":{"AuthID":"","DelegateBuiltin":"fill-first","Handled":true}}`},
		"round-robin is delegated":                  {"delegate: round-robin", `{"ok":true,"result":{"AuthID":"","DelegateBuiltin":"round-robin","Handled":true}}`},
		"delegate comes before auth_id":             {"delegate: round-robin\nauth_id: key-1", `{"ok":true,"result":{"AuthID":"","DelegateBuiltin":"round-robin","Handled":true}}`},
		"another delegate is unhandled":             {"delegate: weighted\nauth_id: key-1", unhandled},
		"a delegate in another case is unhandled":   {"delegate: Fill-First", unhandled},
		"an auth_id among the candidates is chosen": {"auth_id: key-2", `{"ok":true,"result":{"AuthID":"key-2","DelegateBuiltin":"","Handled":true}}`},
		"an auth_id in another case is unhandled":   {"auth_id: KEY-2", unhandled},
		"an unavailable auth_id is unhandled":       {"auth_id: key-3", unhandled},
		"no settings are unhandled":                 {"", unhandled},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(configured(t, c.yaml).call("scheduler.pick", []byte(pickOfTwo))); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestRegistrationSaysWhatThePluginIs(t *testing.T) {
	for _, method := range []string{"plugin.register", "plugin.reconfigure"} {
		t.Run(method, func(t *testing.T) {
			var answer struct {
				OK     bool
				Result struct {
					SchemaVersion uint32 `json:"schema_version"`
					Metadata      metadata
					Capabilities  map[string]any
				}
			}
			if err := json.Unmarshal(newPlugin().call(method, lifecycle("")), &answer); err != nil {
				t.Fatal(err)
			}
			if !answer.OK || answer.Result.SchemaVersion != 1 {
				t.Errorf("got ok %v, schema version %d", answer.OK, answer.Result.SchemaVersion)
			}
			if m := answer.Result.Metadata; m.Name != "scheduler-example" || m.Version == "" || m.Author == "" || m.GitHubRepository == "" {
				t.Errorf("incomplete metadata: %+v", m)
			}
			if got := fmt.Sprint(answer.Result.Capabilities); got != "map[scheduler:true]" {
				t.Errorf("got capabilities %s", got)
			}
			var fields []string
			for _, field := range answer.Result.Metadata.ConfigFields {
				fields = append(fields, field.Name+" "+field.Type)
			}
			if got := strings.Join(fields, ", "); got != "auth_id string, delegate enum, deny boolean" {
				t.Errorf("got fields %s", got)
			}
		})
	}
}

func TestReconfigureReplacesEverySetting(t *testing.T) {
	p := configured(t, "deny: true\nauth_id: key-1")
	p.call("plugin.reconfigure", lifecycle("auth_id: key-2"))
	if got := string(p.call("scheduler.pick", []byte(pickOfTwo))); !strings.Contains(got, `"AuthID":"key-2"`) {
		t.Errorf("got %s", got)
	}
}

func TestWrongSettingsLeaveTheFormerOnes(t *testing.T) {
	p := configured(t, "auth_id: key-1")
	const want = `{"ok":false,"error":{"code":"invalid_config","message":"deny must be true or false, not 7"}}`
	if got := string(p.call("plugin.reconfigure", lifecycle("deny: 7\nauth_id: key-2"))); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := string(p.call("scheduler.pick", []byte(pickOfTwo))); !strings.Contains(got, `"AuthID":"key-1"`) {
		t.Errorf("got %s", got)
	}
}

func TestPicksDuringAReconfigureSeeTheOldOrTheNewSettings(t *testing.T) {
	p := configured(t, "auth_id: key-1")
	var callers sync.WaitGroup
	for caller := 0; caller < 8; caller++ {
		callers.Add(1)
		go func() {
			defer callers.Done()
			for i := 0; i < 200; i++ {
				got := string(p.call("scheduler.pick", []byte(pickOfTwo)))
				if !strings.Contains(got, `"AuthID":"key-1"`) && !strings.Contains(got, `"DelegateBuiltin":"fill-first"`) {
					t.Errorf("got %s", got)
				}
			}
		}()
	}
	for i := 0; i < 200; i++ {
		p.call("plugin.reconfigure", lifecycle("delegate: fill-first"))
		p.call("plugin.reconfigure", lifecycle("auth_id: key-1"))
	}
	callers.Wait()
}

func TestOtherCallsAreAnsweredWithAnEnvelope(t *testing.T) {
	for name, c := range map[string]struct{ method, request, want string }{
		"an unknown method": {
			"executor.execute", "{}",
			`{"ok":false,"error":{"code":"unknown_method","message":"the scheduler plugin has no method \"executor.execute\""}}`,
		},
		"the reserved shutdown method":  {"plugin.shutdown", "{}", `{"ok":true,"result":{}}`},
		"a pick of nothing":             {"scheduler.pick", "{}", `{"ok":true,"result":{"AuthID":"","DelegateBuiltin":"","Handled":false}}`},
		"a pick of null candidates":     {"scheduler.pick", `{"Candidates":null}`, `{"ok":true,"result":{"AuthID":"","DelegateBuiltin":"","Handled":false}}`},
		"a pick with an empty request":  {"scheduler.pick", "", `{"ok":false,"error":{"code":"invalid_request","message":"cannot read the request of scheduler.pick: `},
		"a pick with garbage":           {"scheduler.pick", "\x00\xff{", `{"ok":false,"error":{"code":"invalid_request","message":"cannot read the request of scheduler.pick: `},
		"a registration with a number":  {"plugin.register", `{"config_yaml":5}`, `{"ok":false,"error":{"code":"invalid_request","message":"cannot read the request of plugin.register: `},
		"a registration with no base64": {"plugin.register", `{"config_yaml":"?"}`, `{"ok":false,"error":{"code":"invalid_request","message":"cannot read the request of plugin.register: `},
	} {
		t.Run(name, func(t *testing.T) {
			got := newPlugin().call(c.method, []byte(c.request))
			if !strings.HasPrefix(string(got), c.want) || !json.Valid(got) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestAPanicBecomesAnErrorEnvelope(t *testing.T) {
	got := string(orPanicEnvelope(func() []byte { panic("out of \"luck\"") }))
	const want = `{"ok":false,"error":{"code":"plugin_panic","message":"the scheduler plugin panicked: out of \"luck\""}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
