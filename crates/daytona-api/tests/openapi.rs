//! The table of operations against the published descriptions of the service.
//!
//! The descriptions lie beside the repository; where they do not, there is
//! nothing to compare.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use daytona_api::{Operation, Service, operations};
use serde_json::Value;

/// Where the table differs from the descriptions on purpose, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "DELETE /sandbox/{sandboxIdOrName} leaves its response unread",
        "nobody needs a sandbox that is being deleted, and older services send nothing",
    ),
    ("POST /computeruse/mouse/down is not described", "services since 0.223"),
    ("POST /computeruse/mouse/up is not described", "services since 0.223"),
    ("POST /computeruse/keyboard/down is not described", "services since 0.223"),
    ("POST /computeruse/keyboard/up is not described", "services since 0.223"),
    ("GET /project-dir is not described", "services before the work folder had a route of its own"),
    ("GET /files/watch is not described", "an operation of the local server only"),
    ("POST /files/upload is not described", "services before 0.201 know no other upload of one file"),
    ("GET /process/pty/create-connect is not described", "clients since 0.197 create terminals with it"),
];

fn folder() -> Option<PathBuf> {
    let shared = std::env::var_os("DAYTONA_SHARED_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("contract/openapi");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there are no descriptions at {} (DAYTONA_SHARED_DIR)", folder.display());
    None
}

/// A description, of either generation of the format.
struct Description(Value);

impl Description {
    fn read(file: &Path) -> Self {
        Self(serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap())
    }

    /// What the description says of an operation; path parameters may have
    /// other names there.
    fn find(&self, operation: &Operation) -> Option<&Value> {
        let wanted = shape(operation.path);
        let paths = self.0["paths"].as_object().unwrap();
        let (_, path) = paths.iter().find(|(path, _)| shape(path) == wanted)?;
        path.get(operation.method.as_str().to_ascii_lowercase())
    }

    /// What is behind references and lists.
    fn schema<'a>(&'a self, schema: &'a Value) -> &'a Value {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.schema(self.0.pointer(reference.trim_start_matches('#')).unwrap());
        }
        match (schema.get("items"), schema["allOf"].as_array()) {
            (Some(items), _) => self.schema(items),
            (None, Some(parts)) if parts.len() == 1 => self.schema(&parts[0]),
            _ => schema,
        }
    }

    /// The properties that an object must have.
    fn required<'a>(&'a self, schema: &'a Value) -> BTreeSet<&'a str> {
        let required = self.schema(schema)["required"].as_array();
        required.into_iter().flatten().map(|name| name.as_str().unwrap()).collect()
    }
}

/// A path without the names of its parameters.
fn shape(path: &str) -> Vec<&str> {
    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect()
}

/// Query parameters, and whether each must be given.
fn query(described: &Value) -> BTreeMap<&str, bool> {
    let parameters = described["parameters"].as_array().into_iter().flatten();
    parameters
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| (parameter["name"].as_str().unwrap(), parameter["required"] == true))
        .collect()
}

fn json_content(holder: &Value) -> Option<&Value> {
    holder.get("schema").or_else(|| holder.get("content")?.get("application/json")?.get("schema"))
}

fn body(described: &Value) -> Option<&Value> {
    let parameters = described["parameters"].as_array().into_iter().flatten();
    let parameter = { parameters }.find(|parameter| parameter["in"] == "body");
    json_content(parameter.or_else(|| described.get("requestBody"))?)
}

fn response(described: &Value) -> Option<&Value> {
    let responses = described["responses"].as_object().unwrap().iter();
    { responses }
        .filter(|(status, _)| status.starts_with('2'))
        .find_map(|(_, response)| json_content(response))
}

/// What the table gets wrong about an operation.
fn differences(description: &Description, operation: &Operation) -> Vec<String> {
    let Some(described) = description.find(operation) else { return vec!["is not described".to_owned()] };
    let mut found = Vec::new();
    let parameters = query(described);
    let ours: BTreeSet<&str> = operation.required.iter().chain(operation.optional).copied().collect();
    for (name, required) in &parameters {
        if *required && !operation.required.contains(name) {
            found.push(format!("does not require the query parameter {name}"));
        }
    }
    for name in operation.required {
        if parameters.get(name) == Some(&false) {
            found.push(format!("requires the query parameter {name}"));
        }
    }
    for name in ours.into_iter().filter(|name| !parameters.contains_key(name)) {
        found.push(format!("has an unknown query parameter {name}"));
    }
    let types = [
        ("body", body(described), (operation.body_fields)()),
        ("response", response(described), (operation.output_fields)()),
    ];
    for (place, schema, fields) in types {
        let required = schema.map(|schema| description.required(schema)).unwrap_or_default();
        if fields.is_empty() && !required.is_empty() {
            found.push(format!("leaves its {place} unread"));
            continue;
        }
        for name in required.into_iter().filter(|name| !fields.contains(name)) {
            found.push(format!("has no field {name} in its {place}"));
        }
    }
    found
}

#[test]
fn the_table_is_what_the_descriptions_say() {
    let Some(folder) = folder() else { return };
    let toolbox = Description::read(&folder.join("toolbox.json"));
    let control_plane = Description::read(&folder.join("api.json"));
    // The analytics service has no published description.
    let described = operations::all().filter(|operation| operation.service != Service::Analytics);
    let found: BTreeSet<String> = described
        .flat_map(|operation| {
            let description = match operation.service {
                Service::ControlPlane => &control_plane,
                Service::Toolbox | Service::Analytics => &toolbox,
            };
            let line = format!("{} {}", operation.method, operation.path);
            differences(description, operation)
                .into_iter()
                .map(move |difference| format!("{line} {difference}"))
        })
        .collect();
    let excepted: BTreeSet<String> = EXCEPTIONS.iter().map(|(line, _)| (*line).to_owned()).collect();
    let unexpected: Vec<&String> = found.difference(&excepted).collect();
    let outdated: Vec<&String> = excepted.difference(&found).collect();
    assert!(unexpected.is_empty(), "differences without a reason: {unexpected:#?}");
    assert!(outdated.is_empty(), "exceptions that are none any more: {outdated:#?}");
}
