package main

import (
	"strings"
	"testing"
)

func TestSettingsAreReadFromYAML(t *testing.T) {
	for name, c := range map[string]struct {
		yaml string
		want settings
	}{
		"an empty text":                 {"", settings{}},
		"the host's own keys alone":     {"enabled: true\npriority: 0\n", settings{}},
		"all three keys":                {"auth_id: key-1\ndelegate: fill-first\ndeny: true\n", settings{"key-1", "fill-first", true}},
		"a document marker":             {"---\ndeny: true\n...\ndeny: false\n", settings{deny: true}},
		"Windows line ends":             {"enabled: true\r\nauth_id: key-1\r\ndeny: true\r\n", settings{authID: "key-1", deny: true}},
		"comments":                      {"# deny: true\nauth_id: key-1 # not key-2\ndeny: false # \n", settings{authID: "key-1"}},
		"a number sign in a plain text": {"auth_id: key#1\n", settings{authID: "key#1"}},
		"colons in a plain text":        {"auth_id: openai:http://127.0.0.1:9/v1:0\n", settings{authID: "openai:http://127.0.0.1:9/v1:0"}},
		"single quotes":                 {"auth_id: 'it''s # one: key' # ours\n", settings{authID: "it's # one: key"}},
		"double quotes":                 {`auth_id: "a\"b\\c\u00e4\x41\/" # ours`, settings{authID: `a"b\cäA/`}},
		"quoted keys":                   {"\"deny\": true\n'auth_id' : key-1\n", settings{authID: "key-1", deny: true}},
		"a number as a text":            {"auth_id: 0815\n", settings{authID: "0815"}},
		"blanks around a text":          {"delegate: '  round-robin '\n", settings{delegate: "round-robin"}},
		"nulls":                         {"auth_id: ~\ndelegate: null\ndeny:\n", settings{}},
		"an upper-case true":            {"deny: TRUE\n", settings{deny: true}},
		"a capitalised false":           {"deny: False\n", settings{}},
		"keys below other keys":         {"store:\n  deny: true\nlist:\n- deny: true\n- auth_id: x\nauth_id: key-1\n", settings{authID: "key-1"}},
		"a block of text":               {"note: |\n  deny: true\n  more\ndelegate: fill-first\n", settings{delegate: "fill-first"}},
		"an indented mapping":           {"  deny: true\n  store:\n    deny: false\n", settings{deny: true}},
		"a flow mapping":                {"{ enabled: true, deny: True, auth_id: 'a, b}' }\n", settings{authID: "a, b}", deny: true}},
		"JSON":                          {`{"enabled":true,"deny":true,"auth_id":"key-1","x":{"deny":false}}`, settings{authID: "key-1", deny: true}},
		"a flow mapping over lines":     {"{\n  deny: true, # yes\n  list: [deny, {deny: false}],\n  delegate: other,\n}\n", settings{delegate: "other", deny: true}},
		"quotes in nested plain texts":  {"{ list: [it's, a\"b], deny: true }\n", settings{deny: true}},
		"comments in nested values":     {"{ list: [a, # it's }, deny: false\n  b], deny: true }\n", settings{deny: true}},
		"something else than a mapping": {"- deny: true\n", settings{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseSettings(c.yaml)
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestWrongSettingsAreRefusedByName(t *testing.T) {
	for name, c := range map[string]struct{ yaml, want string }{
		"deny as a number":             {"deny: 1\n", "deny must be true or false, not 1"},
		"deny as yes":                  {"deny: yes\n", "deny must be true or false, not yes"},
		"deny as a quoted text":        {"deny: \"true\"\n", `deny must be true or false, not the string "true"`},
		"deny as a list":               {"deny: [true]\n", "deny must be true or false, not a list"},
		"deny as a mapping":            {"deny:\n  all: true\n", "deny must be true or false, not a list, a mapping"},
		"deny in a flow mapping":       {"{deny: [true]}", "deny must be true or false, not a list"},
		"deny over two lines":          {"{deny: true\n  true}", "deny must be true or false"},
		"auth_id as a list":            {"auth_id:\n- key-1\n", "auth_id must be a string on one line"},
		"auth_id as a block":           {"auth_id: |\n  key-1\n", "auth_id must be a string on one line"},
		"auth_id over two lines":       {"auth_id: key\n  one\n", "auth_id must be a string on one line"},
		"auth_id without its end":      {"auth_id: \"key-1\n", "auth_id must be a string on one line"},
		"auth_id with a wrong escape":  {`auth_id: "key\q"`, "auth_id must be a string on one line"},
		"delegate as an alias":         {"delegate: *strategy\n", "delegate must be a string on one line"},
		"delegate with text behind it": {"delegate: 'fill' first\n", "delegate must be a string on one line"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseSettings(c.yaml)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %+v, %v; want an error with %q", got, err, c.want)
			}
		})
	}
}

// Whatever the text, reading it ends and does not panic. Run further with `go test -fuzz FuzzSettings`.
func FuzzSettings(f *testing.F) {
	for _, seed := range []string{"deny: true", "{deny: true}", "{]", "{\"", "{a: [}, b", "{:", "{'a':\\", "a: \"\\u12", "- - {", "\t", "...", "{a: ]}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, yaml string) {
		s, err := parseSettings(yaml)
		if err != nil && s != (settings{}) {
			t.Errorf("an error and the settings %+v", s)
		}
	})
}
