//! Conversion of JavaScript options to a request.
//!
//! Options are validated here rather than by the binding, so that the error names
//! the invalid one.

use std::collections::BTreeMap;
use std::time::Duration;

use daytona_client::{BuildInfo, CreateSandbox, LANGUAGE_LABEL, LANGUAGES, VolumeMount};
use serde_json::{Map, Value};

use crate::code::{Failure, Operation};
use crate::command::OnTimeout;

/// Options that the facade uses and does not pass on.
const FACADE_OPTIONS: [&str; 2] = ["auth", "signal"];

/// Options for a new sandbox.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateOptions {
    /// The request to the service.
    pub settings: CreateSandbox,
    /// Default options of its commands.
    pub execute: ExecuteOptions,
    /// Paths and contents of files to write after creation.
    pub initial_files: Vec<(String, String)>,
    /// Timeout for creating the sandbox. Default: 60 s.
    pub create_timeout: Duration,
}

/// Options of a command.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecuteOptions {
    /// Timeout of a command; `None` for none. Default of a sandbox: 300 s.
    pub timeout: Option<Duration>,
    /// Working directory. Default: the sandbox's.
    pub cwd: Option<String>,
    /// Environment variables, in addition to the sandbox's.
    pub env: Option<BTreeMap<String, String>>,
    /// Maximum size of the output in bytes. Default: unlimited.
    pub max_output_bytes: Option<usize>,
    /// What happens when the timeout passes. Default: the command fails.
    pub on_timeout: OnTimeout,
}

impl CreateOptions {
    /// Reads the options of `new DaytonaSandbox(options)`.
    ///
    /// # Errors
    /// `SANDBOX_CREATION_FAILED` with the name of the option, when an option has the
    /// wrong type or value, or two options cannot be combined.
    pub fn from_json(options: &Value) -> Result<Self, Failure> {
        let reader = Reader::new(options, Operation::Create, "create a sandbox")?;
        let settings = reader.settings()?;
        let seconds = reader.seconds("createTimeout")?.unwrap_or(Some(Duration::from_secs(60)));
        Ok(Self {
            settings,
            execute: reader.execute_defaults()?,
            initial_files: reader.strings("initialFiles")?.unwrap_or_default().into_iter().collect(),
            create_timeout: seconds.unwrap_or(daytona_client::Deadline::MAX),
        })
    }
}

impl ExecuteOptions {
    /// Reads the options of `DaytonaSandbox.connect(id, options)`.
    ///
    /// # Errors
    /// `COMMAND_FAILED` with the name of the option.
    pub fn from_connect_json(options: &Value) -> Result<Self, Failure> {
        Reader::new(options, Operation::Connect, "connect to the sandbox")?.execute_defaults()
    }

    /// Reads the options of `execute(command, options)`. Absent ones have the defaults
    /// of the sandbox.
    ///
    /// # Errors
    /// `COMMAND_FAILED` with the name of the option.
    pub fn from_json(options: &Value, defaults: &Self) -> Result<Self, Failure> {
        let reader = Reader::new(options, Operation::Execute, "run a command")?;
        Ok(Self {
            timeout: reader.seconds("timeout")?.unwrap_or(defaults.timeout),
            cwd: reader.string("cwd")?,
            env: reader.strings("env")?,
            max_output_bytes: reader.bytes("maxOutputBytes")?.or(defaults.max_output_bytes),
            on_timeout: reader.on_timeout()?.unwrap_or(defaults.on_timeout),
        })
    }
}

struct Reader<'a> {
    options: &'a Map<String, Value>,
    operation: Operation,
    doing: &'static str,
}

impl<'a> Reader<'a> {
    fn new(options: &'a Value, operation: Operation, doing: &'static str) -> Result<Self, Failure> {
        static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        match options {
            Value::Null => Ok(Self { options: &NONE, operation, doing }),
            Value::Object(options) => Ok(Self { options, operation, doing }),
            other => {
                let message = format!("options must be an object, not {}", display(other));
                Err(Failure::invalid(operation, doing, message))
            }
        }
    }

    fn settings(&self) -> Result<CreateSandbox, Failure> {
        let language = self.string("language")?.unwrap_or_else(|| "typescript".to_owned());
        if !LANGUAGES.contains(&language.as_str()) {
            return Err(self.wrong_value("language", &format!("one of {}", LANGUAGES.join(", "))));
        }
        let mut labels = self.strings("labels")?.unwrap_or_default();
        labels.insert(LANGUAGE_LABEL.to_owned(), language);
        let image = self.string("image")?;
        let snapshot = self.string("snapshot")?;
        if image.is_some() && snapshot.is_some() {
            return Err(self.invalid("image and snapshot cannot be combined. Pass only one of them"));
        }
        let resources = self.resources()?;
        if resources != [None; 3] && image.is_none() {
            return Err(self.invalid(
                "resources require an image, because a sandbox that is created from a snapshot has the snapshot's resources. Pass image, or omit resources",
            ));
        }
        let [cpu, memory, disk] = resources;
        Ok(CreateSandbox {
            name: self.string("name")?,
            snapshot,
            build_info: image.as_deref().map(BuildInfo::from_image),
            env: self.strings("envVars")?.unwrap_or_default(),
            labels,
            target: self.string("target")?,
            cpu,
            memory,
            disk,
            auto_stop_interval: self.minutes("autoStopInterval", 0)?,
            auto_archive_interval: self.minutes("autoArchiveInterval", 0)?,
            // -1 means never.
            auto_delete_interval: self.minutes("autoDeleteInterval", -1)?,
            ttl_minutes: self.minutes("ttlMinutes", 0)?,
            volumes: self.volumes()?,
            network_block_all: self.flag("networkBlockAll")?,
            ..CreateSandbox::default()
        })
    }

