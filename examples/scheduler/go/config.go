package main

import (
	"fmt"
	"strings"
)

// settings are the plugin's own keys under plugins.configs.<id>.
type settings struct {
	// authID is the credential to choose when it is among the candidates.
	authID string
	// delegate is the built-in strategy that decides. It comes before authID.
	delegate string
	// deny refuses every pick. It comes before everything else.
	deny bool
}

// parseSettings reads the settings from YAML text. Keys that are not the plugin's own are ignored.
func parseSettings(yaml string) (settings, error) {
	values := topLevelValues(yaml)
	authID, err := values.text("auth_id")
	if err != nil {
		return settings{}, err
	}
	delegate, err := values.text("delegate")
	if err != nil {
		return settings{}, err
	}
	deny, err := values.boolean("deny")
	if err != nil {
		return settings{}, err
	}
	return settings{authID: authID, delegate: delegate, deny: deny}, nil
}

// text gives the value of key without blanks around it, or "" when the key is missing or null.
func (values yamlValues) text(key string) (string, error) {
	value := values[key]
	if value.kind == otherValue {
		return "", fmt.Errorf("%s must be a string on one line, plain or in quotes", key)
	}
	if value.isNull() {
		return "", nil
	}
	return strings.TrimSpace(value.text), nil
}

// boolean gives the value of key, or false when the key is missing or null.
// As in YAML 1.2, yes, no, on and off are strings.
func (values yamlValues) boolean(key string) (bool, error) {
	value := values[key]
	if value.isNull() {
		return false, nil
	}
	if value.kind == plainValue {
		switch value.text {
		case "true", "True", "TRUE":
			return true, nil
		case "false", "False", "FALSE":
			return false, nil
		}
	}
	return false, fmt.Errorf("%s must be true or false, not %s", key, value.describe())
}
