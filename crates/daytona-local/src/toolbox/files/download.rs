//! `GET /files/download`: one file, with ranges and conditions.

use std::fs::{File, Metadata};
use std::io::{self, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use uuid::Uuid;

use super::super::open::open_to_read;
use super::super::stream;
use super::super::{Call, Toolbox};
use super::disposition::filename;
use super::info::last_element;
use super::range::{Wanted, wanted};
use super::{Target, blocking, failure};
use crate::response::{self, Failure};
use axum::response::Response;

const OCTET_STREAM: &str = "application/octet-stream";

/// Sends a file.
pub(in super::super) async fn download(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let target = toolbox.wanted(&call, "path")?;
    serve(call.headers, target).await
}

/// Sends a file of the toolbox's own.
pub(in super::super) async fn serve_file(headers: HeaderMap, path: PathBuf) -> Result<Response, Failure> {
    serve(headers, Target { given: path.clone(), real: path }).await
}

async fn serve(headers: HeaderMap, target: Target) -> Result<Response, Failure> {
    blocking(move |_client| {
        let (file, metadata) = open(&target)?;
        let mut response = respond(&headers, file, &metadata)?;
        describe(&target, response.headers_mut());
        Ok(response)
    })
    .await
}

fn open(target: &Target) -> Result<(File, Metadata), Failure> {
    let refused = |error| failure(&target.given, &error);
    let (file, metadata) = open_to_read(&target.real).map_err(refused)?;
    if metadata.is_dir() {
        return Err(Failure {
            status: StatusCode::BAD_REQUEST,
            code: "INVALID_FILE_PATH",
            message: format!("bad request: {} is a folder", target.given.display()),
        });
    }
    Ok((file, metadata))
}

/// Headers of every response that is about the file.
fn describe(target: &Target, headers: &mut HeaderMap) {
    let name = last_element(&target.given);
    let disposition = [b"attachment; ", &*filename(Path::new(&name))].concat();
    if let Ok(value) = HeaderValue::from_bytes(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    for (name, value) in [
        ("content-description", "File Transfer"),
        ("content-transfer-encoding", "binary"),
        ("expires", "0"),
        ("cache-control", "must-revalidate"),
        ("pragma", "public"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

fn respond(request: &HeaderMap, file: File, metadata: &Metadata) -> Result<Response, Failure> {
    let modified = metadata.modified().ok().and_then(whole_seconds);
    match condition(request, modified) {
        Condition::Failed => {
            return Err(Failure {
                status: StatusCode::PRECONDITION_FAILED,
                code: "PRECONDITION_FAILED",
                message: "precondition failed: the file has changed since then".to_owned(),
            });
        }
        Condition::NotModified => return Ok(dated(response::empty(StatusCode::NOT_MODIFIED), modified)),
        Condition::Met => {}
    }
    let size = metadata.len();
    let range = request.get(header::RANGE).filter(|_| range_applies(request, modified));
    let response = match range.map(|value| wanted(value.to_str().unwrap_or_default(), size)) {
        None | Some(Wanted::Whole) => whole(file, size),
        Some(Wanted::Ranges(ranges)) => match &*ranges {
            [range] => single(file, range, size),
            _ => several(file, ranges, size),
        },
        Some(Wanted::Malformed) => return Ok(out_of_range("invalid range\n", None)),
        Some(Wanted::Beyond) => return Ok(out_of_range("invalid range: failed to overlap\n", Some(size))),
    };
    let mut response = dated(response, modified);
    response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    Ok(response)
}

/// HTTP knows no fractions of a second, nor times before its epoch.
fn whole_seconds(time: SystemTime) -> Option<SystemTime> {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).filter(|_| seconds > 0)
}

/// What the conditions of a request come to.
enum Condition {
    Met,
    NotModified,
    Failed,
}

/// There are no entity tags, so a condition on one names none of ours.
fn condition(request: &HeaderMap, modified: Option<SystemTime>) -> Condition {
    if let Some(tags) = request.get(header::IF_MATCH) {
        if tags != "*" {
            return Condition::Failed;
        }
    } else if let (Some(date), Some(modified)) = (date(request, header::IF_UNMODIFIED_SINCE), modified)
        && modified > date
    {
        return Condition::Failed;
    }
    if let Some(tags) = request.get(header::IF_NONE_MATCH) {
        return if tags == "*" { Condition::NotModified } else { Condition::Met };
    }
    match (date(request, header::IF_MODIFIED_SINCE), modified) {
        (Some(date), Some(modified)) if modified <= date => Condition::NotModified,
        _ => Condition::Met,
    }
}

/// Whether `If-Range`, if there is one, lets `Range` count.
fn range_applies(request: &HeaderMap, modified: Option<SystemTime>) -> bool {
    !request.contains_key(header::IF_RANGE)
        || date(request, header::IF_RANGE).is_some_and(|date| Some(date) == modified)
}

fn date(request: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(request.get(name)?.to_str().ok()?).ok()
}

fn dated(mut response: Response, modified: Option<SystemTime>) -> Response {
    if let Some(Ok(value)) = modified.map(|time| HeaderValue::from_str(&httpdate::fmt_http_date(time))) {
        response.headers_mut().insert(header::LAST_MODIFIED, value);
    }
    response
}

fn whole(file: File, size: u64) -> Response {
    sized(StatusCode::OK, size, content(file, 0..size))
}

fn single(file: File, range: &Range<u64>, size: u64) -> Response {
    let length = range.end - range.start;
    let mut response = sized(StatusCode::PARTIAL_CONTENT, length, content(file, range.clone()));
    if let Ok(value) = HeaderValue::from_str(&content_range(range, size)) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    response
}

fn several(mut file: File, ranges: Vec<Range<u64>>, size: u64) -> Response {
    let boundary = Uuid::new_v4().simple().to_string();
    let content_type = format!("multipart/byteranges; boundary={boundary}");
    let body = stream::written(move |sink| {
        for (number, range) in ranges.into_iter().enumerate() {
            let break_before = if number == 0 { "" } else { "\r\n" };
            let shown = content_range(&range, size);
            let head = format!(
                "{break_before}--{boundary}\r\nContent-Range: {shown}\r\nContent-Type: {OCTET_STREAM}\r\n\r\n"
            );
            sink.write(head.as_bytes())?;
            copy_range(&mut file, range, sink)?;
        }
        sink.write(format!("\r\n--{boundary}--\r\n").as_bytes())
    });
    let mut response = response::typed(StatusCode::PARTIAL_CONTENT, OCTET_STREAM, body);
    if let Ok(value) = HeaderValue::from_str(&content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}

fn content_range(range: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", range.start, range.end - 1)
}

fn out_of_range(words: &'static str, size: Option<u64>) -> Response {
    let mut response = response::typed(StatusCode::RANGE_NOT_SATISFIABLE, "text/plain; charset=utf-8", words);
    if let Some(Ok(value)) = size.map(|size| HeaderValue::from_str(&format!("bytes */{size}"))) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    response
}

fn sized(status: StatusCode, length: u64, body: Body) -> Response {
    let mut response = response::typed(status, OCTET_STREAM, body);
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// A file that reports no size, in `/proc` say, has no content here.
fn content(mut file: File, range: Range<u64>) -> Body {
    if range.is_empty() {
        Body::empty()
    } else {
        stream::written(move |sink| copy_range(&mut file, range, sink))
    }
}

fn copy_range(file: &mut File, range: Range<u64>, sink: &mut stream::Sink) -> io::Result<()> {
    file.seek(SeekFrom::Start(range.start))?;
    let length = range.end - range.start;
    if sink.copy(file, length)? == length {
        Ok(())
    } else {
        // The length is promised already; the response has to break off.
        Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was sent"))
    }
}
