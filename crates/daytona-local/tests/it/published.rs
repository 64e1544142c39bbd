//! Every operation that the service publishes: the local server has it, or says
//! that it has not.
//!
//! The descriptions lie beside the repository; where they do not, there is
//! nothing to compare.

use std::path::{Path, PathBuf};

use http::Method;
use serde_json::{Value, json};

use crate::server::Server;

fn description(name: &str) -> Option<Value> {
    let shared = std::env::var_os("DAYTONA_SHARED_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let file = shared.join("contract/openapi").join(name);
    match std::fs::read(&file) {
        Ok(text) => Some(serde_json::from_slice(&text).unwrap()),
        Err(error) => {
            println!("skipped: {}: {error} (DAYTONA_SHARED_DIR)", file.display());
            None
        }
    }
}

/// Methods and paths, parameters filled in.
fn operations(description: &Value, sandbox: &str) -> Vec<(Method, String)> {
    let mut found = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        let segments = path.split('/').map(|segment| match segment {
            "{sandboxIdOrName}" | "{sandboxId}" => sandbox,
            segment if segment.starts_with('{') => "x",
            segment => segment,
        });
        let path = segments.collect::<Vec<_>>().join("/");
        for method in methods.as_object().unwrap().keys() {
            if let Ok(method) = method.to_uppercase().parse::<Method>()
                && [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(&method)
            {
                found.push((method, path.clone()));
            }
        }
    }
    found
}

#[tokio::test]
async fn what_is_absent_says_so() {
    let (Some(toolbox), Some(api)) = (description("toolbox.json"), description("api.json")) else { return };
    let server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let of_toolbox = operations(&toolbox, &id).into_iter();
    let of_toolbox = of_toolbox.map(|(method, path)| (method, format!("/toolbox/{id}{path}")));
    let of_api = operations(&api, &id).into_iter().map(|(method, path)| (method, format!("/api{path}")));
    let mut absent = 0;
    // The sandbox is deleted by one of the second.
    for (method, path) in of_toolbox.chain(of_api) {
        let body = (method != Method::GET).then(|| json!({}));
        let seen = server.send(method.clone(), &path, Some(server.key()), body).await;
        let message = seen.json["message"].as_str().unwrap_or_default();
        assert!(!message.starts_with("Cannot "), "{method} {path}: {}", seen.json);
        assert!(seen.status != 404 || seen.json.is_object(), "{method} {path}");
        if seen.status == 501 {
            assert!(message.ends_with(" is not part of the local Daytona"), "{method} {path}: {message}");
            absent += 1;
        }
    }
    assert!(absent > 100, "{absent}");
}
