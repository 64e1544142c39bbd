//! Language servers of a sandbox.

use serde::{Deserialize, Serialize};

use crate::operation::{Repeat, Service, operations};

operations! { Service::Toolbox;
    /// Starts a language server; has no effect when it runs.
    START: LspServerRequest => () = POST "/lsp/start", "start the language server", repeat(Repeat::Safe);
    /// Stops a language server.
    STOP: LspServerRequest => () = POST "/lsp/stop", "stop the language server";
    /// Opens a document in a language server, as it is in the sandbox's files.
    DID_OPEN: LspDocumentRequest => () = POST "/lsp/did-open", "open the document", repeat(Repeat::Safe);
    /// Closes a document in a language server.
    DID_CLOSE: LspDocumentRequest => () = POST "/lsp/did-close", "close the document", repeat(Repeat::Safe);
    /// Completions at a position in a document.
    COMPLETIONS: LspCompletionParams => CompletionList = POST "/lsp/completions", "get completions",
        repeat(Repeat::Safe);
    /// Symbols of a document.
    DOCUMENT_SYMBOLS: () => Vec<LspSymbol> = GET "/lsp/document-symbols", "get the symbols of {uri}",
        query(&["languageId", "pathToProject", "uri"], &[]);
    /// Symbols of a project that match a query.
    WORKSPACE_SYMBOLS: () => Vec<LspSymbol> = GET "/lsp/workspacesymbols", "find the symbols {query}",
        query(&["query", "languageId", "pathToProject"], &[]);
}

/// Which language server is meant. The body of [`START`] and [`STOP`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LspServerRequest {
    /// `python`, `typescript` or `javascript`.
    pub language_id: String,
    /// Folder of the project.
    pub path_to_project: String,
}

/// A document of a language server. The body of [`DID_OPEN`] and [`DID_CLOSE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LspDocumentRequest {
    /// `python`, `typescript` or `javascript`.
    pub language_id: String,
    /// Folder of the project.
    pub path_to_project: String,
    /// `file://` and the path of the document.
    pub uri: String,
}

/// The body of [`COMPLETIONS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LspCompletionParams {
    /// `python`, `typescript` or `javascript`.
    #[serde(default)]
    pub language_id: String,
    /// Folder of the project.
    #[serde(default)]
    pub path_to_project: String,
    /// `file://` and the path of the document.
    #[serde(default)]
    pub uri: String,
    /// Where completions are wanted.
    pub position: LspPosition,
    /// What the user did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<LspCompletionContext>,
}

/// What the user did before asking for completions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LspCompletionContext {
    /// 1 for a request or a typed letter, 2 for a trigger character, 3 for a list that
    /// was incomplete.
    pub trigger_kind: u32,
    /// The trigger character.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_character: Option<String>,
}

/// A position in a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct LspPosition {
    /// Line, from 0.
    pub line: u32,
    /// UTF-16 code unit in the line, from 0.
    pub character: u32,
}

/// A range of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct LspRange {
    /// Its start.
    pub start: LspPosition,
    /// Its end, which does not belong to it.
    pub end: LspPosition,
}

/// A range of a document that is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct LspLocation {
    /// URI of the document.
    pub uri: String,
    /// The range.
    pub range: LspRange,
}

/// A class, function, variable or another symbol of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct LspSymbol {
    /// The symbol's name.
    pub name: String,
    /// Its kind, a `SymbolKind` of the Language Server Protocol.
    pub kind: u32,
    /// Where it is.
    pub location: LspLocation,
}

/// Completions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct CompletionList {
    /// Whether further typing may give other completions.
    #[serde(default)]
    pub is_incomplete: bool,
    /// The completions.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub items: Vec<CompletionItem>,
}

/// One completion.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct CompletionItem {
    /// The text that is shown.
    pub label: String,
    /// Its kind, a `CompletionItemKind` of the Language Server Protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<u32>,
    /// A type or a signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// A string, or an object with `kind` and `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "napi", napi(ts_type = "string | { kind: string; value: string }"))]
    pub documentation: Option<serde_json::Value>,
    /// What the list is sorted by. Default: the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_text: Option<String>,
    /// What is compared with the typed text. Default: the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter_text: Option<String>,
    /// What is inserted. Default: the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insert_text: Option<String>,
}
