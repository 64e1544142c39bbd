//! The desktop: its display and the processes that make it.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use daytona_api::toolbox::computer_use::ProcessStatus;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, CreateWindowAux, EventMask, Window, WindowClass,
};
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT};

use super::super::Toolbox;
use super::super::task::detached;
use super::accessibility::activation;
use super::display::Display;
use super::process::DesktopProcess;
use super::programs::Programs;
use super::screen::{COOKIE, Screen, ScreenError, on_screen};
use crate::response::Failure;

/// How long a process may take to be ready.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// How long a window manager may take to say that it manages windows. Not all do.
const MANAGES_WITHIN: Duration = Duration::from_secs(5);

/// How long an operation on the screen may take.
const OPERATION: Duration = Duration::from_secs(30);

/// How many operations on the screen may be under way.
const AT_ONCE: usize = 16;

/// The size of the screen, and the variable that sets another one.
const SIZE: (u16, u16) = (1024, 768);
const SIZE_VARIABLE: &str = "VNC_RESOLUTION";
const LARGEST: u16 = 4096;

/// A process of the desktop, by the name that clients know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// The X server.
    Xvfb,
    /// The session bus, for accessible objects.
    Atspi,
    /// The window manager, whichever there is.
    Xfce4,
    /// A VNC server, which this server does not run.
    X11vnc,
    /// A web page for VNC, which this server does not run.
    Novnc,
}

impl Name {
    const ALL: [Self; 5] = [Self::Xvfb, Self::Atspi, Self::Xfce4, Self::X11vnc, Self::Novnc];

    fn as_str(self) -> &'static str {
        match self {
            Self::Xvfb => "xvfb",
            Self::Atspi => "atspi",
            Self::Xfce4 => "xfce4",
            Self::X11vnc => "x11vnc",
            Self::Novnc => "novnc",
        }
    }

    /// Reads the name of a process.
    pub(super) fn parse(name: &str) -> Result<Self, Failure> {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == name);
        known.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            Failure::bad_request(format_args!("there is no process {name:?}. Use one of {names}"))
        })
    }
}

/// The desktop of a sandbox.
#[derive(Debug)]
pub(super) struct Desktop {
    /// Held while processes are started or stopped: one change at a time.
    changes: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    operations: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct State {
    display: Option<Display>,
    processes: BTreeMap<Name, Arc<DesktopProcess>>,
}

impl Default for Desktop {
    fn default() -> Self {
        let operations = Arc::new(Semaphore::new(AT_ONCE));
        Self { changes: tokio::sync::Mutex::default(), state: Mutex::default(), operations }
    }
}

impl Desktop {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process of a name, running or not.
    pub(super) fn process(&self, name: Name) -> Option<Arc<DesktopProcess>> {
        self.lock().processes.get(&name).cloned()
    }

    /// Whether a process runs.
    pub(super) fn runs(&self, name: Name) -> bool {
        self.process(name).is_some_and(|process| process.runs())
    }

    /// The display, when the desktop runs.
    pub(super) fn display(&self) -> Result<Display, Failure> {
        let display = if self.runs(Name::Xvfb) { self.lock().display.clone() } else { None };
        display.ok_or_else(|| {
            Failure::bad_request("the desktop does not run. Start it with POST /computeruse/start")
        })
    }

    /// Variables of programs that are started while the desktop runs.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        self.display().map(|display| display.variables()).unwrap_or_default()
    }

    /// All processes, as clients see them.
    pub(super) fn describe(&self) -> BTreeMap<String, ProcessStatus> {
        let status = |name: Name| {
            let process = self.process(name).filter(|process| process.runs());
            ProcessStatus {
                running: process.is_some(),
                priority: (name as i32 + 1) * 100,
                auto_restart: false,
                pid: process.map(|process| process.pid()),
            }
        };
        Name::ALL.into_iter().map(|name| (name.as_str().to_owned(), status(name))).collect()
    }

