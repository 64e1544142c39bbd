//! Recordings of the screen, made by the host's ffmpeg.
//!
//! A recording is a file in a folder of the sandbox's home. Its name tells when it
//! was started and which id it has, so that it is found again after a restart.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::response::Response;
use daytona_api::toolbox::computer_use::{
    ListRecordingsResponse, RECORDING_START, RECORDING_STOP, Recording as Description,
};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use uuid::Uuid;

use super::super::files::serve_file;
use super::super::table::Table;
use super::super::task::{blocking, detached};
use super::super::{Call, Toolbox};
use super::process::DesktopProcess;
use super::programs::find;
use crate::response::Failure;

/// Folder of recordings below the sandbox's home.
const FOLDER: &str = ".daytona/recordings";

/// How many recordings may run.
const AT_ONCE: usize = 4;

/// How many files are looked at.
const MOST_FILES: usize = 10_000;

/// Pictures a second.
const RATE: &str = "15";

/// How long the encoder may take to begin, and to write the end of a file.
const BEGINS_WITHIN: Duration = Duration::from_secs(20);
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// The longest label, and the one of recordings without.
const LONGEST_LABEL: usize = 100;
const LABEL: &str = "screen";

/// The recordings that were started since the toolbox was, and not stopped.
#[derive(Debug)]
pub(super) struct Recordings {
    started: Table<String, Recording>,
    places: Arc<Semaphore>,
}

impl Default for Recordings {
    fn default() -> Self {
        Self { started: Table::default(), places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

/// A recording that was started here.
#[derive(Debug)]
struct Recording {
    file: RecordedFile,
    process: DesktopProcess,
    _place: OwnedSemaphorePermit,
}

impl Recordings {
    /// Stops all recordings.
    pub(super) async fn stop_all(&self) {
        let started = std::mem::take(&mut *self.started.lock());
        for recording in started.into_values() {
            recording.process.end_within(ENDS_WITHIN).await;
        }
    }

    /// What is known of a file.
    fn describe(&self, file: &RecordedFile) -> Description {
        let status = match self.started.find(&file.id) {
            Some(recording) if recording.process.runs() => "recording",
            // Nobody stopped it: it ended by itself.
            Some(_) => "failed",
            None => "completed",
        };
        file.describe(status)
    }
}

/// The file of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RecordedFile {
    id: String,
    path: PathBuf,
    start: Timestamp,
}

impl RecordedFile {
    fn new(folder: &Path, label: &str) -> Self {
        let (id, start) = (Uuid::new_v4().to_string(), Timestamp::now());
        let name = format!("{label}_{}_{id}.mp4", start.strftime("%Y%m%dT%H%M%S.%3fZ"));
        Self { id, path: folder.join(name), start }
    }

    /// Reads the name of a file.
    fn parse(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_suffix(".mp4")?;
        let mut parts = name.rsplitn(3, '_');
        let (id, start, _label) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?, parts.next()?);
        Uuid::parse_str(&id).ok()?;
        Some(Self { id, path, start })
    }

    /// All files of a folder, the oldest first.
    fn all(folder: &Path) -> Vec<Self> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_FILES);
        let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        let mut found: Vec<Self> = files.filter_map(|file| Self::parse(file.path())).collect();
        found.sort_by_key(|file| file.start);
        found
    }

    fn describe(&self, status: &str) -> Description {
        let metadata = fs::symlink_metadata(&self.path).ok();
        let size = metadata.as_ref().and_then(|metadata| i64::try_from(metadata.len()).ok());
        let changed = metadata.and_then(|metadata| Timestamp::try_from(metadata.modified().ok()?).ok());
        let end = changed.filter(|_| status != "recording");
        let status = if status == "completed" && size.unwrap_or(0) == 0 { "failed" } else { status };
        Description {
            id: self.id.clone(),
            file_name: self.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            file_path: self.path.display().to_string(),
            start_time: self.start.to_string(),
            end_time: end.map(|end| end.to_string()),
            status: status.to_owned(),
            duration_seconds: end.map(|end| end.duration_since(self.start).as_secs_f64().max(0.0)),
            size_bytes: size,
        }
    }
}

/// Does something with the files of recordings.
async fn on_files<T: Send + 'static>(
    toolbox: &Arc<Toolbox>,
    work: impl FnOnce(&Recordings, &Path) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let toolbox = Arc::clone(toolbox);
    let work = move || work(&toolbox.computer_use.recordings, &toolbox.home_dir.join(FOLDER));
    blocking(work).await?
}

fn no_such_recording() -> Failure {
    Failure::not_found("recording not found")
}

