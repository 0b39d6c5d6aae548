//! The plugin's own keys under `plugins.configs.<id>`.

/// Settings by key. Reads `key: value` lines, the way in which people write such settings; it is no YAML reader.
#[derive(Clone, Debug, Default)]
pub struct Settings(Vec<(String, String)>);

impl Settings {
    /// Reads the text that the host sends as `config_yaml`. Lines of nested values are skipped.
    pub fn read(yaml: &str) -> Settings {
        let lines = yaml.lines().filter(|line| !line.starts_with([' ', '#', '-', '{']));
        Settings(
            lines
                .filter_map(|line| line.split_once(':'))
                .map(|(key, value)| (key.trim().to_string(), scalar(value.trim())))
                .collect(),
        )
    }

    /// A value without quotes; empty when the key is missing.
    pub fn text(&self, key: &str) -> &str {
        self.0.iter().rev().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }

    /// A whole number above 0, or `fallback` when the key is missing.
    pub fn positive(&self, key: &str, fallback: u64) -> Result<u64, String> {
        match self.text(key) {
            "" => Ok(fallback),
            value => match value.parse() {
                Ok(number) if number > 0 => Ok(number),
                _ => Err(format!("{key} must be a whole number above 0, not {value}")),
            },
        }
    }
}

fn scalar(text: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or_default().to_string();
        }
    }
    let plain = if text.starts_with('#') { "" } else { text.split(" #").next().unwrap_or_default().trim_end() };
    if matches!(plain, "~" | "null") {
        String::new()
    } else {
        plain.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn reads_plain_and_quoted_values() {
        let settings =
            Settings::read("enabled: true\nname: \"a: b\" # note\nplain: x y # note\nlist:\n  - z\nnone: ~\n");
        for (key, value) in
            [("enabled", "true"), ("name", "a: b"), ("plain", "x y"), ("list", ""), ("none", ""), ("other", "")]
        {
            assert_eq!(settings.text(key), value, "{key}");
        }
    }
}
