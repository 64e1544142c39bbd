//! The desktop of a sandbox, where its programs are installed.

use http::Method;
use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn programs_of_the_desktop_have_the_environment_that_was_set() {
    let server = Server::start(&[]);
    let id = server.create(json!({})).await;
    let post = async |path: &str, body| {
        let path = format!("/toolbox/{id}/{path}");
        server.send(Method::POST, &path, Some(server.key()), Some(body)).await
    };
    // A display that is not there must not be that of the window manager.
    let set = json!({"set": {"MARK": "of the sandbox", "DISPLAY": ":99"}});
    assert_eq!(post("env", set).await.status, 200);
    let started = post("computeruse/start", json!({})).await;
    if started.status == 503 {
        eprintln!("a desktop cannot be started on this machine: {}", started.json["message"]);
        return;
    }
    assert_eq!(started.status, 200, "{}", started.json);
    let environments = "grep -lz '^MARK=of the sandbox$' /proc/[0-9]*/environ | cut -d/ -f3 | \
                        xargs -I{} cat /proc/{}/comm | sort -u";
    let (_, programs) = server.run(&id, environments).await;
    let has = |names: &[&str]| programs.lines().any(|program| names.contains(&program));
    assert!(has(&["Xvfb"]), "{programs}");
    assert!(has(&["xfwm4", "openbox", "icewm", "fluxbox", "metacity", "marco"]), "{programs}");
}
