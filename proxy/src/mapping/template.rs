//! Templates: one text made of several fields, such as `Phone: {phone}\n{notes}`.
//!
//! Apart and own, because its one rule of conditions is all that is needed: a line whose fields are all absent is left
//! out. `{{` and `}}` stand for the braces themselves.

/// A text with places for fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Line>);

type Line = Vec<Part>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(String),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it, as found.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines: Vec<Line> = text.split('\n').map(parse_line).collect::<Result<_, _>>()?;
        let template = Self(lines);
        if text.trim().is_empty() { Err("an empty template".to_owned()) } else { Ok(template) }
    }

    /// Fills it in; nothing where nothing is left to say.
    pub fn fill(&self, value: impl Fn(&str) -> Option<String>) -> Option<String> {
        let lines: Vec<String> = self.0.iter().filter_map(|line| fill_line(line, &value)).collect();
        Some(lines.join("\n")).filter(|text| !text.trim().is_empty())
    }

    /// The fields that it names, each once.
    pub fn fields(&self) -> Vec<&str> {
        let mut fields = Vec::new();
        for part in self.0.iter().flatten() {
            if let Part::Field(name) = part
                && !fields.contains(&name.as_str())
            {
                fields.push(name.as_str());
            }
        }
        fields
    }

    /// Whether there is text in it whenever these fields are filled in.
    pub fn is_filled_by(&self, present: impl Fn(&str) -> bool) -> bool {
        self.fill(|name| present(name).then(|| name.to_owned())).is_some()
    }
}

fn fill_line(line: &Line, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut text = String::new();
    let (mut named, mut filled) = (false, false);
    for part in line {
        match part {
            Part::Text(words) => text.push_str(words),
            Part::Field(name) => {
                named = true;
                if let Some(value) = value(name) {
                    filled = true;
                    text.push_str(&value);
                }
            }
        }
    }
    (filled || !named).then_some(text)
}

fn parse_line(line: &str) -> Result<Line, String> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' if chars.peek() == Some(&c) => {
                chars.next();
                text.push(c);
            }
            '}' => return Err("a } without its {".to_owned()),
            '{' => {
                let mut name = String::new();
                loop {
                    match chars.next() {
                        Some('}') => break,
                        Some(c) if c == '_' || c == '-' || c.is_ascii_alphanumeric() => name.push(c),
                        Some(_) => {
                            return Err(
                                "a field name with other characters than letters, digits and _".to_owned()
                            );
                        }
                        None => return Err("a { without its }".to_owned()),
                    }
                }
                if name.is_empty() {
                    return Err("{} without a field name".to_owned());
                }
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(Part::Field(name));
            }
            c => text.push(c),
        }
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(template: &str, values: &[(&str, &str)]) -> Option<String> {
        let value = |name: &str| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Template::parse(template).unwrap().fill(value)
    }

    #[test]
    fn line_whose_fields_are_all_absent_is_left_out() {
        let notes = "Phone: {phone}\n{notes}";
        for (values, filled) in [
            (&[("phone", "+44"), ("notes", "Two tills.\nCall.")][..], Some("Phone: +44\nTwo tills.\nCall.")),
            (&[("phone", "+44")], Some("Phone: +44")),
            (&[("notes", "Hello")], Some("Hello")),
            (&[], None),
        ] {
            assert_eq!(fill(notes, values).as_deref(), filled);
        }
        assert_eq!(fill("From the web\n{notes}", &[]).as_deref(), Some("From the web"));
        assert_eq!(fill("{a}, {b}", &[("b", "x")]).as_deref(), Some(", x"));
    }

    #[test]
    fn value_is_put_in_as_it_is() {
        assert_eq!(fill("{a}", &[("a", "{b} }} {{")]).as_deref(), Some("{b} }} {{"));
        assert_eq!(fill("{{{a}}}", &[("a", "x")]).as_deref(), Some("{x}"));
    }

    #[test]
    fn broken_template_is_refused() {
        for (template, why) in [
            ("", "an empty template"),
            (" \n ", "an empty template"),
            ("{a", "a { without its }"),
            ("{", "a { without its }"),
            ("a}", "a } without its {"),
            ("{}", "{} without a field name"),
            ("{a b}", "a field name with other characters than letters, digits and _"),
        ] {
            assert_eq!(Template::parse(template).unwrap_err(), why, "{template}");
        }
    }

    #[test]
    fn fields_are_listed_once() {
        assert_eq!(Template::parse("{a} {b}\n{a}").unwrap().fields(), ["a", "b"]);
    }
}
