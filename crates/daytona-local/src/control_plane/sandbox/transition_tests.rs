use tokio::sync::oneshot;

use super::super::samples::Samples;
use super::*;
use crate::channel::channel;
use crate::control_plane::preview::previews::Previews;
use crate::control_plane::sandbox_token::SandboxToken;
use crate::control_plane::signed_url::SigningKey;
use crate::control_plane::toolbox_client::ToolboxClient;

const ID: &str = "id";
const OPERATIONS: [Operation; 6] = [
    Operation::Start,
    Operation::Recover,
    Operation::Stop,
    Operation::Archive,
    Operation::Delete,
    Operation::Configure,
];
const STATES: &str = "creating pending_build building_snapshot pulling_snapshot starting started stopping \
                      stopped archiving archived restoring resizing snapshotting forking pausing paused \
                      resuming error build_failed destroying destroyed unknown melting";

fn entry(state: &str, is_ephemeral: bool, is_recoverable: bool) -> Entry {
    Entry {
        sandbox: Sandbox {
            id: ID.to_owned(),
            name: "name".to_owned(),
            state: SandboxState::from(state),
            auto_delete_interval: Some(if is_ephemeral { 0 } else { -1 }),
            recoverable: Some(is_recoverable),
            ..Sandbox::default()
        },
        host_id: None,
        signing_key: SigningKey::new("key".to_owned()),
        token: SandboxToken::random().unwrap(),
        previews: Previews::default(),
        running: None,
        last_activity: Instant::now(),
        since: Instant::now(),
        open_requests: 0,
        is_saved: true,
        samples: Samples::default(),
    }
}

fn registry(state: &str, is_ephemeral: bool, is_recoverable: bool) -> Arc<Registry> {
    let registry = Arc::<Registry>::default();
    registry.lock().insert(entry(state, is_ephemeral, is_recoverable));
    registry
}

fn state(registry: &Registry) -> String {
    registry.lock().by_id(ID).map_or("gone".to_owned(), |entry| entry.sandbox.state.to_string())
}

/// State, reason and whether it can be recovered.
fn failure(registry: &Registry) -> (String, String, bool) {
    let sandbox = registry.lock().by_id(ID).unwrap().sandbox.clone();
    (sandbox.state.to_string(), sandbox.error_reason.unwrap(), sandbox.recoverable.unwrap())
}

fn running() -> Running {
    let (connector, _end) = channel().unwrap();
    let (stop, _stopped) = oneshot::channel();
    Running { toolbox: ToolboxClient::new(connector), policy: None, stop, watcher: tokio::spawn(async {}) }
}

fn launch(registry: &Arc<Registry>, operation: Operation) -> Launch {
    match begin(registry, ID, operation).unwrap() {
        Begun::Launch(launch) => launch,
        other => panic!("{other:?}"),
    }
}

fn halt(registry: &Arc<Registry>) -> Halt {
    match begin(registry, ID, Operation::Stop).unwrap() {
        Begun::Halt(halt) => halt,
        other => panic!("{other:?}"),
    }
}

fn removal(registry: &Arc<Registry>) -> Removal {
    match begin(registry, ID, Operation::Delete).unwrap() {
        Begun::Removal(removal) => removal,
        other => panic!("{other:?}"),
    }
}

/// The state that a sandbox is in after an operation has begun, or why it is refused.
fn expected(operation: Operation, state: &str, is_ephemeral: bool, is_recoverable: bool) -> &'static str {
    const BUSY: &str = "409 Sandbox state change in progress";
    const ERRORED: &str = "400 Sandbox is in an errored state";
    const NOT_STARTED: &str = "400 Sandbox is not started";
    const NOT_STOPPED: &str = "400 Sandbox is not stopped";
    const NOT_RECOVERABLE: &str = "400 Sandbox is not in a recoverable error state";
    let stop = if is_ephemeral { "destroying" } else { "stopping" };
    let archive = if is_ephemeral { "400 Ephemeral sandboxes cannot be archived" } else { "archived" };
    let recover = if is_recoverable { "starting" } else { NOT_RECOVERABLE };
    let [started, stopped, archived, error] = match operation {
        Operation::Start => ["started", "starting", "restoring", ERRORED],
        Operation::Recover => [NOT_RECOVERABLE, NOT_RECOVERABLE, NOT_RECOVERABLE, recover],
        Operation::Stop => [stop, NOT_STARTED, NOT_STARTED, ERRORED],
        Operation::Archive => [NOT_STOPPED, archive, NOT_STOPPED, ERRORED],
        Operation::Delete => ["destroying"; 4],
        Operation::Configure => ["started", "stopped", "archived", "error"],
    };
    match state {
        "started" => started,
        "stopped" => stopped,
        "archived" => archived,
        "error" => error,
        _ => BUSY,
    }
}

