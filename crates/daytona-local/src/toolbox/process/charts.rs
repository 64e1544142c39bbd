//! Charts that programs print: a line with a marker for each.

use memchr::memmem;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What every such line begins with.
pub(super) const MARKER: &str = "dtn_artifact_k39fd2:";

/// Makes matplotlib print its figures as charts.
pub(super) const MATPLOTLIB: &str = include_str!("matplotlib_charts.py");

/// What a marked line holds.
#[derive(Deserialize)]
struct Artifact {
    #[serde(rename = "type")]
    kind: String,
    value: Value,
}

/// Takes the marked lines out of an output: what is left, and the charts.
pub(super) fn extract(output: Vec<u8>) -> (Vec<u8>, Vec<Value>) {
    let marker = MARKER.as_bytes();
    if memmem::find(&output, marker).is_none() {
        return (output, Vec::new());
    }
    let (mut rest, mut charts) = (Vec::with_capacity(output.len()), Vec::new());
    for line in output.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(marker) {
            // A line that makes no sense is not shown either.
            Some(artifact) => charts.extend(chart(artifact).ok().flatten()),
            None => rest.extend_from_slice(line),
        }
    }
    (rest, charts)
}

fn chart(text: &[u8]) -> serde_json::Result<Option<Value>> {
    let artifact: Artifact = serde_json::from_slice(text)?;
    if artifact.kind != "chart" {
        return Ok(None);
    }
    let mut fields = match artifact.value {
        Value::Object(fields) => without_empty(fields),
        Value::Null => Map::new(),
        _ => return Ok(None),
    };
    let elements = match fields.remove("elements") {
        Some(Value::Array(elements)) => Value::Array(elements.into_iter().map(element).collect()),
        _ => Value::Null,
    };
    fields.entry("type").or_insert_with(|| Value::String(String::new()));
    fields.insert("elements".to_owned(), elements);
    Ok(Some(Value::Object(fields)))
}

fn element(element: Value) -> Value {
    match element {
        Value::Object(fields) => Value::Object(without_empty(fields)),
        other => other,
    }
}

/// Leaves out what is empty, as clients expect it, and what has another type
/// than the one that clients insist on.
fn without_empty(fields: Map<String, Value>) -> Map<String, Value> {
    let fitting = |(name, value): (String, Value)| {
        let value = fitting(&name, value)?;
        Some((name, value))
    };
    fields.into_iter().filter_map(fitting).collect()
}

fn fitting(name: &str, value: Value) -> Option<Value> {
    let numbers = |list: &[Value]| list.iter().all(Value::is_number);
    match (name, value) {
        // The height of a bar is a text.
        ("value", Value::Number(number)) => Some(Value::String(number.to_string())),
        ("elements", value) => Some(value),
        ("x_ticks" | "y_ticks" | "outliers", Value::Array(list)) if !numbers(&list) => None,
        ("points", Value::Array(points)) => {
            let is_point = |point: &Value| point.as_array().is_some_and(|point| numbers(point));
            points.iter().all(is_point).then_some(Value::Array(points))
        }
        (_, Value::Null) => None,
        (_, Value::String(text)) if text.is_empty() => None,
        (_, Value::Array(list)) if list.is_empty() => None,
        (_, value) => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_has_the_type_that_clients_insist_on_or_is_left_out() {
        let printed = json!({"type": "chart", "value": {"type": "bar", "x_ticks": ["a"], "y_ticks": [1, 2.5],
            "elements": [{"value": 3, "points": [["2024-01-01", 1]]}, {"points": [[1, 2]]}]}});
        let (_, charts) = extract(format!("{MARKER}{printed}").into_bytes());
        let elements = json!([{"value": "3"}, {"points": [[1, 2]]}]);
        assert_eq!(charts, [json!({"type": "bar", "y_ticks": [1, 2.5], "elements": elements})]);
    }

    #[test]
    fn marked_lines_are_taken_out_and_the_rest_is_left_alone() {
        let output = format!(
            "a\n{MARKER}{{\"type\":\"chart\",\"value\":{{\"type\":\"line\",\"title\":\"\",\"x_ticks\":[],\
             \"elements\":[{{\"label\":\"l\",\"min\":0,\"outliers\":[]}}]}}}}\n\
             {MARKER}no JSON\n{MARKER}{{\"type\":\"chart\"}}\n {MARKER}b\n\
             {MARKER}{{\"type\":\"chart\",\"value\":null}}"
        );
        let (rest, charts) = extract(output.into_bytes());
        assert_eq!(String::from_utf8(rest).unwrap(), format!("a\n {MARKER}b\n"));
        let line = json!({"type": "line", "elements": [{"label": "l", "min": 0}]});
        assert_eq!(charts, [line, json!({"type": "", "elements": null})]);
    }
}
