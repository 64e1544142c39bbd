//! `POST /process/code-run`: a program in a language.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daytona_api::toolbox::process::{CODE_RUN, CodeRunRequest};
use uuid::Uuid;

use super::super::call::given;
use super::super::cause::cause;
use super::super::client::Client;
use super::super::environment::{Changes, check_variables};
use super::super::process_group::exit_code;
use super::super::{Call, Toolbox};
use super::charts::{self, MATPLOTLIB};
use super::output::{Keeper, respond};
use super::run::{Ending, Run};
use super::{finish, time_limit};
use crate::program::typescript::on_search_path;
use crate::response::Failure;

/// The exit code of a shell for a program that it cannot find.
const NOT_FOUND: i32 = 127;

/// How long Node.js may take to say whether it knows TypeScript.
const PROBE_WITHIN: Duration = Duration::from_secs(10);

/// Node.js keeps the name of the script among the arguments, and programs from
/// standard input have none.
const DROP_SCRIPT_NAME: &str = "process.argv.splice(1, 1);\n";

const NO_TYPESCRIPT: &str = "TypeScript needs ts-node, tsx, or Node.js 22.18 or newer. The local server runs \
                             code with the programs of this machine: install one of them.\n";

/// Runs a program to its end.
pub(in crate::toolbox) async fn code_run(
    toolbox: &Arc<Toolbox>,
    mut call: Call,
) -> Result<Response, Failure> {
    let request = call.json(&CODE_RUN).await?;
    given("code", &request.code)?;
    given("language", &request.language)?;
    let language = Language::of(&request.language)?;
    check_variables(request.envs.as_ref())?;
    let (client, _presence) = Client::new();
    let Some(Program { run, script }) = language.program(toolbox, request, client).await? else {
        return respond(Some(NOT_FOUND), NO_TYPESCRIPT.to_owned().into());
    };
    let interpreter = run.program.clone();
    let ending = finish(run).await;
    drop(script);
    match ending? {
        Ending::Finished { status, output } => respond(exit_code(status), output),
        Ending::NotStarted(error) => respond(Some(NOT_FOUND), not_started(&interpreter, &error).into()),
    }
}

