package plugin

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

type question struct{ Name string }

type reply struct{ Greeting string }

var definition = Definition{
	Metadata:     Metadata{Name: "test", Version: "1", Author: "a", GitHubRepository: "r"},
	Capabilities: Capabilities{Scheduler: true},
	Configure: func(settings Settings) error {
		_, err := settings.Int("limit", 1, 1)
		return err
	},
	Methods: Methods{
		"greet":  Handle(func(q question) (reply, error) { return reply{"Hello " + q.Name}, nil }),
		"panic":  Handle(func(question) (reply, error) { panic("on purpose") }),
		"plain":  Handle(func(question) (reply, error) { return reply{}, errors.New("no luck") }),
		"status": Handle(func(question) (reply, error) { return reply{}, &Error{Code: "busy", Message: "later", HTTPStatus: 429} }),
		"unable": Handle(func(question) (any, error) { return func() {}, nil }),
		"name":   Identifier("test-name"),
	},
}

func answerTo(t *testing.T, method, request string) envelope {
	t.Helper()
	var answer envelope
	if err := json.Unmarshal(definition.Answer(method, []byte(request)), &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestResultsAreEnvelopes(t *testing.T) {
	if answer := answerTo(t, "greet", `{"Name":"Jane"}`); !answer.OK || string(answer.Result) != `{"Greeting":"Hello Jane"}` {
		t.Errorf("got %v %s", answer.OK, answer.Result)
	}
	if answer := answerTo(t, "name", "{}"); string(answer.Result) != `{"identifier":"test-name"}` {
		t.Errorf("got %s", answer.Result)
	}
}

func TestEveryFaultIsAnErrorEnvelope(t *testing.T) {
	cases := map[string]struct {
		request string
		want    Error
	}{
		"panic":  {"{}", Error{Code: "plugin_panic", Message: "the plugin panicked in panic: on purpose"}},
		"plain":  {"{}", Error{Code: "plugin_error", Message: "no luck"}},
		"status": {"{}", Error{Code: "busy", Message: "later", HTTPStatus: 429}},
		"other":  {"{}", Error{Code: "unknown_method", Message: `test has no method "other"`}},
		"greet":  {`{"Name":1}`, Error{Code: "invalid_request"}},
		"unable": {"{}", Error{Code: "invalid_result"}},
	}
	for method, c := range cases {
		answer := answerTo(t, method, c.request)
		if answer.OK || answer.Error == nil || answer.Error.Code != c.want.Code || answer.Error.HTTPStatus != c.want.HTTPStatus {
			t.Errorf("%s: got %+v", method, answer.Error)
		} else if c.want.Message != "" && answer.Error.Message != c.want.Message {
			t.Errorf("%s: got the message %q", method, answer.Error.Message)
		}
	}
}

func TestConfigurationIsAnsweredWithTheRegistration(t *testing.T) {
	config := func(yaml string) string {
		encoded, _ := json.Marshal(map[string][]byte{"config_yaml": []byte(yaml)})
		return string(encoded)
	}
	first := answerTo(t, "plugin.register", config("limit: 5\n"))
	again := answerTo(t, "plugin.reconfigure", config("limit: 6\n"))
	if !first.OK || !strings.Contains(string(first.Result), `"capabilities":{"scheduler":true}`) || !reflect.DeepEqual(first, again) {
		t.Errorf("got %s and %s", first.Result, again.Result)
	}
	wrong := answerTo(t, "plugin.reconfigure", config("limit: none\n"))
	if wrong.OK || wrong.Error.Code != "invalid_config" || !strings.Contains(wrong.Error.Message, `limit must be a whole number of at least 1, not "none"`) {
		t.Errorf("got %+v", wrong.Error)
	}
}

func TestSettingsAreReadFromLines(t *testing.T) {
	settings, err := ReadSettings("enabled: true\r\n# note\nplain: a b # note\n\"quoted\": \"x: \\\"y\\\" #\"\nsingle: 'it''s'\nnone: ~\nempty:\nlist:\n  - 1\n- 2\n")
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{"enabled": "true", "plain": "a b", "quoted": `x: "y" #`, "single": "it's", "none": "", "empty": "", "list": ""}
	if !reflect.DeepEqual(settings, want) {
		t.Errorf("got %v", settings)
	}
	for _, yaml := range []string{"no colon", "{a: 1}", `a: "open`, "a: 'open"} {
		if _, err := ReadSettings(yaml); err == nil {
			t.Errorf("%s: no error", yaml)
		}
	}
}

func TestHostErrorsComeBackAsErrors(t *testing.T) {
	defer host.Store(nil)
	if _, err := CallHost[reply]("host.log", nil); err == nil {
		t.Error("there is no host, and no error")
	}
	answers := map[string]string{
		"fine":    `{"ok":true,"result":{"Greeting":"hi"}}`,
		"refused": `{"ok":false,"error":{"code":"host_call_failed","message":"no"}}`,
		"bare":    `{"ok":false}`,
		"noise":   `?`,
	}
	ConnectHost(func(method string, _ []byte) ([]byte, error) { return []byte(answers[method]), nil })
	if result, err := CallHost[reply]("fine", nil); err != nil || result.Greeting != "hi" {
		t.Errorf("got %v, %v", result, err)
	}
	for _, method := range []string{"refused", "bare", "noise"} {
		if _, err := CallHost[reply](method, nil); err == nil {
			t.Errorf("%s: no error", method)
		}
	}
}
