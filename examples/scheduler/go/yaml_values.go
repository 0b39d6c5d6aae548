package main

import (
	"strconv"
	"strings"
)

// A reader for as much YAML as the settings need, so that the example builds without a single download: the scalar
// values on the top level of one mapping, in block style or in flow style. A plugin with larger settings is better
// off with a YAML module.

// yamlValues are the top-level values by key. What is nested in them is not read.
type yamlValues map[string]yamlValue

type yamlValue struct {
	kind yamlKind
	// text is the scalar without quotes and escapes.
	text string
}

type yamlKind int

const (
	// absentValue, the zero value, is that of a key which is not there.
	absentValue yamlKind = iota
	plainValue
	quotedValue
	// otherValue is anything but a scalar on one line: a list, a mapping, a block of text, an alias, a tag.
	otherValue
)

func (v yamlValue) isNull() bool {
	if v.kind == absentValue {
		return true
	}
	if v.kind != plainValue {
		return false
	}
	switch v.text {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// describe names the value in an error message.
func (v yamlValue) describe() string {
	switch v.kind {
	case plainValue:
		return v.text
	case quotedValue:
		return "the string " + strconv.Quote(v.text)
	default:
		return "a list, a mapping or a longer text"
	}
}

// topLevelValues reads a document. Text that is not a mapping has no values.
func topLevelValues(document string) yamlValues {
	values := yamlValues{}
	lines := strings.Split(strings.ReplaceAll(strings.TrimPrefix(document, "\ufeff"), "\r\n", "\n"), "\n")
	indent, lastKey := -1, ""
	for number, line := range lines {
		content := strings.TrimLeft(line, " ")
		switch {
		case isBlankOrComment(content), strings.HasPrefix(line, "---"), strings.HasPrefix(line, "%"):
			continue
		case strings.HasPrefix(line, "..."):
			return values
		case indent < 0 && content[0] == '{':
			return flowValues(strings.Join(lines[number:], "\n")[len(line)-len(content)+1:])
		case indent < 0:
			indent = len(line) - len(content)
		}
		key, value, isEntry := blockEntry(content)
		if len(line)-len(content) > indent || !isEntry {
			values[lastKey] = yamlValue{kind: otherValue} // the value goes on here, so it is not a scalar on one line
			continue
		}
		values[key], lastKey = value, key
	}
	return values
}

// blockEntry splits "key: value".
func blockEntry(content string) (key string, value yamlValue, ok bool) {
	name, rest := scanScalar(content, false)
	rest = strings.TrimLeft(rest, " \t")
	if name.kind == otherValue || !endsKey(rest, false) {
		return "", yamlValue{}, false
	}
	rest = strings.TrimLeft(rest[1:], " \t")
	if isBlankOrComment(rest) {
		return name.text, yamlValue{kind: plainValue}, true
	}
	value, rest = scanScalar(rest, false)
	if !isBlankOrComment(strings.TrimLeft(rest, " \t")) {
		value = yamlValue{kind: otherValue}
	}
	return name.text, value, true
}

// flowValues reads "key: value, ... }", the part of a flow mapping behind its opening brace.
func flowValues(rest string) yamlValues {
	values := yamlValues{}
	for {
		rest = skipFlowBlanks(strings.TrimLeft(rest, ","))
		if rest == "" || rest[0] == '}' {
			return values
		}
		var key yamlValue
		key, rest = scanScalar(rest, true)
		rest = skipFlowBlanks(rest)
		value := yamlValue{kind: plainValue}
		if strings.HasPrefix(rest, ":") {
			value, rest = scanFlowValue(skipFlowBlanks(rest[1:]))
		}
		rest = skipFlowBlanks(rest)
		if rest != "" && rest[0] != ',' && rest[0] != '}' {
			value = yamlValue{kind: otherValue}
			rest = rest[endOfFlowEntry(rest):]
		}
		values[key.text] = value
	}
}

func scanFlowValue(s string) (yamlValue, string) {
	if end := endOfFlowEntry(s); end > 0 && (s[0] == '{' || s[0] == '[') {
		return yamlValue{kind: otherValue}, s[end:]
	}
	return scanScalar(s, true)
}

// endOfFlowEntry gives the index of the comma or brace that ends the entry in which s begins.
func endOfFlowEntry(s string) int {
	depth := 0
	atStart := true // of a scalar: a quote opens one only there, as in 'it' but not in it's
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case depth <= 0 && c == ',', depth == 0 && c == '}':
			return i
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case atStart && (c == '"' || c == '\''):
			_, rest := scanQuoted(s[i:])
			i = len(s) - len(rest) - 1
		case c == '#' && i > 0 && strings.IndexByte(" \t\n", s[i-1]) >= 0:
			_, rest, _ := strings.Cut(s[i:], "\n")
			i = len(s) - len(rest) - 1
		}
		atStart = strings.IndexByte(",:[{", s[i]) >= 0 || atStart && strings.IndexByte(" \t\n", s[i]) >= 0
	}
	return len(s)
}