    /// `active` when there is a screen with a window manager.
    pub(super) fn status(&self) -> &'static str {
        match (self.runs(Name::Xvfb), self.runs(Name::Xfce4)) {
            (true, true) => "active",
            (false, false) => "inactive",
            _ => "partial",
        }
    }

    /// The address of the session bus, when there is one.
    pub(super) fn bus(&self) -> Result<Option<String>, Failure> {
        Ok(self.display()?.bus.filter(|_| self.runs(Name::Atspi)))
    }

    /// Waits until there is room for another operation.
    pub(super) async fn permit(&self) -> Result<OwnedSemaphorePermit, Failure> {
        Arc::clone(&self.operations).acquire_owned().await.map_err(Failure::internal)
    }

    /// Does blocking work on the screen, also when its client leaves.
    pub(super) async fn on_screen<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Screen) -> Result<T, ScreenError> + Send + 'static,
    ) -> Result<T, Failure> {
        self.on_screen_within(OPERATION, work).await
    }

    /// Does work that takes longer than others.
    pub(super) async fn on_screen_within<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce(&Screen) -> Result<T, ScreenError> + Send + 'static,
    ) -> Result<T, Failure> {
        let display = self.display()?;
        let permit = self.permit().await?;
        detached(async move {
            let done = on_screen(display, limit, work).await;
            drop(permit);
            done
        })
        .await?
    }

    /// Starts what does not run.
    pub(super) async fn start(&self, toolbox: &Toolbox) -> Result<(), Failure> {
        let programs = Programs::find()?;
        let _change = self.changes.lock().await;
        for name in [Name::Xvfb, Name::Atspi, Name::Xfce4] {
            if !self.runs(name) {
                self.launch(name, &programs, toolbox).await?;
            }
        }
        Ok(())
    }

    /// Ends what runs.
    pub(super) async fn stop(&self) {
        let _change = self.changes.lock().await;
        let processes = {
            let mut state = self.lock();
            state.display = None;
            std::mem::take(&mut state.processes)
        };
        for process in processes.into_values().rev() {
            process.end().await;
        }
    }

    /// Ends and starts a process. What shows windows loses them with the X server.
    pub(super) async fn restart(&self, name: Name, toolbox: &Toolbox) -> Result<(), Failure> {
        let programs = Programs::find()?;
        let _change = self.changes.lock().await;
        // The window manager does not survive its X server.
        let manager = if name == Name::Xvfb { self.process(Name::Xfce4) } else { None };
        let process = self.lock().processes.remove(&name);
        for process in [&manager, &process].into_iter().flatten() {
            process.end().await;
        }
        self.launch(name, &programs, toolbox).await?;
        if manager.is_some() { self.launch(Name::Xfce4, &programs, toolbox).await } else { Ok(()) }
    }

    async fn launch(&self, name: Name, programs: &Programs, toolbox: &Toolbox) -> Result<(), Failure> {
        let started = match name {
            Name::Xvfb => self.launch_server(&programs.server, toolbox).await,
            Name::Atspi => match &programs.bus {
                Some(bus) => self.launch_bus(bus, toolbox).await,
                None => return Ok(()),
            },
            Name::Xfce4 => self.launch_window_manager(&programs.window_manager, toolbox).await,
            Name::X11vnc | Name::Novnc => {
                let message = "the local server does not run a VNC server, nor a web page for one";
                return Err(Failure::bad_request(message));
            }
        };
        started.map_err(|error| {
            // Landlock lets no program create a socket.
            let hint = match name {
                Name::Xvfb => {
                    ". The X server creates a socket in /tmp, which the isolation of the sandbox must permit"
                }
                _ => "",
            };
            let name = name.as_str();
            Failure::internal(format_args!("cannot start the process {name}: {error}{hint}"))
        })
    }

    fn keep(&self, name: Name, process: DesktopProcess) -> Arc<DesktopProcess> {
        let process = Arc::new(process);
        self.lock().processes.insert(name, Arc::clone(&process));
        process
    }

    async fn launch_server(&self, program: &Path, toolbox: &Toolbox) -> io::Result<()> {
        let (authority, cookie) = authority(&toolbox.state_dir)?;
        let (width, height) = size(env::var(SIZE_VARIABLE).ok().as_deref());
        let mut command = toolbox.environment().command(program, &toolbox.home_dir);
        // It chooses a free display and writes the number to its output once it is ready.
        command.args(["-displayfd", "1", "-screen", "0", &format!("{width}x{height}x24"), "-auth"]);
        command.arg(&authority).args(["-nolisten", "tcp", "-nolisten", "local", "-noreset"]);
        let process = self.keep(Name::Xvfb, DesktopProcess::start(command)?);
        let line = in_time(process.first_line()).await?;
        let number = line.trim().parse().map_err(|_| io::Error::other("it reported no display"))?;
        let socket = PathBuf::from(format!("/tmp/.X11-unix/X{number}"));
        let mut state = self.lock();
        let bus = state.display.take().and_then(|display| display.bus);
        state.display = Some(Display { number, socket, authority, cookie, bus });
        Ok(())
    }

    async fn launch_bus(&self, program: &Path, toolbox: &Toolbox) -> io::Result<()> {
        let socket = toolbox.state_dir.join(FOLDER).join("bus");
        match fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut command = toolbox.environment().command(program, &toolbox.home_dir);
        command.args(["--session", "--nofork", "--nopidfile", "--nosyslog", "--print-address=1"]);
        command.arg(format!("--address=unix:path={}", socket.display()));
        self.add_variables(&mut command);
        let process = self.keep(Name::Atspi, DesktopProcess::start(command)?);
        let address = in_time(process.first_line()).await?;
        let address = address.trim().to_owned();
        if let Some(display) = &mut self.lock().display {
            display.bus = Some(address.clone());
        }
        // Programs that start soon should find it; nothing else waits for it.
        tokio::task::spawn_blocking(move || {
            if let Err(error) = activation::enable(&address) {
                tracing::debug!(?error, "programs are not accessible");
            }
        });
        Ok(())
    }

    async fn launch_window_manager(&self, program: &Path, toolbox: &Toolbox) -> io::Result<()> {
        let mut command = toolbox.environment().command(program, &toolbox.home_dir);
        self.add_variables(&mut command);
        let display =
            self.lock().display.clone().ok_or_else(|| io::Error::other("the process xvfb does not run"))?;
        let process = self.keep(Name::Xfce4, DesktopProcess::start(command)?);
        let manages = on_screen(display, MANAGES_WITHIN, wait_for_window_manager);
        tokio::select! {
            biased;
            last = process.ended() => Err(io::Error::other(last)),
            managed = manages => {
                if let Err(failure) = managed {
                    tracing::debug!(message = failure.message, "the window manager did not announce itself");
                }
                Ok(())
            }
        }
    }

    fn add_variables(&self, command: &mut Command) {
        if let Some(display) = &self.lock().display {
            command.envs(display.variables());
        }
    }
}