fn find_file(folder: &Path, id: &str) -> Result<RecordedFile, Failure> {
    RecordedFile::all(folder).into_iter().find(|file| file.id == id).ok_or_else(no_such_recording)
}

/// Reads a label. It becomes a part of a file's name.
fn label(given: Option<&str>) -> Result<&str, Failure> {
    let given = given.unwrap_or_default();
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b'_' | b'-');
    match given {
        "" => Ok(LABEL),
        _ if given.len() <= LONGEST_LABEL && given.bytes().all(is_fine) && !given.starts_with('.') => {
            Ok(given)
        }
        _ => Err(Failure::bad_request(format_args!(
            "invalid label {given:?}. Use at most {LONGEST_LABEL} letters, digits, spaces, dots, hyphens and underscores"
        ))),
    }
}

/// Starts a recording.
pub(in super::super) async fn start(
    toolbox: &Arc<Toolbox>,
    mut call: Call,
) -> Result<(StatusCode, Json<Description>), Failure> {
    let Some(ffmpeg) = find("ffmpeg") else { return Err(no_encoder()) };
    // A body that cannot be read counts as none.
    let request = call.json(&RECORDING_START).await.unwrap_or_default();
    let label = label(request.label.as_deref())?.to_owned();
    let toolbox = Arc::clone(toolbox);
    let started = detached(async move { begin(&toolbox, &ffmpeg, &label).await }).await??;
    Ok((StatusCode::CREATED, Json(started)))
}

fn no_encoder() -> Failure {
    Failure {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "RECORDING_FFMPEG_NOT_FOUND",
        message:
            "service unavailable: recording is not available: ffmpeg is not installed on the host of this \
                  sandbox. Install it there, on Debian and Ubuntu with: apt-get install ffmpeg"
                .to_owned(),
    }
}

async fn begin(toolbox: &Arc<Toolbox>, ffmpeg: &Path, label: &str) -> Result<Description, Failure> {
    let computer_use = &toolbox.computer_use;
    let (width, height) = computer_use.desktop.on_screen(|screen| Ok((screen.width, screen.height))).await?;
    let place = Arc::clone(&computer_use.recordings.places)
        .try_acquire_owned()
        .map_err(|_| Failure::conflict(format_args!("{AT_ONCE} recordings run already. Stop one of them")))?;
    let folder = toolbox.home_dir.join(FOLDER);
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|error| cannot_record(&error))?;
    let file = RecordedFile::new(&folder, label);
    let command = encoder(ffmpeg, toolbox, &format!("{width}x{height}"), &file)?;
    let process = DesktopProcess::start(command).map_err(|error| cannot_record(&error))?;
    // It reports its progress once there is something in the file.
    let begun = timeout(BEGINS_WITHIN, process.first_line()).await;
    if let Err(error) = begun.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        return Err(cannot_record(&error));
    }
    let recording = Arc::new(Recording { file: file.clone(), process, _place: place });
    computer_use.recordings.started.lock().insert(file.id.clone(), recording);
    Ok(computer_use.recordings.describe(&file))
}

fn cannot_record(error: &io::Error) -> Failure {
    Failure::internal(format_args!("cannot record the screen: {error}"))
}

/// The program that writes the file. It is written in fragments, so that it can be
/// played also when its end is missing.
fn encoder(ffmpeg: &Path, toolbox: &Toolbox, size: &str, file: &RecordedFile) -> Result<Command, Failure> {
    let desktop = &toolbox.computer_use.desktop;
    let mut command = toolbox.environment().command(ffmpeg, &toolbox.home_dir);
    command.envs(desktop.variables());
    command.args([
        "-nostdin",
        "-nostats",
        "-loglevel",
        "error",
        "-progress",
        "pipe:1",
        "-stats_period",
        "0.1",
    ]);
    command.args([
        "-f",
        "x11grab",
        "-framerate",
        RATE,
        "-video_size",
        size,
        "-i",
        &desktop.display()?.name(),
    ]);
    // The format of the colors wants even sides.
    command.args(["-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2", "-c:v", "libx264", "-preset", "ultrafast"]);
    command.args([
        "-pix_fmt",
        "yuv420p",
        "-movflags",
        "+frag_keyframe+empty_moov+default_base_moof",
        "-g",
        RATE,
    ]);
    command.arg(&file.path);
    Ok(command)
}

