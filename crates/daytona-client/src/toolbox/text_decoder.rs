//! Decodes the outputs of a command.

use bytes::Bytes;
use daytona_api::Text;

use super::log_chunk::{LogChunk, Output};

/// A chunk of an output as a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextChunk {
    /// The output stream.
    pub output: Output,
    /// The string, which is not empty.
    pub text: Text,
}

/// Decodes both outputs of a command, each by itself.
#[derive(Debug, Default)]
pub struct TextDecoders {
    stdout: Decoder,
    stderr: Decoder,
}

impl TextDecoders {
    /// Decodes a chunk, unless it has nothing but the start of a character.
    pub fn decode(&mut self, chunk: LogChunk) -> Option<TextChunk> {
        let decoder = match chunk.output {
            Output::Stdout => &mut self.stdout,
            Output::Stderr => &mut self.stderr,
        };
        let text = decoder.decode(chunk.data);
        (!text.is_empty()).then(|| TextChunk { output: chunk.output, text: text.into() })
    }

    /// Returns what is left of one output, once nothing more will come.
    pub fn finish(&mut self) -> Option<TextChunk> {
        let outputs = [(Output::Stdout, &mut self.stdout), (Output::Stderr, &mut self.stderr)];
        outputs.into_iter().find_map(|(output, decoder)| {
            let rest = std::mem::take(&mut decoder.pending);
            let text = String::from_utf8_lossy(&rest).into_owned();
            (!text.is_empty()).then(|| TextChunk { output, text: text.into() })
        })
    }
}

/// Decodes UTF-8 in pieces, like `TextDecoder` of the web: what is not UTF-8 becomes
/// U+FFFD.
#[derive(Debug, Default)]
struct Decoder {
    /// The start of a character.
    pending: Vec<u8>,
}

impl Decoder {
    fn decode(&mut self, data: Bytes) -> String {
        let bytes = if self.pending.is_empty() {
            // Without a copy, unless somebody else has these bytes.
            Vec::from(data)
        } else {
            let mut bytes = std::mem::take(&mut self.pending);
            bytes.extend_from_slice(&data);
            bytes
        };
        let mut bytes = match String::from_utf8(bytes) {
            Ok(text) => return text,
            Err(error) => error.into_bytes(),
        };
        self.pending = bytes.split_off(bytes.len() - incomplete(&bytes));
        match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }
}

/// Returns the number of bytes at the end that may be the start of a character.
fn incomplete(bytes: &[u8]) -> usize {
    // A character has up to four bytes, so its start without its end has up to three.
    let last = bytes.len().saturating_sub(3);
    (last..bytes.len())
        .find(|&at| {
            let end = std::str::from_utf8(&bytes[at..]);
            end.is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
        })
        .map_or(0, |at| bytes.len() - at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(output: Output, data: &[u8]) -> LogChunk {
        LogChunk { output, data: Bytes::copy_from_slice(data) }
    }

    /// The text of standard output that arrives in these pieces.
    fn decoded(pieces: &[&[u8]]) -> String {
        let mut decoders = TextDecoders::default();
        let texts = pieces.iter().filter_map(|piece| decoders.decode(chunk(Output::Stdout, piece)));
        let mut all: Vec<TextChunk> = texts.collect();
        all.extend(std::iter::from_fn(|| decoders.finish()));
        all.iter().map(|chunk| &*chunk.text).collect()
    }

    #[test]
    fn characters_are_put_together_wherever_they_are_cut() {
        let bytes = "\u{feff}a\u{e9}\u{4e16}\u{1f980}z".as_bytes();
        let broken = b"\xff\xe2\x82z\xf0\x9f\xa6";
        for (bytes, text) in
            [(bytes, "\u{feff}a\u{e9}\u{4e16}\u{1f980}z"), (broken, "\u{fffd}\u{fffd}z\u{fffd}")]
        {
            assert_eq!(decoded(&bytes.chunks(1).collect::<Vec<_>>()), text);
            for first in 0..=bytes.len() {
                for second in first..=bytes.len() {
                    let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                    assert_eq!(decoded(&pieces), text, "{first} {second}");
                }
            }
        }
    }

    #[test]
    fn each_output_has_its_own_characters() {
        let mut decoders = TextDecoders::default();
        assert_eq!(decoders.decode(chunk(Output::Stdout, b"\xc3")), None);
        let text = |output, text: &str| Some(TextChunk { output, text: text.into() });
        assert_eq!(decoders.decode(chunk(Output::Stderr, b"\xc3\xa9")), text(Output::Stderr, "\u{e9}"));
        assert_eq!(decoders.decode(chunk(Output::Stdout, b"\xa9a")), text(Output::Stdout, "\u{e9}a"));
        assert_eq!(decoders.finish(), None);
    }
}