    fn execute_defaults(&self) -> Result<ExecuteOptions, Failure> {
        Ok(ExecuteOptions {
            timeout: self.seconds("timeout")?.unwrap_or(Some(Duration::from_secs(300))),
            max_output_bytes: self.bytes("maxOutputBytes")?,
            on_timeout: self.on_timeout()?.unwrap_or_default(),
            ..ExecuteOptions::default()
        })
    }

    /// Returns CPU cores, memory and disk.
    fn resources(&self) -> Result<[Option<u32>; 3], Failure> {
        let Some(value) = self.get("resources") else { return Ok([None; 3]) };
        let Value::Object(resources) = value else {
            return Err(self.wrong_value("resources", "an object with cpu, memory (GiB) and disk (GiB)"));
        };
        let read = |name: &str| match resources.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_f64() {
                Some(number) if number >= 1.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX) => {
                    Ok(to_integer(number).and_then(|number| u32::try_from(number).ok()))
                }
                _ => Err(self.invalid(&format!(
                    "resources.{name} must be an integer of at least 1, not {}",
                    display(value)
                ))),
            },
        };
        Ok([read("cpu")?, read("memory")?, read("disk")?])
    }

    fn volumes(&self) -> Result<Option<Vec<VolumeMount>>, Failure> {
        let Some(value) = self.get("volumes") else { return Ok(None) };
        let expected =
            "an array of objects with volumeId, mountPath and optionally subpath, which are strings";
        let wrong = || self.wrong_value("volumes", expected);
        let Value::Array(volumes) = value else { return Err(wrong()) };
        let read = |volume: &Value| {
            let text = |name: &str| volume.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            let subpath = volume.get("subpath").filter(|subpath| !subpath.is_null());
            let mount = VolumeMount {
                volume_id: text("volumeId").ok_or_else(wrong)?.to_owned(),
                mount_path: text("mountPath").ok_or_else(wrong)?.to_owned(),
                subpath: subpath
                    .map(|subpath| subpath.as_str().map(str::to_owned).ok_or_else(wrong))
                    .transpose()?,
            };
            Ok(mount)
        };
        volumes.iter().map(read).collect::<Result<_, _>>().map(Some)
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        debug_assert!(!FACADE_OPTIONS.contains(&name));
        self.options.get(name).filter(|value| !value.is_null())
    }

    fn string(&self, name: &str) -> Result<Option<String>, Failure> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong_value(name, "a non-empty string")),
        }
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, Failure> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.wrong_value(name, "a boolean")),
        }
    }

    fn strings(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, Failure> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let Value::Object(entries) = value else {
            return Err(self.wrong_value(name, "an object with string values"));
        };
        let read = |(key, value): (&String, &Value)| match value {
            Value::String(text) => Ok((key.clone(), text.clone())),
            other => {
                Err(self.invalid(&format!("{name}[{key:?}] must be a string, not {}", type_name(other))))
            }
        };
        entries.iter().map(read).collect::<Result<_, _>>().map(Some)
    }

    /// Returns a duration from seconds; `Some(None)` for 0, which means no timeout.
    fn seconds(&self, name: &str) -> Result<Option<Option<Duration>>, Failure> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            Some(Duration::ZERO) => Ok(Some(None)),
            Some(limit) => Ok(Some(Some(limit))),
            None => Err(self.wrong_value(name, "a non-negative number of seconds (0 for no timeout)")),
        }
    }

    fn minutes(&self, name: &str, least: i64) -> Result<Option<i64>, Failure> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.as_f64().and_then(to_integer) {
            Some(minutes) if minutes >= least => Ok(Some(minutes)),
            _ => Err(self.wrong_value(name, &format!("an integer number of minutes, at least {least}"))),
        }
    }

    fn bytes(&self, name: &str) -> Result<Option<usize>, Failure> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.as_f64().and_then(to_integer).and_then(|bytes| usize::try_from(bytes).ok()) {
            Some(bytes) if bytes > 0 => Ok(Some(bytes)),
            _ => Err(self.wrong_value(name, "an integer number of bytes, at least 1")),
        }
    }

    fn on_timeout(&self) -> Result<Option<OnTimeout>, Failure> {
        match self.get("onTimeout") {
            None => Ok(None),
            Some(value) if value == "throw" => Ok(Some(OnTimeout::Throw)),
            Some(value) if value == "result" => Ok(Some(OnTimeout::Result)),
            Some(_) => Err(self.wrong_value("onTimeout", "\"throw\" or \"result\"")),
        }
    }

    fn wrong_value(&self, name: &str, expected: &str) -> Failure {
        let given = self.options.get(name).map_or_else(|| "nothing".to_owned(), display);
        self.invalid(&format!("{name} must be {expected}, not {given}"))
    }

    fn invalid(&self, message: &str) -> Failure {
        Failure::invalid(self.operation, self.doing, message)
    }
}

