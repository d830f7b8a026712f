//! Patterns for a field's value: a small, safe subset of regular expressions.
//!
//! Apart and own for two reasons: a regular-expression library would double the browser's download, and a pattern
//! written by an embedder must not be able to hang the proxy. There are no groups and no alternatives, so matching takes
//! time proportional to pattern length times text length, whatever the pattern.

use core::fmt;

/// Longest pattern, in characters.
const CHARS_MAX: usize = 200;
/// Most repeats that a pattern may ask for.
const REPEAT_MAX: usize = 500;

/// A compiled pattern. It must match the whole value, as HTML's `pattern` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    set: Set,
    min: usize,
    max: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Set {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl Set {
    fn has(&self, c: char) -> bool {
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != self.negated
    }
}

/// Why a pattern can't be used, with the character (counted from 1) where it went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Where, counted in characters from 1.
    pub at: usize,
    /// What was found there and what to write instead.
    pub why: &'static str,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {}: {}", self.at, self.why)
    }
}

impl Pattern {
    /// Reads a pattern: literals, `.`, `\d`, `\w`, `\s`, classes such as `[A-Za-z0-9-]` and `[^0-9]`, `\` before a
    /// literal mark, each followed by nothing, `?`, `*`, `+`, `{n}` or `{m,n}`.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let chars: Vec<char> = text.chars().collect();
        let mut reader = Reader { chars: &chars, at: 0 };
        if chars.len() > CHARS_MAX {
            return Err(PatternError { at: CHARS_MAX, why: "longer than 200 characters; shorten it" });
        }
        let mut pieces = Vec::new();
        while reader.at < chars.len() {
            let set = reader.set()?;
            let (min, max) = reader.repeat()?;
            pieces.push(Piece { set, min, max });
        }
        Ok(Self(pieces))
    }

    /// Whether the whole text is of this pattern.
    pub fn matches(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        // Every position that some way of matching the pieces so far can have reached.
        let mut reached = vec![false; chars.len() + 1];
        if let Some(first) = reached.first_mut() {
            *first = true;
        }
        for piece in &self.0 {
            reached = step(piece, &chars, &reached);
        }
        reached.last().copied().unwrap_or(false)
    }
}

/// The positions reached after one more piece. `run` counts how many characters before a position fit the piece's set.
fn step(piece: &Piece, chars: &[char], reached: &[bool]) -> Vec<bool> {
    let mut next = vec![false; reached.len()];
    let mut run = 0_usize;
    for (end, slot) in next.iter_mut().enumerate() {
        if end > 0 {
            let fits = chars.get(end - 1).is_some_and(|c| piece.set.has(*c));
            run = if fits { run + 1 } else { 0 };
        }
        let most = run.min(piece.max);
        *slot = (piece.min..=most).any(|count| {
            end.checked_sub(count).and_then(|start| reached.get(start)).copied().unwrap_or(false)
        });
    }
    next
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
}

