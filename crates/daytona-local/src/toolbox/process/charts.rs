//! Charts that programs print: a line with a marker for each.

use memchr::memchr;
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

/// The most that is kept of marked lines.
const MOST: usize = 64 * 1024 * 1024;

/// Takes the marked lines out of an output that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Filter {
    line: Line,
    /// The start of a line that may be marked, or a marked line without its marker.
    held: Vec<u8>,
    charts: Vec<Value>,
    /// The length of all marked lines.
    marked: usize,
}

/// What is known of the current line.
#[derive(Clone, Copy, Debug, Default)]
enum Line {
    #[default]
    Start,
    Plain,
    Marked,
}

impl Filter {
    /// Takes a piece, and hands on what is not marked.
    pub(super) fn feed(&mut self, mut piece: &[u8], mut each: impl FnMut(&[u8])) {
        while let [first, rest @ ..] = piece {
            match self.line {
                Line::Start if *first == MARKER.as_bytes()[self.held.len()] => {
                    self.held.push(*first);
                    piece = rest;
                    if self.held.len() == MARKER.len() {
                        self.held.clear();
                        self.line = Line::Marked;
                    }
                }
                Line::Start => {
                    each(&self.held);
                    self.held.clear();
                    self.line = Line::Plain;
                }
                Line::Plain => {
                    let end = memchr(b'\n', piece).map(|end| end + 1);
                    let (line, rest) = piece.split_at(end.unwrap_or(piece.len()));
                    each(line);
                    piece = rest;
                    if end.is_some() {
                        self.line = Line::Start;
                    }
                }
                Line::Marked => {
                    let end = memchr(b'\n', piece).map(|end| end + 1);
                    let (line, rest) = piece.split_at(end.unwrap_or(piece.len()));
                    self.marked = self.marked.saturating_add(line.len());
                    if self.marked <= MOST {
                        self.held.extend_from_slice(line);
                    }
                    piece = rest;
                    if end.is_some() {
                        self.end_marked();
                    }
                }
            }
        }
    }

    /// Hands on what was not marked after all, and returns the charts.
    pub(super) fn finish(mut self, mut each: impl FnMut(&[u8])) -> Vec<Value> {
        match self.line {
            Line::Start | Line::Plain => each(&self.held),
            Line::Marked => self.end_marked(),
        }
        self.charts
    }

    fn end_marked(&mut self) {
        // A line that makes no sense is not shown either.
        self.charts.extend(chart(&self.held).ok().flatten());
        self.held = Vec::new();
        self.line = Line::Start;
    }
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

    /// What is left of an output and the charts, however it is cut into pieces.
    fn extract(output: &[u8]) -> (String, Vec<Value>) {
        let results = (1..=output.len()).map(|length| {
            let (mut filter, mut rest) = (Filter::default(), Vec::new());
            for piece in output.chunks(length) {
                filter.feed(piece, |bytes| rest.extend_from_slice(bytes));
            }
            let charts = filter.finish(|bytes| rest.extend_from_slice(bytes));
            (String::from_utf8(rest).unwrap(), charts)
        });
        results
            .reduce(|one, other| {
                assert_eq!(one, other);
                one
            })
            .unwrap()
    }

    #[test]
    fn a_field_has_the_type_that_clients_insist_on_or_is_left_out() {
        let printed = json!({"type": "chart", "value": {"type": "bar", "x_ticks": ["a"], "y_ticks": [1, 2.5],
            "elements": [{"value": 3, "points": [["2024-01-01", 1]]}, {"points": [[1, 2]]}]}});
        let (_, charts) = extract(format!("{MARKER}{printed}").as_bytes());
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
        let (rest, charts) = extract(output.as_bytes());
        assert_eq!(rest, format!("a\n {MARKER}b\n"));
        let line = json!({"type": "line", "elements": [{"label": "l", "min": 0}]});
        assert_eq!(charts, [line, json!({"type": "", "elements": null})]);
    }
}
