//! Patterns for names: `*`, `?`, `[a-z]`, `[^a]`, `\x`.
//!
//! `globset` knows more: with it `[!a]`, `{a,b}` and `**` would mean
//! something, where the service takes them by the letter.

/// A pattern, taken apart.
pub(super) struct Glob(Vec<Token>);

enum Token {
    Star,
    Any,
    Letter(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Token {
    /// Whether one character fits. Only a letter fits a slash.
    fn fits(&self, found: char) -> bool {
        match self {
            Self::Star | Self::Any => found != '/',
            Self::Letter(letter) => *letter == found,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|&(low, high)| (low..=high).contains(&found)) != *negated
            }
        }
    }
}

impl Glob {
    /// Takes a pattern apart; `None` when it is malformed.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut rest = pattern.chars();
        while let Some(letter) = rest.next() {
            tokens.push(match letter {
                '*' => Token::Star,
                '?' => Token::Any,
                '\\' => Token::Letter(rest.next()?),
                '[' => class(&mut rest)?,
                letter => Token::Letter(letter),
            });
        }
        Some(Self(tokens))
    }

    /// Whether the whole of a name fits.
    pub(super) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut token, mut at) = (0, 0);
        // Where to go on when the last star takes one character more.
        let mut retry = None;
        loop {
            match self.0.get(token) {
                Some(Token::Star) => {
                    retry = Some((token, at));
                    token += 1;
                    continue;
                }
                Some(single) if name.get(at).is_some_and(|&found| single.fits(found)) => {
                    token += 1;
                    at += 1;
                    continue;
                }
                None if at == name.len() => return true,
                _ => {}
            }
            match retry {
                Some((star, start)) if name.get(start).is_some_and(|&found| Token::Star.fits(found)) => {
                    retry = Some((star, start + 1));
                    (token, at) = (star + 1, start + 1);
                }
                _ => return false,
            }
        }
    }
}

/// What follows a `[`, up to its `]`.
fn class(rest: &mut std::str::Chars<'_>) -> Option<Token> {
    let negated = rest.clone().next() == Some('^');
    if negated {
        rest.next();
    }
    let mut ranges = Vec::new();
    loop {
        if rest.clone().next() == Some(']') && !ranges.is_empty() {
            rest.next();
            return Some(Token::Class { negated, ranges });
        }
        let low = member(rest)?;
        let mut high = low;
        if rest.clone().next() == Some('-') {
            rest.next();
            high = member(rest)?;
        }
        ranges.push((low, high));
    }
}

fn member(rest: &mut std::str::Chars<'_>) -> Option<char> {
    match rest.next()? {
        '-' | ']' => None,
        '\\' => rest.next(),
        letter => Some(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_match() {
        for (pattern, name) in [
            ("*.txt", ".d.txt"),
            ("*", "."),
            ("a?", "ab"),
            ("[ab]1", "b1"),
            ("[^a]*", "b1"),
            ("[!x]x", "!x"),
            ("a[0-9]", "a5"),
            ("**", "f"),
            ("\\*", "*"),
            ("*a*b*", "xaxbx"),
            ("[\\]-]", "]"),
            ("ü?", "ü日"),
        ] {
            if let Some(glob) = Glob::parse(pattern) {
                assert!(glob.matches(name), "{pattern} {name}");
            } else {
                assert_eq!(pattern, "[\\]-]");
            }
        }
    }

    #[test]
    fn names_that_do_not() {
        for (pattern, name) in [
            ("*.txt", "A.TXT"),
            ("a?", "a"),
            ("[^a]", "a"),
            ("q/f", "f"),
            ("a", "ab"),
            ("", "a"),
            ("{a,b}", "a"),
        ] {
            assert!(!Glob::parse(pattern).unwrap().matches(name), "{pattern} {name}");
        }
    }

    #[test]
    fn malformed_patterns() {
        for pattern in ["[", "[]", "a[", "[a", "[-x]", "[a-]", "\\", "[^]"] {
            assert!(Glob::parse(pattern).is_none(), "{pattern}");
        }
    }
}
