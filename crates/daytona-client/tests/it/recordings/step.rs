//! A step of a recording: the request, and the forms of its response.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::support::Scripted;

/// The response of one version of the toolbox.
pub(crate) struct Form {
    pub(crate) version: &'static str,
    pub(crate) response: Value,
}

/// The request.
pub(crate) struct Step {
    /// Method and path.
    pub(crate) route: String,
    /// Method and path at the scripted server.
    pub(crate) line: String,
    /// Paths of the files to upload or download.
    pub(crate) paths: Vec<String>,
}

impl Form {
    /// Returns the recorded response and those of newer toolboxes; empty if there was no
    /// response.
    pub(crate) fn all(step: &Value) -> Vec<Self> {
        let got = &step["got"];
        if !got["status"].is_u64() {
            return Vec::new();
        }
        let mut forms = vec![Self { version: "recorded", response: filled(got) }];
        let newer = match &step["newer"] {
            Value::Null => &[][..],
            Value::Array(several) => several,
            one => std::slice::from_ref(one),
        };
        forms.extend(newer.iter().map(|newer| Self { version: "newer", response: filled(newer) }));
        forms
    }

    pub(crate) fn to_answer(&self) -> Scripted {
        let response = &self.response;
        let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
        let kind = response["type"].as_str().unwrap_or_default();
        if let Some(parts) = response["parts"].as_array() {
            let boundary = "DAYTONA-FILE-BOUNDARY";
            return Scripted::bytes(
                status,
                &format!("{kind}; boundary={boundary}"),
                multipart(parts, boundary),
            );
        }
        // A form with a JSON body and no content type is JSON.
        let kind = if kind.is_empty() && !response["json"].is_null() { "application/json" } else { kind };
        Scripted::bytes(status, kind, content(response))
    }
}

impl Step {
    pub(crate) fn new(step: &Value, form: &Form) -> Self {
        let asked = step["do"].as_str().unwrap();
        let (method, target) = asked.split_once(' ').unwrap();
        let path = target.split('?').next().unwrap().trim_end_matches('/');
        let count = form.response["parts"].as_array().map_or(1, Vec::len);
        Self {
            route: format!("{method} {path}"),
            line: format!("{method} /toolbox/box-1{path}"),
            paths: request_paths(step).unwrap_or_else(|| vec!["f".to_owned(); count]),
        }
    }
}

/// Returns the paths in the body of a download or an upload.
fn request_paths(step: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| value.as_str().map(|path| path.trim().to_owned());
    let paths: Option<Vec<String>> = match &step["multipart"] {
        Value::Array(parts) => {
            let paths = parts
                .iter()
                .filter(|part| part["name"].as_str().is_some_and(|name| name.ends_with("].path")));
            paths.map(|part| text(&part["text"])).collect()
        }
        // Download paths are not changed and may be empty.
        _ => step["json"]["paths"]
            .as_array()?
            .iter()
            .map(|path| Some(path.as_str().unwrap_or_default().to_owned()))
            .collect(),
    };
    // An upload with an empty path is not sent.
    let is_upload = step["multipart"].is_array();
    paths
        .filter(|paths| !paths.is_empty())
        .filter(|paths| !is_upload || paths.iter().all(|path| !path.is_empty()))
}

/// Returns the bytes of a part or a response.
pub(crate) fn content(response: &Value) -> Vec<u8> {
    if let Some(text) = response["text"].as_str() {
        return text.as_bytes().to_vec();
    }
    if let Some(base64) = response["base64"].as_str() {
        return BASE64_STANDARD.decode(base64).unwrap();
    }
    if let Some(length) = response["length"].as_u64() {
        return vec![b'x'; usize::try_from(length).unwrap()];
    }
    if response["json"].is_null() { Vec::new() } else { response["json"].to_string().into_bytes() }
}

fn multipart(parts: &[Value], boundary: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        for (name, value) in part["headers"].as_object().unwrap() {
            body.extend_from_slice(format!("{name}: {}\r\n", value.as_str().unwrap()).as_bytes());
        }
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(&content(part));
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

/// Replaces placeholders for values that vary from run to run.
fn filled(value: &Value) -> Value {
    match value {
        Value::String(text) if text == "<number>" => Value::from(1),
        Value::String(text) => {
            Value::from(text.replace("<string>", "some words").replace("<time>", "2026-01-02T03:04:05Z"))
        }
        Value::Array(items) => items.iter().map(filled).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), filled(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}