fn to_integer(number: f64) -> Option<i64> {
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    let is_whole = number.fract() == 0.0 && number.abs() <= LARGEST;
    #[expect(clippy::cast_possible_truncation, reason = "a whole number within range")]
    is_whole.then_some(number as i64)
}

/// Returns a value as shown in an error. Strings are shown, since they are names and
/// URLs; objects and arrays, which may contain secrets, are not.
fn display(value: &Value) -> String {
    match value {
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        simple => simple.to_string(),
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wire(options: &Value) -> Value {
        serde_json::to_value(CreateOptions::from_json(options).unwrap().settings).unwrap()
    }

    #[test]
    fn defaults_match_the_documentation() {
        let options = CreateOptions::from_json(&json!({})).unwrap();
        assert_eq!(options.execute.timeout, Some(Duration::from_secs(300)));
        assert_eq!(wire(&Value::Null), json!({"env": {}, "labels": {"code-toolbox-language": "typescript"}}));
    }

    #[test]
    fn every_option_is_sent() {
        let options = json!({
            "language": "python", "timeout": 10, "target": "eu", "image": "python:3.12",
            "resources": {"cpu": 4, "memory": 8, "disk": 50}, "envVars": {"A": "1"}, "labels": {"team": "x"},
            "autoStopInterval": 0, "autoArchiveInterval": 60, "autoDeleteInterval": -1, "name": "n",
            "networkBlockAll": true
        });
        let expected = json!({
            "name": "n", "buildInfo": {"dockerfileContent": "FROM python:3.12\n"}, "env": {"A": "1"},
            "labels": {"team": "x", "code-toolbox-language": "python"}, "target": "eu",
            "cpu": 4, "memory": 8, "disk": 50, "autoStopInterval": 0, "autoArchiveInterval": 60,
            "autoDeleteInterval": -1, "networkBlockAll": true
        });
        assert_eq!(wire(&options), expected);
        let snapshot = json!({"env": {}, "labels": {"code-toolbox-language": "typescript"}, "snapshot": "s"});
        assert_eq!(wire(&json!({"snapshot": "s"})), snapshot);
    }

    #[test]
    fn errors_name_the_invalid_option() {
        let cases = [
            (json!({"language": "ruby"}), "language"),
            (json!({"timeout": -1}), "timeout"),
            (json!({"timeout": "5"}), "timeout"),
            (json!({"autoStopInterval": -1}), "autoStopInterval"),
            (json!({"autoStopInterval": 1.5}), "autoStopInterval"),
            (json!({"autoArchiveInterval": -5}), "autoArchiveInterval"),
            (json!({"autoDeleteInterval": -2}), "autoDeleteInterval"),
            (json!({"resources": {"cpu": 1}}), "resources"),
            (json!({"image": "x", "resources": {"cpu": 0}}), "resources.cpu"),
            (json!({"image": "x", "resources": {"memory": 1.5}}), "resources.memory"),
            (json!({"image": "x", "snapshot": "y"}), "snapshot"),
            (json!({"image": 5}), "image"),
            (json!({"labels": {"a": 1}}), "labels"),
            (json!({"envVars": ["A=1"]}), "envVars"),
            (json!({"initialFiles": {"a": null}}), "initialFiles"),
            (json!({"maxOutputBytes": 0}), "maxOutputBytes"),
            (json!({"onTimeout": "ignore"}), "onTimeout"),
            (json!({"ttlMinutes": -1}), "ttlMinutes"),
            (json!({"volumes": {"volumeId": "v", "mountPath": "/v"}}), "volumes"),
            (json!({"volumes": [{"volumeId": "v"}]}), "volumes"),
            (json!({"volumes": [{"volumeId": "", "mountPath": "/v"}]}), "volumes"),
            (json!({"volumes": [{"volumeId": "v", "mountPath": "/v", "subpath": 5}]}), "volumes"),
            (json!({"volumes": [null]}), "volumes"),
            (json!("nonsense"), "options"),
        ];
        for (options, name) in cases {
            let failure = CreateOptions::from_json(&options).unwrap_err();
            assert!(failure.error.message().contains(name), "{options}: {failure}");
            assert_eq!(failure.code, crate::Code::SandboxCreationFailed);
        }
    }

    #[test]
    fn errors_do_not_contain_values_that_may_be_secrets() {
        let failure = CreateOptions::from_json(&json!({"envVars": {"KEY": 12345}})).unwrap_err();
        assert!(!failure.to_string().contains("12345"), "{failure}");
    }
}
