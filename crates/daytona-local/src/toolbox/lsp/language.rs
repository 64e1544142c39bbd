//! Languages, and the programs that serve them.

use super::super::environment::Changes;
use crate::search_path;
use std::path::{Path, PathBuf};

/// A language that clients name.
#[derive(Debug)]
pub(super) struct Language {
    pub(super) id: &'static str,
    /// Programs that serve it, best first.
    programs: &'static [Program],
    /// Commands that install one.
    install: &'static str,
}

/// A language server that speaks on its standard input and output.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) arguments: &'static [&'static str],
}

const TYPESCRIPT: &[Program] = &[Program { name: "typescript-language-server", arguments: &["--stdio"] }];
const PYTHON: &[Program] = &[
    Program { name: "pyright-langserver", arguments: &["--stdio"] },
    Program { name: "pylsp", arguments: &[] },
];
const INSTALL_TYPESCRIPT: &str = "npm install -g typescript-language-server typescript";
const INSTALL_PYTHON: &str = "npm install -g pyright";

static LANGUAGES: [Language; 3] = [
    Language { id: "python", programs: PYTHON, install: INSTALL_PYTHON },
    Language { id: "typescript", programs: TYPESCRIPT, install: INSTALL_TYPESCRIPT },
    Language { id: "javascript", programs: TYPESCRIPT, install: INSTALL_TYPESCRIPT },
];

impl Language {
    /// The language of this name.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn named(id: &str) -> Result<&'static Self, String> {
        LANGUAGES.iter().find(|language| language.id == id).ok_or_else(|| {
            let known: Vec<_> = LANGUAGES.iter().map(|language| language.id).collect();
            format!("there is no language server for {id:?}. Use one of {}", known.join(", "))
        })
    }

    /// The first program that is installed, and where it is.
    ///
    /// # Errors
    /// When there is none: says how to install one.
    pub(super) fn find(&self, environment: &Changes) -> Result<(&'static Program, PathBuf), String> {
        let path = environment.value("PATH").unwrap_or_default();
        let found =
            self.programs.iter().find_map(|program| Some((program, search_path::find(&path, program.name)?)));
        found.ok_or_else(|| {
            let names: Vec<_> = self.programs.iter().map(|program| program.name).collect();
            format!(
                "there is no language server for {}: {} is not on the PATH of the sandbox. Run `{}`, in the \
                 sandbox or on its host",
                self.id,
                names.join(" or "),
                self.install
            )
        })
    }
}

/// What language servers call the language of a file, by its name.
pub(super) fn of_file(file: &Path) -> Option<&'static str> {
    Some(match file.extension()?.to_str()? {
        "ts" | "mts" | "cts" => "typescript",
        "tsx" => "typescriptreact",
        "js" | "mjs" | "cjs" => "javascript",
        "jsx" => "javascriptreact",
        "py" | "pyi" => "python",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_language_is_answered_with_the_known_ones() {
        assert_eq!(Language::named("javascript").unwrap().programs[0].name, "typescript-language-server");
        let message = Language::named("cobol").unwrap_err();
        assert!(message.ends_with("Use one of python, typescript, javascript"), "{message}");
    }

    #[test]
    fn files_have_the_names_that_servers_know() {
        assert_eq!(of_file(Path::new("/a/b.tsx")), Some("typescriptreact"));
        assert_eq!(of_file(Path::new("/a/b")), None);
    }
}
