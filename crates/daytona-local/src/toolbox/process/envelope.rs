//! The form in which older clients send a command.
//!
//! `sh -c "export A=$(echo 'YQ==' | base64 -d); echo 'bHM=' | base64 -d | sh"`
//! was written for a service that split the line itself and ran `sh` on the
//! inner text. Fed to a shell, the outer double quotes let that shell expand
//! the `$(…)`, and a value pasted into the script would be executed. So the
//! envelope is opened here, and values and script never meet a shell's eyes
//! before they should. It also saves the four processes of the pipeline, and a
//! script may be longer than one argument.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::environment::is_variable_name;

const DECODE: &str = "' | base64 -d";

/// What is in an envelope.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) envs: BTreeMap<String, String>,
    /// For the POSIX shell, on its standard input.
    pub(super) script: String,
}

/// Opens an envelope; `None` when the command is none.
pub(super) fn open(command: &str) -> Option<Envelope> {
    let mut inner = command.strip_prefix("sh -c \"")?.strip_suffix('"')?;
    let mut envs = BTreeMap::new();
    while let Some(export) = inner.strip_prefix("export ") {
        let (name, rest) = export.split_once("=$(echo '")?;
        let (value, rest) = rest.split_once(DECODE)?;
        if !is_variable_name(name) {
            return None;
        }
        envs.insert(name.to_owned(), decode(value)?);
        inner = rest.strip_prefix(");")?.trim_start_matches(' ');
    }
    let (payload, consumer) = inner.strip_prefix("echo '")?.split_once(DECODE)?;
    let consumer = consumer.strip_prefix(" | ")?;
    let script = match consumer {
        "sh" => decode(payload)?,
        // Another consumer gets the pipeline; a text that the outer shell
        // would have changed is not an envelope.
        _ if consumer.contains(['"', '$', '`', '\\', '\n']) => return None,
        _ => inner.to_owned(),
    };
    Some(Envelope { envs, script })
}

fn decode(text: &str) -> Option<String> {
    let decoded = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    // Neither a variable nor a script can hold a NUL.
    (!decoded.contains('\0')).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(text: &str) -> String {
        STANDARD.encode(text)
    }

    #[test]
    fn values_and_script_come_out_as_they_were() {
        let (value, script) = ("it's $(id) a;b\n", "echo \"$A\"");
        let command = format!(
            "sh -c \"export A=$(echo '{}' | base64 -d); export B_2=$(echo '' | base64 -d); echo '{}' | base64 -d | sh\"",
            wrap(value),
            wrap(script)
        );
        let envelope = open(&command).unwrap();
        assert_eq!(envelope.script, script);
        assert_eq!(envelope.envs["A"], value);
        assert_eq!(envelope.envs["B_2"], "");
    }

    #[test]
    fn another_consumer_gets_the_pipeline() {
        let inner = format!("echo '{}' | base64 -d | wc -c", wrap("x"));
        let envelope = open(&format!("sh -c \"{inner}\"")).unwrap();
        assert_eq!(envelope, Envelope { envs: BTreeMap::new(), script: inner });
    }

    #[test]
    fn everything_else_is_left_to_the_shell() {
        for command in [
            "echo hi",
            "sh -c \"echo hi\"",
            "sh -c \"echo 'not base64!' | base64 -d | sh\"",
            "sh -c \"export A-B=$(echo 'YQ==' | base64 -d); echo 'YQ==' | base64 -d | sh\"",
            "sh -c \"echo 'YQ==' | base64 -d | sh\" && echo \"more\"",
            "sh -c \"echo 'YQ==' | base64 -d | wc $X\"",
            "sh -c \"echo 'YQ==' | base64 -d | sh\"; true",
        ] {
            assert_eq!(open(command), None, "{command}");
        }
    }
}
