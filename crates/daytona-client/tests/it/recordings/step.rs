//! A step of a recording: what was asked, and the forms of its answer.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::support::Answer;

/// The answer of one generation of the toolbox.
pub(crate) struct Form {
    pub(crate) generation: &'static str,
    pub(crate) answer: Value,
}

/// What was asked.
pub(crate) struct Step {
    /// Method and path.
    pub(crate) route: String,
    /// The same, as the scripted server sees it.
    pub(crate) line: String,
    /// Paths of the files that an upload or a download names.
    pub(crate) paths: Vec<String>,
}

impl Form {
    /// The recorded answer, and those that newer toolboxes give instead. What
    /// never got an answer has none.
    pub(crate) fn all(step: &Value) -> Vec<Self> {
        let got = &step["got"];
        if !got["status"].is_u64() {
            return Vec::new();
        }
        let mut forms = vec![Self { generation: "recorded", answer: filled(got) }];
        let newer = match &step["newer"] {
            Value::Null => &[][..],
            Value::Array(several) => several,
            one => std::slice::from_ref(one),
        };
        forms.extend(newer.iter().map(|newer| Self { generation: "newer", answer: filled(newer) }));
        forms
    }

    pub(crate) fn to_answer(&self) -> Answer {
        let answer = &self.answer;
        let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
        let kind = answer["type"].as_str().unwrap_or_default();
        if let Some(parts) = answer["parts"].as_array() {
            let boundary = "DAYTONA-FILE-BOUNDARY";
            return Answer::bytes(
                status,
                &format!("{kind}; boundary={boundary}"),
                multipart(parts, boundary),
            );
        }
        // A form that names no type but a body of JSON is JSON.
        let kind = if kind.is_empty() && !answer["json"].is_null() { "application/json" } else { kind };
        Answer::bytes(status, kind, content(answer))
    }
}

impl Step {
    pub(crate) fn new(step: &Value, form: &Form) -> Self {
        let asked = step["do"].as_str().unwrap();
        let (method, target) = asked.split_once(' ').unwrap();
        let path = target.split('?').next().unwrap().trim_end_matches('/');
        let count = form.answer["parts"].as_array().map_or(1, Vec::len);
        Self {
            route: format!("{method} {path}"),
            line: format!("{method} /toolbox/box-1{path}"),
            paths: named(step).unwrap_or_else(|| vec!["f".to_owned(); count]),
        }
    }
}

/// The paths in the body of a download or an upload.
fn named(step: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| value.as_str().map(|path| path.trim().to_owned());
    let paths: Option<Vec<String>> = match &step["multipart"] {
        Value::Array(parts) => {
            let paths = parts
                .iter()
                .filter(|part| part["name"].as_str().is_some_and(|name| name.ends_with("].path")));
            paths.map(|part| text(&part["text"])).collect()
        }
        // Download paths are used as they are, an empty one too.
        _ => step["json"]["paths"]
            .as_array()?
            .iter()
            .map(|path| Some(path.as_str().unwrap_or_default().to_owned()))
            .collect(),
    };
    // An upload without a path is not sent at all.
    let needs_names = step["multipart"].is_array();
    paths
        .filter(|paths| !paths.is_empty())
        .filter(|paths| !needs_names || paths.iter().all(|path| !path.is_empty()))
}

/// The bytes of a part or of a whole answer.
pub(crate) fn content(answer: &Value) -> Vec<u8> {
    if let Some(text) = answer["text"].as_str() {
        return text.as_bytes().to_vec();
    }
    if let Some(base64) = answer["base64"].as_str() {
        return BASE64_STANDARD.decode(base64).unwrap();
    }
    if let Some(length) = answer["length"].as_u64() {
        return vec![b'x'; usize::try_from(length).unwrap()];
    }
    if answer["json"].is_null() { Vec::new() } else { answer["json"].to_string().into_bytes() }
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

/// Gives the places of values that differ from run to run a value.
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