func skipFlowBlanks(s string) string {
	for {
		s = strings.TrimLeft(s, " \t\n")
		if !strings.HasPrefix(s, "#") {
			return s
		}
		_, s, _ = strings.Cut(s, "\n")
	}
}

func isBlankOrComment(s string) bool {
	return s == "" || s[0] == '#' || strings.TrimSpace(s) == ""
}

// endsKey says whether s begins with a colon that separates a key from its value.
func endsKey(s string, inFlow bool) bool {
	if s == "" || s[0] != ':' {
		return false
	}
	return len(s) == 1 || strings.IndexByte(" \t\n", s[1]) >= 0 || inFlow && strings.IndexByte(",[]{}", s[1]) >= 0
}

// scanScalar reads the scalar with which s begins and gives what follows it on the line.
func scanScalar(s string, inFlow bool) (yamlValue, string) {
	if s == "" {
		return yamlValue{kind: plainValue}, s
	}
	switch {
	case s[0] == '"' || s[0] == '\'':
		return scanQuoted(s)
	case strings.IndexByte("|>&*!%@`[]{},", s[0]) >= 0, s == "-", strings.HasPrefix(s, "- "), strings.HasPrefix(s, "? "):
		return yamlValue{kind: otherValue}, s
	}
	end := 0
	for ; end < len(s); end++ {
		c := s[end]
		startsComment := c == '#' && end > 0 && (s[end-1] == ' ' || s[end-1] == '\t')
		if c == '\n' || startsComment || endsKey(s[end:], inFlow) || inFlow && strings.IndexByte(",[]{}", c) >= 0 {
			break
		}
	}
	return yamlValue{kind: plainValue, text: strings.TrimRight(s[:end], " \t")}, s[end:]
}

// scanQuoted reads a scalar in single or double quotes. One that does not end, or not on its line, is an otherValue.
func scanQuoted(s string) (yamlValue, string) {
	quote, kind, text := s[0], quotedValue, strings.Builder{}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == quote && quote == '\'' && strings.HasPrefix(s[i+1:], "'"):
			text.WriteByte(c)
			i++
		case c == quote:
			return yamlValue{kind: kind, text: text.String()}, s[i+1:]
		case c == '\\' && quote == '"':
			char, length := unescape(s[i+1:])
			if length == 0 {
				kind = otherValue
			}
			text.WriteString(char)
			i += length
		case c == '\n':
			kind = otherValue
		default:
			text.WriteByte(c)
		}
	}
	return yamlValue{kind: otherValue}, ""
}

var namedEscapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b",
	' ': " ", '"': "\"", '/': "/", '\\': "\\", 'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

var hexEscapes = map[byte]int{'x': 2, 'u': 4, 'U': 8}

// unescape reads what follows a backslash and gives the text that it stands for and its length. Length 0: no such escape.
func unescape(s string) (char string, length int) {
	if s == "" {
		return "", 0
	}
	if char, ok := namedEscapes[s[0]]; ok {
		return char, 1
	}
	digits := hexEscapes[s[0]]
	if digits == 0 || len(s) <= digits {
		return "", 0
	}
	code, err := strconv.ParseUint(s[1:1+digits], 16, 31)
	if err != nil {
		return "", 0
	}
	return string(rune(code)), 1 + digits
}
