//! What the name server of a sandbox answers. With a list of domains it knows their names
//! alone, and the addresses that they lead to are those that the sandbox may connect to.

pub(crate) mod domain;
pub(crate) mod message;
pub(crate) mod resolved;

use simple_dns::{Name, Packet};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::shared::Shared;
use message::Outcome;

impl Shared {
    /// Decides about a query: returns the name whose addresses are to be recorded, `None`
    /// without a list of domains, or the answer to a query that is not forwarded.
    pub(crate) fn check_query(&self, query: &[u8]) -> Result<Option<String>, Vec<u8>> {
        let domains = &self.policy().domains;
        if domains.is_empty() {
            return Ok(None);
        }
        let Some(name) = asked_name(query) else { return Err(message::answer(query, Outcome::Failure)) };
        if domains.iter().any(|domain| domain.contains(&name)) {
            return Ok(Some(name));
        }
        tracing::debug!(name, "a name is not in the sandbox's domain allow list");
        // A program tries a name again whose server failed, but not one that does not exist.
        Err(message::answer(query, Outcome::NoSuchName))
    }

    /// Allows the addresses that an answer about an allowed name has.
    pub(crate) fn record_answer(&self, name: Option<&str>, answer: &[u8]) {
        let Some(name) = name else { return };
        let Ok(answer) = Packet::parse(answer) else { return };
        for address in resolved::addresses(&answer) {
            self.resolved.insert(address, name);
        }
    }
}

/// The name of a query about one, in lower case.
fn asked_name(query: &[u8]) -> Option<String> {
    let query = Packet::parse(query).ok()?;
    let [question] = query.questions.as_slice() else { return None };
    written(&question.qname)
}

/// Writes a name with dots. A label may contain any byte, dots as well: such a name is not
/// one of a host.
fn written(name: &Name<'_>) -> Option<String> {
    let label =
        |label: &[u8]| domain::is_label(label).then(|| String::from_utf8_lossy(label).to_ascii_lowercase());
    name.as_bytes().map(label).collect::<Option<Vec<_>>>().map(|labels| labels.join("."))
}

/// Relays the queries of one connection to a name server, and its answers, one after the
/// other, until one of the two closes it.
pub(crate) async fn relay(
    shared: &Shared,
    inside: &mut TcpStream,
    outside: &mut TcpStream,
) -> std::io::Result<()> {
    while let Some(query) = read_message(inside).await? {
        if query.len() < message::HEADER {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        let answer = match shared.check_query(&query) {
            Err(answer) => answer,
            Ok(name) => {
                write_message(outside, &query).await?;
                // A name server may close a connection after an answer; the program asks again.
                let Some(answer) = read_message(outside).await? else { break };
                shared.record_answer(name.as_deref(), &answer);
                answer
            }
        };
        write_message(inside, &answer).await?;
    }
    Ok(())
}

/// Reads a message behind its length of two bytes; `None` at the end of the connection.
async fn read_message(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut length = [0; 2];
    if stream.read(&mut length[..1]).await? == 0 {
        return Ok(None);
    }
    stream.read_exact(&mut length[1..]).await?;
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut message).await?;
    Ok(Some(message))
}

async fn write_message(stream: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> std::io::Result<()> {
    let length = u16::try_from(message.len()).map_err(|_| std::io::ErrorKind::InvalidData)?;
    let mut framed = Vec::with_capacity(message.len() + 2);
    framed.extend(length.to_be_bytes());
    framed.extend(message);
    stream.write_all(&framed).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(labels: &[&[u8]]) -> Vec<u8> {
        let mut query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00".to_vec();
        for label in labels {
            query.push(u8::try_from(label.len()).unwrap());
            query.extend(*label);
        }
        query.extend(b"\x00\x00\x01\x00\x01");
        query
    }

    #[test]
    fn a_name_is_read_in_lower_case() {
        assert_eq!(asked_name(&query(&[b"WWW", b"Example", b"com"])).as_deref(), Some("www.example.com"));
        assert_eq!(asked_name(&query(&[])).as_deref(), Some(""));
    }

    #[test]
    fn a_label_with_a_dot_is_not_two() {
        for label in [&b"www.example"[..], b"www\0", b"w w", b"\xc3\xa4"] {
            assert_eq!(asked_name(&query(&[label, b"com"])), None, "{label:?}");
        }
    }

    #[test]
    fn a_query_has_one_question() {
        let mut two = query(&[b"a", b"test"]);
        let question = two[12..].to_vec();
        two.extend(question);
        two[5] = 2;
        assert_eq!(asked_name(&two), None);
        let mut none = query(&[]);
        none.truncate(12);
        none[5] = 0;
        assert_eq!(asked_name(&none), None);
        for length in 0..12 {
            assert_eq!(asked_name(&two[..length]), None);
        }
    }
}