async fn in_time<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(STARTS_WITHIN, work).await.unwrap_or_else(|_| {
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("it was not ready within {STARTS_WITHIN:?}")))
    })
}

/// How long a window manager may take to show a window, before it is asked again.
const SHOWS_WITHIN: Duration = Duration::from_millis(200);

/// A pause between two looks at what does not announce itself.
const PAUSE: Duration = Duration::from_millis(5);

/// Returns once a window manager has announced itself, and shows windows: one that
/// is starting may miss those that appear meanwhile, and never show them.
fn wait_for_window_manager(screen: &Screen) -> Result<(), ScreenError> {
    let connection = &screen.connection;
    let changes = ChangeWindowAttributesAux::new().event_mask(EventMask::PROPERTY_CHANGE);
    connection.change_window_attributes(screen.root, &changes)?.check()?;
    while screen.numbers(screen.root, "_NET_SUPPORTING_WM_CHECK")?.is_empty() {
        connection.wait_for_event()?;
    }
    let window = connection.generate_id()?;
    let events = CreateWindowAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
    let class = WindowClass::INPUT_OUTPUT;
    connection
        .create_window(
            COPY_DEPTH_FROM_PARENT,
            window,
            screen.root,
            0,
            0,
            1,
            1,
            0,
            class,
            COPY_FROM_PARENT,
            &events,
        )?
        .check()?;
    loop {
        connection.map_window(window)?.check()?;
        if is_shown(screen, window)? {
            break;
        }
    }
    connection.destroy_window(window)?.check()?;
    while screen.numbers(screen.root, "_NET_CLIENT_LIST")?.contains(&window) {
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn is_shown(screen: &Screen, window: Window) -> Result<bool, ScreenError> {
    let deadline = Instant::now() + SHOWS_WITHIN;
    while Instant::now() < deadline {
        match screen.connection.poll_for_event()? {
            Some(Event::MapNotify(event)) if event.window == window => return Ok(true),
            Some(_) => {}
            None => thread::sleep(PAUSE),
        }
    }
    Ok(false)
}

/// Folder of the desktop's files, below that of the toolbox.
const FOLDER: &str = "desktop";

/// Writes a file with a new secret, which clients of the X server have to know.
fn authority(state_dir: &Path) -> io::Result<(PathBuf, [u8; 16])> {
    let folder = state_dir.join(FOLDER);
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let mut cookie = [0; 16];
    getrandom::fill(&mut cookie).map_err(io::Error::other)?;
    let path = folder.join("authority");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    file.write_all(&authority_entry(&cookie))?;
    Ok((path, cookie))
}

/// An entry for every display: big-endian, each field after its length.
fn authority_entry(cookie: &[u8]) -> Vec<u8> {
    const ANY_FAMILY: u16 = 0xFFFF;
    let mut entry = ANY_FAMILY.to_be_bytes().to_vec();
    for field in [b"".as_slice(), b"", COOKIE, cookie] {
        entry.extend(u16::try_from(field.len()).unwrap_or_default().to_be_bytes());
        entry.extend(field);
    }
    entry
}

/// The size of the screen, `1280x720` for example.
fn size(wanted: Option<&str>) -> (u16, u16) {
    let parse = |text: &str| text.parse().ok().filter(|pixels| (64..=LARGEST).contains(pixels));
    let wanted = wanted.and_then(|text| text.split_once('x'));
    wanted.and_then(|(width, height)| Some((parse(width)?, parse(height)?))).unwrap_or(SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_the_screen_is_that_of_the_variable_if_it_is_one() {
        assert_eq!(size(Some("1280x720")), (1280, 720));
        for other in [None, Some(""), Some("1280"), Some("0x10"), Some("99999x720"), Some("-1x-1")] {
            assert_eq!(size(other), SIZE, "{other:?}");
        }
    }

    #[test]
    fn processes_have_the_names_of_the_service() {
        for name in Name::ALL {
            assert_eq!(Name::parse(name.as_str()).unwrap(), name);
        }
        let failure = Name::parse("bash").unwrap_err();
        assert!(failure.message.contains("\"bash\"") && failure.message.contains("xvfb"), "{failure:?}");
    }

    #[test]
    fn the_authority_names_every_display() {
        let entry = authority_entry(&[7; 16]);
        assert_eq!(entry.len(), 2 + 2 + 2 + 2 + COOKIE.len() + 2 + 16);
        assert!(entry.starts_with(&[0xFF, 0xFF, 0, 0, 0, 0, 0, 18]) && entry.ends_with(&[7; 16]));
    }
}
