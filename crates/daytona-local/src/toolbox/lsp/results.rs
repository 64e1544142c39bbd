//! What clients get of the results of language servers, which have more fields and several
//! forms.

use daytona_api::toolbox::lsp::{CompletionItem, CompletionList, LspLocation, LspRange, LspSymbol};
use serde_json::Value;

/// How deep symbols can be in each other.
const DEPTH: usize = 100;

/// Symbols of a document or of a project; `None` when the server has nothing to say. Those
/// in others follow them: the service has only flat lists.
pub(super) fn symbols(result: Value, uri: &str) -> Option<Vec<LspSymbol>> {
    let Value::Array(symbols) = result else { return None };
    let mut found = Vec::new();
    add_symbols(symbols, uri, DEPTH, &mut found);
    Some(found)
}

fn add_symbols(symbols: Vec<Value>, uri: &str, depth: usize, found: &mut Vec<LspSymbol>) {
    for symbol in symbols {
        let Value::Object(mut symbol) = symbol else { continue };
        let children = symbol.remove("children");
        let Some(name) = symbol.get("name").and_then(Value::as_str) else { continue };
        let kind = symbol.get("kind").and_then(Value::as_u64);
        let location = match symbol.get("location").and_then(Value::as_object) {
            Some(location) => LspLocation {
                uri: location.get("uri").and_then(Value::as_str).unwrap_or(uri).to_owned(),
                range: location.get("range").map(range).unwrap_or_default(),
            },
            None => {
                LspLocation { uri: uri.to_owned(), range: symbol.get("range").map(range).unwrap_or_default() }
            }
        };
        let kind = kind.and_then(|kind| u32::try_from(kind).ok()).unwrap_or_default();
        found.push(LspSymbol { name: name.to_owned(), kind, location });
        if let (Some(Value::Array(children)), Some(depth)) = (children, depth.checked_sub(1)) {
            add_symbols(children, uri, depth, found);
        }
    }
}

fn range(value: &Value) -> LspRange {
    serde_json::from_value(value.clone()).unwrap_or_default()
}

/// Completions, which may be a bare list.
pub(super) fn completions(result: Value) -> CompletionList {
    let (is_incomplete, items) = match result {
        Value::Array(items) => (false, items),
        Value::Object(mut list) => {
            let items = list.remove("items").unwrap_or_default();
            let is_incomplete = list.get("isIncomplete").and_then(Value::as_bool).unwrap_or_default();
            (is_incomplete, if let Value::Array(items) = items { items } else { Vec::new() })
        }
        _ => (false, Vec::new()),
    };
    let items = items.into_iter().filter_map(|item| serde_json::from_value::<CompletionItem>(item).ok());
    CompletionList { is_incomplete, items: items.collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn symbols_in_others_follow_them() {
        let range = json!({"start": {"line": 1, "character": 2}, "end": {"line": 3, "character": 4}});
        let tree = json!([{"name": "a", "kind": 5, "range": range, "children": [
            {"name": "b", "kind": 6, "range": range}, {"kind": 1}, 5]},
            {"name": "c", "kind": 12, "location": {"uri": "file:///c"}}]);
        let found = symbols(tree, "file:///a").unwrap();
        let seen: Vec<_> = found.iter().map(|s| (s.name.as_str(), s.kind, s.location.uri.as_str())).collect();
        assert_eq!(seen, [("a", 5, "file:///a"), ("b", 6, "file:///a"), ("c", 12, "file:///c")]);
        assert_eq!((found[1].location.range.start.line, found[2].location.range.end.line), (1, 0));
        assert_eq!(symbols(Value::Null, ""), None);
    }

    #[test]
    fn completions_have_one_form() {
        let list = completions(json!({"isIncomplete": true, "items": [{"label": "a", "data": 1}, 5]}));
        assert_eq!((list.is_incomplete, list.items.len()), (true, 1));
        assert_eq!(completions(json!([{"label": "a"}])).items[0].label, "a");
        assert_eq!(completions(Value::Null), CompletionList::default());
    }
}
