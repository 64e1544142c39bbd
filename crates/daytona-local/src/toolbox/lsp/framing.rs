//! Messages of the base protocol: a head with the length, and JSON.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

/// The longest head of a message.
const LONGEST_HEAD: u64 = 8 * 1024;
/// The longest message. Completions of a large project take a few megabytes.
const LONGEST_MESSAGE: u64 = 32 * 1024 * 1024;

/// A message with its head.
pub(super) fn frame(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    let mut framed = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    framed.extend_from_slice(body.as_bytes());
    framed
}

/// Reads the next message; `None` at the end.
///
/// # Errors
/// When the head is not valid, the message is too long, or it breaks off.
pub(super) async fn read(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let Some(length) = read_head(reader).await? else { return Ok(None) };
    if length > LONGEST_MESSAGE {
        return Err(invalid("it is larger than 32 MiB"));
    }
    let mut body = Vec::new();
    // The memory grows with what arrives, not with what the head promises.
    reader.take(length).read_to_end(&mut body).await?;
    if (body.len() as u64) < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(Some(body)) }
}

/// Reads the lines of a head; the length of what follows.
async fn read_head(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<u64>> {
    let mut head = reader.take(LONGEST_HEAD);
    let mut length = None;
    loop {
        let mut line = String::new();
        if head.read_line(&mut line).await? == 0 {
            let is_start = head.limit() == LONGEST_HEAD;
            return if is_start { Ok(None) } else { Err(invalid("its head has no end")) };
        }
        let line = line.trim_end();
        if line.is_empty() {
            return length.map(Some).ok_or_else(|| invalid("its head has no Content-Length"));
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = Some(value.trim().parse().map_err(|_| invalid("its Content-Length is not a number"))?);
        }
    }
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a message is not valid: {reason}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    async fn read_all(mut bytes: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        let mut messages = Vec::new();
        while let Some(message) = read(&mut bytes).await? {
            messages.push(message);
        }
        Ok(messages)
    }

    #[tokio::test]
    async fn messages_are_read_as_they_were_written() {
        let message = json!({"a": "é"});
        let bytes = [frame(&message), frame(&json!([]))].concat();
        assert_eq!(read_all(&bytes).await.unwrap(), [message.to_string().into_bytes(), b"[]".to_vec()]);
        let other = b"content-type: x\r\ncontent-LENGTH:2\r\n\r\n{}";
        assert_eq!(read_all(other).await.unwrap(), [b"{}".to_vec()]);
    }

    #[tokio::test]
    async fn what_is_no_message_is_an_error() {
        let endless = [b"a: b\r\n".repeat(10_000), b"\r\n".to_vec()].concat();
        for bytes in [
            &b"Content-Length: 3\r\n\r\n{}"[..],
            b"Content-Length: x\r\n\r\n",
            b"a: b\r\n\r\n",
            b"Content-Length: 2\r\n",
            b"Content-Length: 99999999999\r\n\r\n",
            &endless,
        ] {
            assert!(read_all(bytes).await.is_err(), "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail_in_another_way(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _result = runtime.block_on(read_all(&bytes));
        }
    }
}