impl Reader<'_> {
    fn error<T>(&self, why: &'static str) -> Result<T, PatternError> {
        Err(PatternError { at: self.at, why })
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn set(&mut self) -> Result<Set, PatternError> {
        let ranges = match self.next() {
            Some('.') => return Ok(Set { negated: true, ranges: vec![('\n', '\n')] }),
            Some('[') => return self.class(),
            Some('\\') => self.escape()?,
            Some('(' | ')' | '|') => {
                return self.error("groups and alternatives are not supported; use a select or two fields");
            }
            Some('^' | '$') => {
                return self.error("anchors are not needed: the whole value must match; remove it");
            }
            Some('?' | '*' | '+' | '{' | '}' | ']') => {
                return self
                    .error("a mark with nothing to repeat; write \\ before it if it is meant literally");
            }
            Some(c) => vec![(c, c)],
            None => return self.error("the pattern ends too early"),
        };
        Ok(Set { negated: false, ranges })
    }

    fn escape(&mut self) -> Result<Vec<(char, char)>, PatternError> {
        Ok(match self.next() {
            Some('d') => vec![('0', '9')],
            Some('w') => vec![('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')],
            Some('s') => vec![(' ', ' '), ('\t', '\r'), ('\u{a0}', '\u{a0}')],
            Some(c) if c.is_ascii_alphanumeric() => {
                return self.error("unknown escape; \\d, \\w and \\s are the known ones");
            }
            Some(c) => vec![(c, c)],
            None => return self.error("\\ at the end; write the character that it escapes"),
        })
    }

    fn class(&mut self) -> Result<Set, PatternError> {
        let negated = self.peek() == Some('^');
        if negated {
            self.at += 1;
        }
        let mut ranges = Vec::new();
        loop {
            let low = match self.next() {
                Some(']') if !ranges.is_empty() => return Ok(Set { negated, ranges }),
                Some(']') | None => return self.error("a class [...] that is empty or not closed"),
                Some('\\') => {
                    ranges.extend(self.escape()?);
                    continue;
                }
                Some(c) => c,
            };
            let follows = (self.peek(), self.chars.get(self.at + 1).copied());
            let high = match follows {
                (Some('-'), Some(high)) if high != ']' => {
                    self.at += 2;
                    high
                }
                _ => low,
            };
            if high < low {
                return self.error("a range the wrong way round");
            }
            ranges.push((low, high));
        }
    }

    fn repeat(&mut self) -> Result<(usize, usize), PatternError> {
        let bounds = match self.peek() {
            Some('?') => (0, 1),
            Some('*') => (0, usize::MAX),
            Some('+') => (1, usize::MAX),
            Some('{') => {
                self.at += 1;
                return self.counts();
            }
            _ => return Ok((1, 1)),
        };
        self.at += 1;
        Ok(bounds)
    }

    fn counts(&mut self) -> Result<(usize, usize), PatternError> {
        let min = self.number()?;
        let max = match self.next() {
            Some('}') => return Ok((min, min)),
            Some(',') if self.peek() == Some('}') => usize::MAX,
            Some(',') => self.number()?,
            _ => return self.error("a count is written {n}, {m,} or {m,n}"),
        };
        match self.next() {
            Some('}') if min <= max => Ok((min, max)),
            Some('}') => self.error("a count whose first number is larger than its second"),
            _ => self.error("a count is written {n}, {m,} or {m,n}"),
        }
    }

    fn number(&mut self) -> Result<usize, PatternError> {
        let mut number: Option<usize> = None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.at += 1;
            number = Some(number.unwrap_or(0).saturating_mul(10).saturating_add(digit as usize));
        }
        match number {
            Some(number) if number <= REPEAT_MAX => Ok(number),
            Some(_) => self.error("a count above 500; use max_length instead"),
            None => self.error("a count is written {n}, {m,} or {m,n}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::Pattern;

    fn check(pattern: &str, fits: &[&str], fails: &[&str]) {
        let compiled = Pattern::parse(pattern).unwrap();
        for text in fits {
            assert!(compiled.matches(text), "{pattern} should match {text:?}");
        }
        for text in fails {
            assert!(!compiled.matches(text), "{pattern} should not match {text:?}");
        }
    }

    #[test]
    fn whole_value_is_matched() {
        check(r"\d{4}", &["2024"], &["202", "20244", " 2024"]);
        check(r"[A-Z]{1,2}\d[A-Z0-9]? ?\d[A-Z]{2}", &["SW1A 1AA", "M1 1AE", "B338TH"], &["SW1A", "sw1a 1aa"]);
        check(r"TPM\d+", &["TPM1", "TPM1234"], &["TPM", "XTPM1"]);
        check("a*a*b", &["b", "aaab"], &["aaa"]);
        check(r"[^0-9]+\.", &["ab."], &["a1.", "ab"]);
        check("", &[""], &["a"]);
        check("...", &["äöü"], &["ab", "a\nb"]);
    }

    #[test]
    fn a_pattern_that_hangs_other_engines_ends_at_once() {
        let compiled = Pattern::parse(&"a*".repeat(50)).unwrap();
        assert!(!compiled.matches(&["a".repeat(2_000), "b".to_owned()].concat()));
    }

    #[test]
    fn errors_say_where_and_what_to_do() {
        for (pattern, at) in [
            ("(a|b)", 1),
            ("^a$", 1),
            ("a{2", 3),
            ("[z-a]", 4),
            ("[]", 2),
            (r"\q", 2),
            ("*", 1),
            ("a{501}", 5),
        ] {
            let error = Pattern::parse(pattern).unwrap_err();
            assert_eq!(error.at, at, "{pattern}: {error}");
            assert!(error.why.len() > 10);
        }
    }
}
