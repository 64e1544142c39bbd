//! Reads a multipart body as it arrives.
//!
//! `multer` was looked at: it wants `multipart/form-data` and CRLF, takes a
//! missing closing boundary for a broken request before the file's last bytes
//! were handed out, and skips no foreign dispositions. Clients of the service
//! rely on all of these, so the reader is our own. It is synchronous, over any
//! reader: it runs on a thread for blocking work, next to the files it fills,
//! and holds one buffer whatever the size of the body.

use std::io::{self, BufRead, Read, Write};

use memchr::{memchr, memmem};

use super::quoted_printable;

/// Room for a stretch of content, a part's headers or a line of a preamble.
const BUFFER: usize = 128 * 1024;

/// A multipart body, read part by part.
pub(super) struct Multipart<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    is_broken: bool,
    /// `--` and the boundary.
    dashes: Vec<u8>,
    /// The line end and the dashes.
    delimiter: Vec<u8>,
    newline: &'static [u8],
    parts: usize,
    /// Bytes of the current part handed out; `None` between parts.
    given: Option<u64>,
}

/// What a part says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// Its field's name; empty when its disposition is not `form-data`.
    pub(super) name: String,
    /// Whether it has a file name.
    pub(super) is_file: bool,
    quoted_printable: bool,
}

/// What the start of the buffer is.
enum Scan {
    Content(usize),
    PartEnd,
    More,
    CutOff,
}

/// Whether a text that looks like a boundary is one.
enum Follows {
    Boundary,
    Content,
    Unknown,
}

/// The boundary of a content type, `None` when it is not multipart.
pub(super) fn boundary(content_type: &[u8]) -> Option<Vec<u8>> {
    let (kind, parameters) = parameters(content_type);
    let is_multipart = kind.to_ascii_lowercase().starts_with(b"multipart/");
    let boundary = parameters.into_iter().find(|(name, _)| name == "boundary").map(|(_, value)| value);
    boundary.filter(|boundary| is_multipart && !boundary.is_empty())
}

impl<R: Read> Multipart<R> {
    /// Reads the parts that `boundary` separates.
    pub(super) fn new(boundary: &[u8], source: R) -> Self {
        let dashes = [b"--", boundary].concat();
        Self {
            source,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            at_end: false,
            is_broken: false,
            delimiter: [b"\r\n", &*dashes].concat(),
            dashes,
            newline: b"\r\n",
            parts: 0,
            given: None,
        }
    }

    /// Whether the body broke off: the connection ended before it did.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Goes to the next part, past whatever is left of this one. `None` after
    /// the closing boundary.
    pub(super) fn next_part(&mut self) -> Result<Option<Part>, String> {
        self.skip_part();
        let mut after_content = false;
        loop {
            let (line, cut) = self.line().map_err(|reason| format!("multipart: NextPart: {reason}"))?;
            if self.is_closing(&line) {
                return Ok(None);
            }
            if cut {
                return Err("multipart: NextPart: EOF".to_owned());
            }
            if self.is_boundary(&line) {
                self.parts += 1;
                return self.headers().map(Some);
            }
            if after_content {
                return Err("multipart: expecting a new part after the end of one".to_owned());
            }
            // Before the first part anything may stand; behind a part only the
            // line end that belongs to the boundary.
            after_content = self.parts > 0;
            if after_content && line != self.newline {
                return Err("multipart: unexpected line between parts".to_owned());
            }
        }
    }

    /// Writes the content of the current part, decoded, and counts it.
    pub(super) fn copy(&mut self, part: &Part, target: &mut dyn Write) -> io::Result<u64> {
        let mut written = 0;
        if part.quoted_printable {
            return quoted_printable::copy(&mut Content(self), target);
        }
        loop {
            let mut content = Content(self);
            let data = content.fill_buf()?;
            if data.is_empty() {
                return Ok(written);
            }
            target.write_all(data)?;
            let length = data.len();
            written += length as u64;
            content.consume(length);
        }
    }

    fn skip_part(&mut self) {
        if self.given.is_some() {
            // A part that is cut off shows when the next one is looked for.
            while let Ok(length @ 1..) = self.content() {
                self.take(length);
            }
            self.given = None;
        }
    }

