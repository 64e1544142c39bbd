//! The body of the result of a command.

use daytona_api::TextDecoder;
use daytona_api::toolbox::process::ExecuteResponse;
use memchr::memmem;
use serde::de::Error as _;

use super::json;
use crate::huge_pages::reserve;

/// The property with the output.
const OUTPUT: &[u8] = br#""result""#;

/// The body of the result of a command while it is received. Its output, which may be
/// large, is decoded at once into the memory that becomes the string.
pub(super) struct ExecuteBody {
    /// JSON up to the output, with its opening quote; all of it if there is no output yet.
    before: Vec<u8>,
    /// Up to here, `before` does not contain the output.
    searched: usize,
    output: Output,
    /// JSON after the output.
    after: Vec<u8>,
    /// The expected size of the body in bytes.
    expected: usize,
}

enum Output {
    NotFound,
    Begun(TextDecoder),
    Ended(TextDecoder),
    Invalid,
}

impl ExecuteBody {
    /// Prepares for a body that is expected to have this size in bytes.
    pub(super) fn new(expected: usize) -> Self {
        Self { before: Vec::new(), searched: 0, output: Output::NotFound, after: Vec::new(), expected }
    }

    /// Appends bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        match &self.output {
            Output::NotFound => {
                self.before.extend_from_slice(bytes);
                if let Some(start) = self.find_output() {
                    let bytes = self.before.split_off(start);
                    let memory = reserve(self.expected.max(bytes.len())).unwrap_or_default();
                    self.decode(TextDecoder::new(memory), &bytes);
                }
            }
            Output::Begun(_) => {
                if let Output::Begun(output) = std::mem::replace(&mut self.output, Output::Invalid) {
                    self.decode(output, bytes);
                }
            }
            Output::Ended(_) => self.after.extend_from_slice(bytes),
            Output::Invalid => {}
        }
    }

    /// Deserializes the result. As lenient as [`json::from_slice`].
    pub(super) fn parse(self) -> Result<ExecuteResponse, serde_json::Error> {
        let Self { before: mut rest, output, after, .. } = self;
        let output = match output {
            Output::NotFound => return json::from_slice(&rest),
            Output::Invalid => return Err(serde_json::Error::custom("invalid escape in the output")),
            Output::Begun(output) => output,
            Output::Ended(output) => {
                rest.push(b'"');
                rest.extend(after);
                output
            }
        };
        let response: ExecuteResponse = json::from_slice(&rest)?;
        Ok(ExecuteResponse { result: output.finish(), ..response })
    }

    /// Deserializes the result of which the end was not read: that of the output, or
    /// what follows it.
    pub(super) fn parse_cut(self) -> Result<ExecuteResponse, serde_json::Error> {
        let (Output::Begun(output) | Output::Ended(output)) = self.output else { return self.parse() };
        Self { output: Output::Ended(output), after: b"}".to_vec(), ..self }.parse()
    }

    fn decode(&mut self, mut output: TextDecoder, bytes: &[u8]) {
        self.output = match output.push(bytes) {
            Ok(None) => Output::Begun(output),
            Ok(Some(end)) => {
                self.after.extend_from_slice(bytes.get(end..).unwrap_or_default());
                Output::Ended(output)
            }
            Err(_) => Output::Invalid,
        };
    }

    /// Returns where the output begins, after its opening quote.
    fn find_output(&mut self) -> Option<usize> {
        while let Some(found) = memmem::find(self.before.get(self.searched..)?, OUTPUT) {
            let name = self.searched + found;
            let value = self.before.get(name + OUTPUT.len()..)?.trim_ascii_start();
            let value = value.strip_prefix(b":").map_or(value, <[u8]>::trim_ascii_start);
            if value.is_empty() {
                // What follows was not received yet.
                self.searched = name;
                return None;
            }
            let start = self.before.len() - value.len() + 1;
            if value.starts_with(b"\"") && is_output(self.before.get(..start)?) {
                return Some(start);
            }
            self.searched = name + OUTPUT.len();
        }
        self.searched = self.searched.max((self.before.len() + 1).saturating_sub(OUTPUT.len()));
        None
    }
}

