//! A JSON value, read and written without a dependency.

use std::fmt;

/// Deeper text is refused, because reading goes down the stack.
const MAX_DEPTH: usize = 200;

/// A JSON value. Objects keep the order of their fields; numbers keep their text, so nothing of them is lost.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// A text.
    pub fn text(text: impl Into<String>) -> Json {
        Json::Text(text.into())
    }

    /// A whole number.
    pub fn integer(number: i64) -> Json {
        Json::Number(number.to_string())
    }

    /// Bytes, in base64.
    pub fn bytes(bytes: &[u8]) -> Json {
        Json::Text(crate::base64_encode(bytes))
    }

    /// An object with these fields.
    pub fn object<const N: usize>(fields: [(&str, Json); N]) -> Json {
        Json::Object(fields.into_iter().map(|(name, value)| (name.to_string(), value)).collect())
    }

    /// A field; null when there is none. The last one counts, as the ABI wants it.
    pub fn field(&self, name: &str) -> &Json {
        match self {
            Json::Object(fields) => {
                fields.iter().rev().find(|(key, _)| key == name).map_or(&Json::Null, |(_, value)| value)
            }
            _ => &Json::Null,
        }
    }

    /// Sets a field of an object.
    pub fn set(&mut self, name: &str, value: Json) {
        if let Json::Object(fields) = self {
            match fields.iter_mut().rev().find(|(key, _)| key == name) {
                Some((_, old)) => *old = value,
                None => fields.push((name.to_string(), value)),
            }
        }
    }

    /// The text; empty when the value is none.
    pub fn as_str(&self) -> &str {
        match self {
            Json::Text(text) => text,
            _ => "",
        }
    }

    /// The number, when it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Json::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The elements; none when the value is no list.
    pub fn elements(&self) -> &[Json] {
        match self {
            Json::List(elements) => elements,
            _ => &[],
        }
    }

    /// The bytes of a base64 text; none for anything else.
    pub fn as_bytes(&self) -> Vec<u8> {
        crate::base64_decode(self.as_str()).unwrap_or_default()
    }

    /// Reads a whole text; the error says where it stops being JSON.
    pub fn parse(text: &str) -> Result<Json, String> {
        let mut reader = Reader { text, position: 0 };
        let value = reader.value(0)?;
        reader.skip_space();
        match reader.peek() {
            None => Ok(value),
            Some(_) => Err(reader.expected("the end")),
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => out.write_str("null"),
            Json::Bool(value) => write!(out, "{value}"),
            Json::Number(text) => out.write_str(text),
            Json::Text(text) => write_text(out, text),
            Json::List(elements) => {
                out.write_str("[")?;
                for (index, element) in elements.iter().enumerate() {
                    out.write_str(if index > 0 { "," } else { "" })?;
                    write!(out, "{element}")?;
                }
                out.write_str("]")
            }
            Json::Object(fields) => {
                out.write_str("{")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    out.write_str(if index > 0 { "," } else { "" })?;
                    write_text(out, name)?;
                    write!(out, ":{value}")?;
                }
                out.write_str("}")
            }
        }
    }
}

fn write_text(out: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    out.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            c if c < ' ' => write!(out, "\\u{:04x}", c as u32)?,
            c => write!(out, "{c}")?,
        }
    }
    out.write_str("\"")
}