    /// How many bytes at the start of the buffer are content of this part; 0
    /// at its end.
    fn content(&mut self) -> io::Result<usize> {
        loop {
            match self.scan() {
                Scan::Content(length) => return Ok(length),
                Scan::PartEnd => return Ok(0),
                Scan::More => self.fill()?,
                Scan::CutOff => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "unexpected EOF")),
            }
        }
    }

    fn scan(&self) -> Scan {
        let data = &self.buffer[self.start..self.end];
        // A part without content: its headers are followed by the boundary.
        if self.given == Some(0) && data.starts_with(&self.dashes) {
            match self.follows(&data[self.dashes.len()..]) {
                Follows::Boundary => return Scan::PartEnd,
                Follows::Unknown => return Scan::More,
                Follows::Content => {}
            }
        }
        for found in memmem::find_iter(data, &self.delimiter) {
            match self.follows(&data[found + self.delimiter.len()..]) {
                Follows::Content => {}
                _ if found > 0 => return Scan::Content(found),
                Follows::Boundary => return Scan::PartEnd,
                Follows::Unknown => return Scan::More,
            }
        }
        // The last bytes may be the start of a boundary that is on its way.
        let held_back = if self.at_end { 0 } else { self.delimiter.len() + 1 };
        match data.len().saturating_sub(held_back) {
            0 if self.at_end => Scan::CutOff,
            0 => Scan::More,
            length => Scan::Content(length),
        }
    }

    fn follows(&self, rest: &[u8]) -> Follows {
        match rest {
            [] if self.at_end => Follows::Boundary,
            [b'-'] if !self.at_end => Follows::Unknown,
            [b' ' | b'\t' | b'\r' | b'\n', ..] | [b'-', b'-', ..] => Follows::Boundary,
            [] => Follows::Unknown,
            _ => Follows::Content,
        }
    }

    /// Reads more into the buffer.
    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let read = match self.source.read(&mut self.buffer[self.end..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            // A body that is cut off ends, like one that is too short.
            Err(_) => {
                self.is_broken = true;
                0
            }
            Ok(read) => read,
        };
        self.at_end = read == 0;
        self.end += read;
        Ok(())
    }

    fn take(&mut self, length: usize) {
        self.start += length;
        self.given = self.given.map(|given| given + length as u64);
    }

    /// Takes a line with its end; `true` when the body ended instead.
    fn line(&mut self) -> Result<(Vec<u8>, bool), String> {
        loop {
            let data = &self.buffer[self.start..self.end];
            if let Some(end) = memchr(b'\n', data) {
                let line = data[..=end].to_vec();
                self.start += line.len();
                return Ok((line, false));
            }
            if self.at_end {
                let rest = data.to_vec();
                self.start = self.end;
                return Ok((rest, true));
            }
            if data.len() == BUFFER {
                return Err("a line is too long".to_owned());
            }
            self.fill().map_err(|error| error.to_string())?;
        }
    }

    /// Whether a line starts a part. The first one decides whether lines end
    /// in LF alone.
    fn is_boundary(&mut self, line: &[u8]) -> bool {
        let Some(rest) = line.strip_prefix(&*self.dashes) else { return false };
        let rest = skip_blanks(rest);
        if self.parts == 0 && rest == b"\n" {
            self.newline = b"\n";
            self.delimiter = [b"\n", &*self.dashes].concat();
        }
        rest == self.newline
    }

    fn is_closing(&self, line: &[u8]) -> bool {
        let rest = line.strip_prefix(&*self.dashes).and_then(|rest| rest.strip_prefix(b"--"));
        rest.map(skip_blanks).is_some_and(|rest| rest.is_empty() || rest == self.newline || rest == b"\n")
    }

    fn headers(&mut self) -> Result<Part, String> {
        let mut part = Part::default();
        let mut length = 0;
        loop {
            let (line, cut) = self.line()?;
            if cut {
                return Err("multipart: NextPart: EOF".to_owned());
            }
            length += line.len();
            if length > BUFFER {
                return Err("multipart: the headers of a part are too long".to_owned());
            }
            let line = line.trim_ascii();
            if line.is_empty() {
                self.given = Some(0);
                return Ok(part);
            }
            let Some(colon) = memchr(b':', line) else {
                return Err("multipart: malformed header of a part".to_owned());
            };
            part.header(&line[..colon], line[colon + 1..].trim_ascii());
        }
    }
}

impl Part {
    fn header(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
            self.quoted_printable = value.eq_ignore_ascii_case(b"quoted-printable");
        } else if name.eq_ignore_ascii_case(b"content-disposition") {
            let (kind, parameters) = parameters(value);
            if !kind.eq_ignore_ascii_case(b"form-data") {
                return;
            }
            for (name, value) in parameters {
                match name.as_str() {
                    "name" => self.name = super::super::text::lossy(value),
                    "filename" | "filename*" => self.is_file = !value.is_empty(),
                    _ => {}
                }
            }
        }
    }
}

/// The content of the current part.
struct Content<'a, R>(&'a mut Multipart<R>);

impl<R: Read> BufRead for Content<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let length = self.0.content()?;
        Ok(&self.0.buffer[self.0.start..self.0.start + length])
    }

    fn consume(&mut self, length: usize) {
        self.0.take(length);
    }
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(target)?;
        self.consume(length);
        Ok(length)
    }
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
    &text[blanks..]
}

/// Splits a header's value into its first word and its parameters, their
/// names in lower case and their values unquoted.
fn parameters(value: &[u8]) -> (&[u8], Vec<(String, Vec<u8>)>) {
    let end = memchr(b';', value).unwrap_or(value.len());
    let (kind, mut rest) = (value[..end].trim_ascii(), &value[end..]);
    let mut found = Vec::new();
    while let Some(equals) = rest.strip_prefix(b";").and_then(|_| memchr(b'=', rest)) {
        let name = rest[1..equals].trim_ascii().to_ascii_lowercase();
        let (value, left) = parameter_value(rest[equals + 1..].trim_ascii_start());
        found.push((String::from_utf8_lossy(&name).into_owned(), value));
        rest = left.trim_ascii_start();
    }
    (kind, found)
}

/// Takes a value in quotes or up to the next `;`.
fn parameter_value(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let end = memchr(b';', text).unwrap_or(text.len());
        return (text[..end].trim_ascii().to_vec(), &text[end..]);
    };
    let mut value = Vec::new();
    let mut at = 0;
    while at < quoted.len() && quoted[at] != b'"' {
        // A backslash before anything else is itself: some clients put whole
        // paths of another system here.
        if quoted[at] == b'\\' && matches!(quoted.get(at + 1), Some(b'"' | b'\\')) {
            at += 1;
        }
        value.push(quoted[at]);
        at += 1;
    }
    (value, quoted.get(at + 1..).unwrap_or_default())
}

#[cfg(test)]
#[path = "multipart_tests.rs"]
mod tests;