/// Whether a string that follows this JSON is the output, and not a property of that name
/// of something in the result.
fn is_output(before: &[u8]) -> bool {
    const PROBE: &str = "?";
    let json = [before, PROBE.as_bytes(), b"\"}"].concat();
    serde_json::from_slice::<ExecuteResponse>(&json).is_ok_and(|response| response.result == PROBE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(pieces: &[&[u8]]) -> ExecuteBody {
        let mut body = ExecuteBody::new(0);
        for piece in pieces {
            body.push(piece);
        }
        body
    }

    #[test]
    fn a_result_may_be_received_in_any_pieces() {
        for json in [
            r#"{"exitCode":0,"result":"a\nb \"quoted\" \u00e9 😀\ud83d\ude00"}"#,
            r#"{"result":"","exitCode":7}"#,
            r#"{"code":3,"result":"first","artifacts":{"charts":[{"title":"a\nb"}]}}"#,
            r#"{"exitCode":0,"result":null}"#,
            r#" { "exitCode" : 1 } "#,
            r#"{ "result" : "a\n" , "exitCode" : 1 }"#,
            r#"{"artifacts":{"charts":[{"result":"of a chart","title":"result"}]},"result":"a\n"}"#,
            r#"{"artifacts":{"charts":["result"]},"result":"\"result\":\"b\""}"#,
            r#"{"x\"result":"no","result":"a\n"}"#,
            r#"{"r\u0065sult":"a\n","exitCode":2}"#,
        ] {
            let expected: ExecuteResponse = serde_json::from_str(json).unwrap();
            for first in 0..=json.len() {
                for second in first..=json.len() {
                    let (rest, three) = json.as_bytes().split_at(second);
                    let (one, two) = rest.split_at(first);
                    let response = body(&[one, two, three]).parse().unwrap();
                    assert_eq!(response, expected, "{json} {first} {second}");
                }
            }
        }
    }

    #[test]
    fn an_output_is_decoded_while_it_is_received_wherever_it_begins() {
        let json = r#"{"artifacts":{"charts":["result"]}, "result" : "a\n"#;
        for cut in 0..json.len() {
            let (one, two) = json.as_bytes().split_at(cut);
            assert!(matches!(body(&[one, two]).output, Output::Begun(_)), "{cut}");
        }
    }

    #[test]
    fn an_output_that_is_cut_anywhere_is_the_beginning_of_it() {
        let json = r#"{"exitCode":3,"result":"a\\\n\"é\u20ac 😀\\u\ud83d\ude00 end","artifacts":{}}"#;
        let whole = body(&[json.as_bytes()]).parse().unwrap().result;
        let start = json.find("a\\").unwrap();
        for end in start..json.len() {
            let response = body(&[json.as_bytes().get(..end).unwrap()]).parse_cut().unwrap();
            assert!(whole.starts_with(&*response.result), "{end}: {:?}", response.result);
            assert_eq!(response.exit_code, Some(3));
        }
    }

    #[test]
    fn other_faults_are_errors() {
        for json in [
            "",
            "[]",
            r#"{"exitCode":0,"result":5}"#,
            r#"{"exitCode":0,"result":"\x"}"#,
            r#"{"result":"\u+123"}"#,
            r#"{"result":"a"#,
            r#"{"result":"a\"#,
            r#"{"result":"a""#,
            r#"{"result":"a"}}"#,
            r#"{"result":"a","result":"b"}"#,
            "{",
        ] {
            assert!(body(&[json.as_bytes()]).parse().is_err(), "{json}");
        }
    }

    #[test]
    fn a_result_is_read_as_leniently_as_other_json() {
        for json in [
            &b"\xef\xbb\xbf{\"result\":\"a\\ud800b\"}"[..],
            b"{\"result\":\"a\\ud800b\"}",
            b"{\"result\":\"a\xffb\"}",
        ] {
            assert_eq!(body(&[json]).parse().unwrap().result, "a\u{fffd}b");
        }
    }
}