fn not_started(interpreter: &Path, error: &io::Error) -> String {
    let interpreter = interpreter.display();
    match error.kind() {
        io::ErrorKind::NotFound => format!(
            "{interpreter} is not installed. The local server runs code with the programs of this machine.\n"
        ),
        _ => format!("could not start {interpreter}: {}\n", cause(error)),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Python,
    JavaScript,
    TypeScript,
}

/// What runs, and the file that it needs until its end.
struct Program {
    run: Run,
    script: Option<Script>,
}

impl Language {
    fn of(name: &str) -> Result<Self, Failure> {
        match name {
            "python" => Ok(Self::Python),
            "javascript" => Ok(Self::JavaScript),
            "typescript" => Ok(Self::TypeScript),
            other => Err(Failure::bad_request(format_args!("unsupported language: {other}"))),
        }
    }

    /// How to run the program of a request. `None` when nothing here can.
    async fn program(
        self,
        toolbox: &Toolbox,
        request: CodeRunRequest,
        client: Client,
    ) -> Result<Option<Program>, Failure> {
        let environment = toolbox.environment();
        let envs = request.envs.unwrap_or_default();
        let (program, mut arguments, input, script) = match self {
            Self::Python => ("python3".into(), words(&["-u", "-"]), python(request.code), None),
            Self::JavaScript => {
                ("node".into(), words(&["-"]), format!("{DROP_SCRIPT_NAME}{}", request.code), None)
            }
            Self::TypeScript => {
                let Some(runner) = TypeScriptRunner::find(&environment, &envs).await else { return Ok(None) };
                let script =
                    Script::write(&toolbox.state_dir, &format!("{DROP_SCRIPT_NAME}{}", request.code))
                        .map_err(|error| {
                            Failure::internal(format_args!("the program cannot be kept: {error}"))
                        })?;
                let mut arguments = words(runner.options());
                arguments.push(script.0.clone().into());
                (runner.program().into(), arguments, String::new(), Some(script))
            }
        };
        arguments.extend(request.argv.unwrap_or_default().into_iter().map(OsString::from));
        let (cwd, timeout) = (toolbox.work_dir.clone(), time_limit(request.timeout));
        let keeper = Keeper::new(client, &toolbox.state_dir, true);
        let run = Run { program, arguments, input, cwd, environment, envs, timeout, keeper };
        Ok(Some(Program { run, script }))
    }
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

/// A program that draws is started by another one, which prepares matplotlib.
/// Both are told apart in tracebacks, and lines keep their numbers.
fn python(code: String) -> String {
    if !code.contains("matplotlib") {
        return code;
    }
    let load = |code: &str, name: &str, globals: &str| {
        let code = STANDARD.encode(code);
        format!(
            "exec(compile(__import__('base64').b64decode('{code}').decode(), '{name}', 'exec', \
             dont_inherit=True){globals})\n"
        )
    };
    let prepare = format!("MARKER = '{}'\n{MATPLOTLIB}", charts::MARKER);
    load(&prepare, "<charts>", ", {'__name__': 'charts'}") + &load(&code, "<stdin>", "")
}

/// A program in a file of its own, for interpreters that want one.
struct Script(PathBuf);

impl Script {
    fn write(folder: &Path, code: &str) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let path = folder.join(format!("{}.ts", Uuid::new_v4().simple()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let script = Self(path);
        file.write_all(code.as_bytes())?;
        Ok(script)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // The program may have removed it.
        let _gone = std::fs::remove_file(&self.0);
    }
}

/// What runs TypeScript here. Nothing is ever fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TypeScriptRunner {
    TsNode,
    Tsx,
    Node,
}

impl TypeScriptRunner {
    /// The best one that is there.
    async fn find(environment: &Changes, envs: &BTreeMap<String, String>) -> Option<Self> {
        let path = envs.get("PATH").map(OsString::from).or_else(|| environment.value("PATH"))?;
        let is_there = |runner: &Self| on_search_path(&path, runner.program()).is_some();
        match [Self::TsNode, Self::Tsx].into_iter().find(is_there) {
            Some(runner) => Some(runner),
            None => node_strips_types(environment, envs).await.then_some(Self::Node),
        }
    }

    const fn program(self) -> &'static str {
        match self {
            Self::TsNode => "ts-node",
            Self::Tsx => "tsx",
            Self::Node => "node",
        }
    }

    const fn options(self) -> &'static [&'static str] {
        match self {
            Self::TsNode => {
                &["--transpileOnly", "--ignoreDiagnostics", "5107", "-O", "{\"module\":\"CommonJS\"}"]
            }
            Self::Tsx => &[],
            // It warns of an experiment, which is part of the output here.
            Self::Node => &["--disable-warning=ExperimentalWarning"],
        }
    }
}

async fn node_strips_types(environment: &Changes, envs: &BTreeMap<String, String>) -> bool {
    let mut probe = tokio::process::Command::from(environment.command("node", Path::new("/")));
    probe.args(["-p", "process.features.typescript || ''"]).envs(envs).kill_on_drop(true);
    match tokio::time::timeout(PROBE_WITHIN, probe.output()).await {
        Ok(Ok(output)) => matches!(output.stdout.trim_ascii(), b"strip" | b"transform"),
        // There is no node, or it hangs.
        Ok(Err(_)) | Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_that_draw_are_wrapped() {
        assert_eq!(python("print(1)".to_owned()), "print(1)");
        let wrapped = python("import matplotlib".to_owned());
        assert_eq!(wrapped.lines().count(), 2);
        assert!(wrapped.contains("'<stdin>'"));
    }
}