#[tokio::test]
async fn every_operation_in_every_state_does_what_the_table_says() {
    for operation in OPERATIONS {
        for before in STATES.split(' ') {
            for (is_ephemeral, is_recoverable) in [(false, false), (false, true), (true, false), (true, true)]
            {
                let registry = registry(before, is_ephemeral, is_recoverable);
                let sandbox = registry.lock().by_id(ID).unwrap().sandbox.clone();
                let checked = check(operation, &sandbox);
                let begun = begin(&registry, ID, operation);
                assert_eq!(checked.is_ok(), begun.is_ok(), "{operation:?} {before}");
                let seen = match &begun {
                    Ok(_) => state(&registry),
                    Err(refusal) => {
                        assert_eq!(state(&registry), before, "{operation:?}");
                        refusal.to_string()
                    }
                };
                let wanted = expected(operation, before, is_ephemeral, is_recoverable);
                assert_eq!(seen, wanted, "{operation:?} {before} {is_ephemeral} {is_recoverable}");
            }
        }
    }
    let missing = begin(&registry("stopped", false, false), "other", Operation::Start).unwrap_err();
    assert_eq!(missing.to_string(), "404 Sandbox with ID or name other not found");
}

#[tokio::test]
async fn work_ends_in_the_state_that_it_leads_to() {
    let registry = registry("stopped", false, true);
    let started = launch(&registry, Operation::Start).finish(running()).unwrap();
    assert_eq!((started.state, started.recoverable), (SandboxState::Started, Some(false)));
    assert_eq!(started.desired_state.as_deref(), Some("started"));
    let mut halt = halt(&registry);
    assert!(halt.running.take().is_some() && registry.lock().by_id(ID).unwrap().running.is_none());
    let stopped = halt.finish().unwrap();
    assert_eq!((stopped.state, stopped.desired_state.as_deref()), (SandboxState::Stopped, Some("stopped")));
    let Begun::Done(archived) = begin(&registry, ID, Operation::Archive).unwrap() else { panic!() };
    assert_eq!(
        (archived.state, archived.desired_state.as_deref()),
        (SandboxState::Archived, Some("archived"))
    );
    let removal = removal(&registry);
    let sandbox = removal.sandbox().clone();
    assert_eq!(
        (sandbox.state, sandbox.desired_state.as_deref()),
        (SandboxState::Destroying, Some("destroyed"))
    );
    assert!(sandbox.name.starts_with("DESTROYED_name_"), "{}", sandbox.name);
    removal.finish();
    assert_eq!(state(&registry), "gone");
}

#[tokio::test]
async fn a_sandbox_whose_work_panics_is_not_busy_for_ever() {
    let registry = registry("stopped", false, false);
    let work = launch(&registry, Operation::Start);
    panics(work).await;
    let failed = |is_recoverable| ("error".to_owned(), FAULT.to_owned(), is_recoverable);
    assert_eq!(failure(&registry), failed(true));
    launch(&registry, Operation::Recover).finish(running()).unwrap();
    panics(halt(&registry)).await;
    assert_eq!(failure(&registry), failed(true));
    // Files may be missing: it can only be deleted again.
    panics(removal(&registry)).await;
    assert_eq!(failure(&registry), failed(false));
    let refusal = begin(&registry, ID, Operation::Recover).unwrap_err();
    assert_eq!(refusal.to_string(), "400 Sandbox is not in a recoverable error state");
    removal(&registry).finish();
    assert_eq!(state(&registry), "gone");
    let created = create(&registry, |_| Ok(entry("creating", false, false))).unwrap();
    assert_eq!(state(&registry), "creating");
    panics(created).await;
    assert_eq!(failure(&registry), failed(true));
}

async fn panics(work: impl Send + 'static) {
    let task = tokio::spawn(async move {
        let _work = work;
        tokio::task::yield_now().await;
        panic!("as a fault would");
    });
    assert!(task.await.unwrap_err().is_panic());
}

#[tokio::test]
async fn a_failed_start_says_why_and_can_be_tried_again() {
    let registry = registry("archived", false, false);
    let refusal = launch(&registry, Operation::Start).fail("no room".to_owned());
    assert_eq!(refusal.to_string(), "400 Sandbox failed to start: no room");
    assert_eq!(failure(&registry), ("error".to_owned(), "no room".to_owned(), true));
    let started = launch(&registry, Operation::Recover).finish(running()).unwrap();
    assert_eq!(started.error_reason, None);
    exited(&registry, ID);
    assert_eq!(failure(&registry), ("error".to_owned(), EXITED.to_owned(), true));
    let busy = launch(&registry, Operation::Recover);
    exited(&registry, ID);
    assert_eq!(state(&registry), "starting");
    drop(busy);
}

#[test]
fn the_next_server_continues_what_was_not_completed() {
    for before in STATES.split(' ') {
        let registry = Arc::<Registry>::default();
        let unfinished = resume(&registry, entry(before, false, false));
        let (after, launches, removes) = match before {
            "started" | "starting" | "restoring" => ("starting", true, false),
            "stopping" => ("stopped", false, false),
            "destroying" => ("destroying", false, true),
            other => (other, false, false),
        };
        assert_eq!(state(&registry), after);
        assert_eq!(matches!(unfinished, Some(Unfinished::Launch(_))), launches, "{before}");
        assert_eq!(matches!(unfinished, Some(Unfinished::Removal(_))), removes, "{before}");
    }
}
