//! Changing what a running sandbox may connect to.

use serde_json::{Value, json};

use crate::server::Server;

/// Results of `connect`: success, and "no route to host".
const OPEN: &str = "0\n";
const REFUSED: &str = "113\n";

struct Place {
    server: Server,
    port: String,
}

impl Place {
    /// A server whose sandboxes reach it over the gateway; `None` where they have no network
    /// of their own.
    async fn start() -> Option<Self> {
        let server = Server::start(&["--allow-host"]);
        let port = server.origin().rsplit(':').next().unwrap().to_owned();
        let id = server.create(json!({})).await;
        if server.get(&format!("/sandbox/{id}")).await.json["isolatedNetwork"] != true {
            eprintln!("skipped: sandboxes have no network of their own on this machine");
            return None;
        }
        Some(Self { server, port })
    }

    async fn connect(&self, id: &str) -> String {
        let script = "import socket,sys;s=socket.socket();s.settimeout(5);print(s.connect_ex((\"10.0.2.2\",int(sys.argv[1]))))";
        self.server.run(id, &format!("python3 -c '{script}' {}", self.port)).await.1
    }

    /// Returns the settings after a change.
    async fn change(&self, id: &str, settings: Value) -> Value {
        let path = format!("/sandbox/{id}/network-settings");
        let changed = self.server.post(&path, settings.clone()).await;
        assert_eq!(changed.status, 200, "{settings}: {}", changed.json);
        assert_eq!(self.server.get(&format!("/sandbox/{id}")).await.json, changed.json);
        json!([
            changed.json["networkBlockAll"],
            changed.json["networkAllowList"],
            changed.json["domainAllowList"],
        ])
    }
}

#[tokio::test]
async fn a_running_sandbox_is_blocked_restricted_and_opened_again() {
    let Some(place) = Place::start().await else { return };
    let id = place.server.create(json!({})).await;
    assert_eq!(place.connect(&id).await, OPEN);
    for (settings, after, connects) in [
        (json!({"networkBlockAll": true}), json!([true, null, null]), REFUSED),
        (json!({"networkBlockAll": false}), json!([false, null, null]), OPEN),
        (json!({"networkAllowList": "192.0.2.0/24"}), json!([false, "192.0.2.0/24", null]), REFUSED),
        (json!({"networkAllowList": "10.0.2.2/32"}), json!([false, "10.0.2.2/32", null]), OPEN),
        (json!({"networkAllowList": ""}), json!([false, null, null]), OPEN),
        (json!({"domainAllowList": "example.com"}), json!([false, null, "example.com"]), REFUSED),
        (json!({"networkAllowList": "10.0.0.0/8"}), json!([false, "10.0.0.0/8", "example.com"]), OPEN),
        (json!({"networkBlockAll": true}), json!([true, null, null]), REFUSED),
    ] {
        assert_eq!(place.change(&id, settings.clone()).await, after, "{settings}");
        assert_eq!(place.connect(&id).await, connects, "{settings}");
    }
}

#[tokio::test]
async fn settings_of_a_new_or_stopped_sandbox_hold_when_it_starts() {
    let Some(place) = Place::start().await else { return };
    let blocked = place.server.create(json!({"networkBlockAll": true})).await;
    let listed = place.server.create(json!({"domainAllowList": "*.example.com"})).await;
    for (id, after) in [(blocked, json!([true, null, null])), (listed, json!([false, null, "*.example.com"]))]
    {
        let sandbox = place.server.get(&format!("/sandbox/{id}")).await.json;
        let settings =
            ["networkBlockAll", "networkAllowList", "domainAllowList"].map(|name| sandbox[name].clone());
        assert_eq!(json!(settings), after);
        assert_eq!(place.connect(&id).await, REFUSED);
        place.change(&id, json!({"networkBlockAll": false})).await;
        assert_eq!(place.connect(&id).await, OPEN);
        place.server.post(&format!("/sandbox/{id}/stop"), json!({})).await;
        place.change(&id, json!({"networkBlockAll": true})).await;
        place.server.post(&format!("/sandbox/{id}/start"), json!({})).await;
        assert_eq!(place.connect(&id).await, REFUSED);
    }
}

#[tokio::test]
async fn a_name_that_is_not_in_the_list_does_not_exist() {
    let Some(place) = Place::start().await else { return };
    let id = place.server.create(json!({"domainAllowList": "example.com"})).await;
    // EAI_NONAME at once: a program does not try again.
    let script = "import socket\ntry: socket.getaddrinfo(\"other.test\", 80)\nexcept socket.gaierror as e: print(e.errno == socket.EAI_NONAME)";
    assert_eq!(place.server.run(&id, &format!("python3 -c '{script}'")).await.1, "True\n");
}

#[tokio::test]
async fn settings_that_are_wrong_or_cannot_be_kept_change_nothing() {
    let server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let before = server.get(&format!("/sandbox/{id}")).await.json;
    for (settings, words) in [
        (json!({}), "At least one of networkBlockAll, networkAllowList or domainAllowList must be set"),
        (json!({"networkAllowList": "10.0.0.1"}), "is not a valid network"),
        (json!({"networkBlockAll": true, "domainAllowList": "a/b"}), "is not a valid domain"),
        (json!({"networkBlockAll": "yes"}), "invalid type"),
    ] {
        let refused = server.post(&format!("/sandbox/{id}/network-settings"), settings.clone()).await;
        let message = refused.json["message"].as_str().unwrap_or_default();
        assert_eq!(refused.status, 400, "{settings}");
        assert!(message.contains(words), "{settings}: {message}");
    }
    assert_eq!(server.get(&format!("/sandbox/{id}")).await.json, before);
    assert_eq!(server.post("/sandbox/nope/network-settings", json!({})).await.status, 404);

    let open = Server::start(&["--isolation", "none"]);
    let id = open.create(json!({})).await;
    for settings in [
        json!({"networkBlockAll": true}),
        json!({"domainAllowList": "a.test"}),
        json!({"networkBlockAll": false}),
    ] {
        let refused = open.post(&format!("/sandbox/{id}/network-settings"), settings.clone()).await;
        assert_eq!(refused.status, 400, "{settings}: {}", refused.json);
        let message = refused.json["message"].as_str().unwrap_or_default();
        // What this server can do: not what it cannot do either, and not before it is stopped.
        let advice = if settings == json!({"networkBlockAll": false}) {
            "stop the sandbox first"
        } else {
            "Start it with --isolation namespaces, or omit them"
        };
        assert!(message.ends_with(advice), "{settings}: {message}");
    }
}
