//! Answers of the name server of a sandbox itself.

/// Length of the header of a DNS message.
pub(crate) const HEADER: usize = 12;
/// Bit of its third byte: an answer.
pub(crate) const IS_ANSWER: u8 = 0x80;
/// Bit of its fourth byte: names of others are resolved too.
const RECURSION: u8 = 0x80;

/// Why there is no other answer. The values are the codes of DNS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No name server could be asked.
    Failure = 2,
    /// The name does not exist, for this sandbox.
    NoSuchName = 3,
}

/// Returns an answer without records, so that programs need not wait for one. It repeats
/// the question.
pub(crate) fn answer(query: &[u8], outcome: Outcome) -> Vec<u8> {
    let mut answer = query.get(..question_end(query).unwrap_or(HEADER)).unwrap_or_default().to_vec();
    let has_question = answer.len() > HEADER;
    if let Some(header) = answer.first_chunk_mut::<HEADER>() {
        header[2] = IS_ANSWER | header[2] & 0x79;
        header[3] = RECURSION | outcome as u8;
        header[4..].fill(0);
        header[5] = u8::from(has_question);
    }
    answer
}

/// Returns the length of a query up to the end of its first question: a name, which
/// is a list of labels, a type and a class.
fn question_end(query: &[u8]) -> Option<usize> {
    let mut at = HEADER;
    loop {
        match query.get(at)? {
            0 => break,
            length @ 1..64 => at += 1 + usize::from(*length),
            _ => return None,
        }
    }
    let end = at + 5;
    (end <= query.len()).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A query for the address of `example.com`, with an additional record.
    const QUERY: &[u8] =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x07example\x03com\x00\x00\x01\x00\x01\
        \x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";

    #[test]
    fn an_answer_repeats_the_number_and_the_question() {
        let answer = answer(QUERY, Outcome::NoSuchName);
        assert_eq!(answer[3], 0x83);
        let answer = super::answer(QUERY, Outcome::Failure);
        assert_eq!(answer[..2], QUERY[..2]);
        assert_eq!(answer[2..4], [0x81, 0x82]);
        assert_eq!(answer[4..12], [0, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(answer[12..], QUERY[12..29]);
    }

    #[test]
    fn a_malformed_question_is_left_out() {
        for length in HEADER..29 {
            assert_eq!(answer(&QUERY[..length], Outcome::Failure).len(), HEADER);
        }
        let mut pointer = QUERY.to_vec();
        pointer[12] = 0xc0;
        assert_eq!(answer(&pointer, Outcome::Failure).len(), HEADER);
    }
}