struct Reader<'a> {
    text: &'a str,
    position: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn expected(&self, what: &str) -> String {
        format!("byte {}: expected {what}", self.position)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.position += 1;
        }
    }

    /// Goes past a piece of text, if it is next.
    fn take(&mut self, piece: &str) -> bool {
        let found = self.text.as_bytes()[self.position..].starts_with(piece.as_bytes());
        if found {
            self.position += piece.len();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > MAX_DEPTH {
            return Err(self.expected("less nesting"));
        }
        self.skip_space();
        match self.peek() {
            Some(b'"') => Ok(Json::Text(self.string()?)),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take("null") => Ok(Json::Null),
            _ if self.take("true") => Ok(Json::Bool(true)),
            _ if self.take("false") => Ok(Json::Bool(false)),
            _ => Err(self.expected("a value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, String> {
        self.position += 1;
        let mut fields = Vec::new();
        self.skip_space();
        if self.take("}") {
            return Ok(Json::Object(fields));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.expected("a field name"));
            }
            let name = self.string()?;
            self.skip_space();
            if !self.take(":") {
                return Err(self.expected("a colon"));
            }
            fields.push((name, self.value(depth + 1)?));
            self.skip_space();
            if self.take("}") {
                return Ok(Json::Object(fields));
            }
            if !self.take(",") {
                return Err(self.expected("a comma or a closing brace"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json, String> {
        self.position += 1;
        let mut elements = Vec::new();
        self.skip_space();
        if self.take("]") {
            return Ok(Json::List(elements));
        }
        loop {
            elements.push(self.value(depth + 1)?);
            self.skip_space();
            if self.take("]") {
                return Ok(Json::List(elements));
            }
            if !self.take(",") {
                return Err(self.expected("a comma or a closing bracket"));
            }
        }
    }

    fn digits(&mut self) -> Result<(), String> {
        let start = self.position;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.position += 1;
        }
        if self.position == start {
            return Err(self.expected("a digit"));
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Json, String> {
        let start = self.position;
        self.take("-");
        if !self.take("0") {
            self.digits()?;
        }
        if self.take(".") {
            self.digits()?;
        }
        if self.take("e") || self.take("E") {
            if !self.take("+") {
                self.take("-");
            }
            self.digits()?;
        }
        Ok(Json::Number(self.text[start..self.position].to_string()))
    }

    fn string(&mut self) -> Result<String, String> {
        self.position += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.position..];
            let plain =
                rest.find(|c| c == '"' || c == '\\' || c < ' ').ok_or_else(|| self.expected("a closing quote"))?;
            text.push_str(&rest[..plain]);
            self.position += plain;
            match self.peek() {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.position += 1;
                    text.push(self.escape()?);
                }
                _ => return Err(self.expected("no control character")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let plain = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.position += 1;
                return self.unicode();
            }
            _ => return Err(self.expected("an escape")),
        };
        self.position += 1;
        Ok(plain)
    }

    fn code_unit(&mut self) -> Result<u32, String> {
        let digits = self
            .text
            .get(self.position..self.position + 4)
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.expected("four hex digits"))?;
        self.position += 4;
        Ok(unit)
    }

    /// The character of one or two `\u` escapes. Half of a pair becomes U+FFFD.
    fn unicode(&mut self) -> Result<char, String> {
        let first = self.code_unit()?;
        if (0xD800..0xDC00).contains(&first) {
            let after = self.position;
            if self.take("\\u") {
                let second = self.code_unit()?;
                if (0xDC00..0xE000).contains(&second) {
                    return Ok(
                        char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)).unwrap_or('\u{FFFD}')
                    );
                }
                self.position = after;
            }
        }
        Ok(char::from_u32(first).unwrap_or('\u{FFFD}'))
    }
}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn writes_what_it_reads() {
        for text in [r#"{"a":[1,-2.5e3,true,null,"é\n\"\\😀"],"b":{}}"#, "[]", "\"\"", "0"] {
            let value = Json::parse(text).expect(text);
            assert_eq!(Json::parse(&value.to_string()), Ok(value), "{text}");
        }
    }

    #[test]
    fn says_where_text_stops_being_json() {
        for text in ["", "{", "[1,]", "{\"a\"}", "01", "1.", "nul", "\"\n\"", "\"\\x\"", "\"\\u12\"", "{} x"] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
        assert_eq!(Json::parse("{\"a\":?}"), Err("byte 5: expected a value".to_string()));
    }

    #[test]
    fn refuses_text_that_would_exhaust_the_stack() {
        assert!(Json::parse(&"[".repeat(1_000_000)).is_err());
    }

    #[test]
    fn takes_the_last_of_two_fields() {
        assert_eq!(Json::parse(r#"{"a":1,"a":2}"#).unwrap().field("a"), &Json::integer(2));
    }

    #[test]
    fn joins_the_halves_of_a_pair() {
        assert_eq!(Json::parse(r#""\ud83d\ude00 \ud83d""#), Ok(Json::text("😀 \u{FFFD}")));
    }
}
