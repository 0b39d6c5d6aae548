package plugin

import (
	"fmt"
	"strconv"
	"strings"
)

// Settings are the plugin's keys under plugins.configs.<id>, without quotes around the values.
//
// ReadSettings reads "key: value" lines, the way in which people write such settings; it is no YAML reader. A plugin
// with lists or mappings in its settings takes a YAML module instead.
type Settings map[string]string

// ReadSettings reads the text that the host sends as config_yaml. Lines that belong to a nested value are skipped.
func ReadSettings(yaml string) (Settings, error) {
	settings := Settings{}
	for number, line := range strings.Split(yaml, "\n") {
		line = strings.TrimRight(line, " \t\r")
		if line == "" || line[0] == '#' || line[0] == ' ' || line[0] == '-' {
			continue
		}
		key, value, found := strings.Cut(line, ":")
		if !found || strings.HasPrefix(line, "{") {
			return nil, fmt.Errorf("line %d of the settings is not of the form \"key: value\"", number+1)
		}
		value, err := scalar(strings.TrimSpace(value))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		settings[strings.Trim(key, `"' `)] = value
	}
	return settings, nil
}

func scalar(text string) (string, error) {
	switch {
	case strings.HasPrefix(text, `"`):
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return "", fmt.Errorf("the quotes around %s do not match", text)
		}
		return strconv.Unquote(quoted)
	case strings.HasPrefix(text, "'"):
		end := strings.LastIndexByte(text, '\'')
		if end == 0 {
			return "", fmt.Errorf("the quotes around %s do not match", text)
		}
		return strings.ReplaceAll(text[1:end], "''", "'"), nil
	case strings.HasPrefix(text, "#"):
		return "", nil
	}
	plain, _, _ := strings.Cut(text, " #")
	plain = strings.TrimSpace(plain)
	if plain == "~" || plain == "null" {
		return "", nil
	}
	return plain, nil
}

// Text gives a value, or the fallback when the key is missing or empty.
func (s Settings) Text(key, fallback string) string {
	if value := s[key]; value != "" {
		return value
	}
	return fallback
}

// Int gives a whole number of at least least, or the fallback when the key is missing or empty.
func (s Settings) Int(key string, fallback, least int) (int, error) {
	value := s[key]
	if value == "" {
		return fallback, nil
	}
	number, err := strconv.Atoi(value)
	if err != nil || number < least {
		return 0, fmt.Errorf("%s must be a whole number of at least %d, not %q", key, least, value)
	}
	return number, nil
}

// Bool gives true or false, or the fallback when the key is missing or empty.
func (s Settings) Bool(key string, fallback bool) (bool, error) {
	switch s[key] {
	case "":
		return fallback, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%s must be true or false, not %q", key, s[key])
}

// OneOf gives one of the allowed values; the first when the key is missing or empty.
func (s Settings) OneOf(key string, allowed ...string) (string, error) {
	value := s.Text(key, allowed[0])
	for _, each := range allowed {
		if value == each {
			return value, nil
		}
	}
	return "", fmt.Errorf("%s must be one of %s, not %q", key, strings.Join(allowed, ", "), value)
}