/// Stops a recording.
pub(in super::super) async fn stop(
    toolbox: &Arc<Toolbox>,
    mut call: Call,
) -> Result<Json<Description>, Failure> {
    let id = call.json(&RECORDING_STOP).await.map(|request| request.id).unwrap_or_default();
    if id.is_empty() {
        return Err(Failure::bad_request("invalid request: id is required"));
    }
    let Some(recording) = toolbox.computer_use.recordings.started.find(&id) else {
        on_files(toolbox, move |_, folder| find_file(folder, &id)).await?;
        return Err(Failure::bad_request("the recording does not run"));
    };
    let has_failed = !recording.process.runs();
    let stopped = Arc::clone(&recording);
    detached(async move { stopped.process.end_within(ENDS_WITHIN).await }).await?;
    toolbox.computer_use.recordings.started.take(&id);
    let status = if has_failed { "failed" } else { "completed" };
    on_files(toolbox, move |_, _| Ok(Json(recording.file.describe(status)))).await
}

/// All recordings.
pub(in super::super) async fn list(
    toolbox: &Arc<Toolbox>,
    _: Call,
) -> Result<Json<ListRecordingsResponse>, Failure> {
    let described = |recordings: &Recordings, folder: &Path| {
        RecordedFile::all(folder).iter().map(|file| recordings.describe(file)).collect()
    };
    let list = move |recordings: &Recordings, folder: &Path| Ok(described(recordings, folder));
    Ok(Json(ListRecordingsResponse { recordings: on_files(toolbox, list).await? }))
}

/// One recording.
pub(in super::super) async fn get(toolbox: &Arc<Toolbox>, call: Call) -> Result<Json<Description>, Failure> {
    let id = call.parameter("id").to_owned();
    let get = move |recordings: &Recordings, folder: &Path| {
        find_file(folder, &id).map(|file| Json(recordings.describe(&file)))
    };
    on_files(toolbox, get).await
}

/// Deletes a recording that does not run.
pub(in super::super) async fn delete(toolbox: &Arc<Toolbox>, call: Call) -> Result<StatusCode, Failure> {
    let id = call.parameter("id").to_owned();
    let delete = move |recordings: &Recordings, folder: &Path| {
        let file = find_file(folder, &id)?;
        if recordings.started.find(&id).is_some_and(|recording| recording.process.runs()) {
            return Err(Failure {
                status: StatusCode::CONFLICT,
                code: "RECORDING_STILL_ACTIVE",
                message: "conflict: the recording still runs. Stop it first".to_owned(),
            });
        }
        fs::remove_file(&file.path).map_err(Failure::internal)?;
        recordings.started.take(&id);
        Ok(StatusCode::NO_CONTENT)
    };
    on_files(toolbox, delete).await
}

/// The file of a recording.
pub(in super::super) async fn download(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let id = call.parameter("id").to_owned();
    let file = on_files(toolbox, move |_, folder| find_file(folder, &id)).await?;
    let mut response = serve_file(call.headers, file.path).await?;
    let content_type = response.headers_mut().get_mut(header::CONTENT_TYPE);
    if let Some(value) = content_type.filter(|value| *value == "application/octet-stream") {
        *value = HeaderValue::from_static("video/mp4");
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_tells_id_and_start() {
        let file = RecordedFile::new(Path::new("/f"), "my_demo");
        let read = RecordedFile::parse(file.path.clone()).unwrap();
        assert_eq!(read.id, file.id);
        assert!(file.start.duration_since(read.start).abs().as_millis() <= 1, "{file:?} {read:?}");
        for other in ["x.mp4", "a_b_c.mp4", "screen_20260101T000000Z_nope.mp4"] {
            assert_eq!(RecordedFile::parse(PathBuf::from(other)), None, "{other}");
        }
    }

    #[test]
    fn only_recordings_are_listed_the_oldest_first() {
        let folder = tempfile::tempdir().unwrap();
        let ids = ["8d0b4f2e-6f1c-4b7e-9a51-000000000001", "8d0b4f2e-6f1c-4b7e-9a51-000000000002"];
        for (start, id) in [("20260102T000000.5Z", ids[1]), ("20260101T000000Z", ids[0])] {
            fs::write(folder.path().join(format!("a_{start}_{id}.mp4")), "x").unwrap();
        }
        fs::write(folder.path().join("other.mp4"), "x").unwrap();
        let found: Vec<String> = RecordedFile::all(folder.path()).into_iter().map(|file| file.id).collect();
        assert_eq!(found, ids);
        assert!(RecordedFile::all(Path::new("/nowhere")).is_empty());
    }

    #[test]
    fn a_label_cannot_leave_the_folder() {
        assert_eq!(label(None).unwrap(), LABEL);
        assert_eq!(label(Some("my demo_1.2-a")).unwrap(), "my demo_1.2-a");
        for given in ["a/b", "..", ".hidden", "a\0", "\u{e4}", &"x".repeat(LONGEST_LABEL + 1)] {
            assert!(label(Some(given)).is_err(), "{given:?}");
        }
    }
}
